"""What a row's monitor reads: a target of ours, a real Prometheus that scrapes it, and a proxy before that."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from tests.support.cluster.kubectl import Document, Space
from tests.support.prometheus.fakes import Switch, passing, self_signed, serve, telling
from tests.support.prometheus.process import Prometheus

USER = {"name": "prom", "key": "user"}
PASSWORD = {"name": "prom", "key": "password"}
CA = {"name": "prom", "key": "ca.crt"}
WORDS = {"user": "reviews", "password": "reviews-password"}
OURS = "$2b$04$abcdefghijklmnopqrstuuzFxD6YDov/a4cruxPddv85eBHk2WoS2"
"""What bcrypt makes of our password."""
ANOTHER = "$2b$04$abcdefghijklmnopqrstuuc7pQ2mYFuUV2cTYn3T4W6tIhQrEPV52"
"""And of another one."""
BORROWER = "--serviceaccount=refit-system:refit-operator"


class Source(StrEnum):
    """How the monitor reaches its Prometheus."""

    PLAIN = "plain"
    PROXY = "proxy"
    GUARDED = "guarded"
    """Over TLS of a private authority, with a user and a password from a lent Secret."""


GOOD, BREACH = 0.9, 0.5
Tells = Callable[[float | str], str]
"""From a value to the metrics that a target tells."""


def quality(value: float | str, stamp: str = "") -> str:
    """Return metrics with 500 judged predictions behind the value."""
    return f"quality {value} {stamp}\nscale 1\njudged 500\n"


def at_its_own_time(value: float | str) -> str:
    """Return the same with the time of the moment, as targets tell it that hand on what others have measured."""
    return quality(value, str(round(time.time() * 1000)))


class Stand:
    """One row's server and target; what a row spoils, it mends."""

    value = GOOD
    """What the target tells, as long as nothing is spoilt."""

    def __init__(self, space: Space, folder: Path, source: Source, tells: Tells) -> None:
        self.space, self.source, self.tells = space, source, tells
        self.target = Switch(telling(self.metrics))
        self.prometheus = Prometheus(folder)
        self.proxy = Switch(passing(f"http://127.0.0.1:{self.prometheus.port}"))
        self.proxy_address = self.target_address = ""

    @property
    def address(self) -> str:
        """The address that the monitor names."""
        plain = f"http://127.0.0.1:{self.prometheus.port}"
        guarded = f"https://localhost:{self.prometheus.port}"
        return {Source.PLAIN: plain, Source.PROXY: self.proxy_address, Source.GUARDED: guarded}[self.source]

    def metrics(self) -> str:
        """Return what the target tells at this moment."""
        return self.tells(self.value)

    @property
    def spec(self) -> Document:
        """The monitor's `spec.prometheus`."""
        if self.source is not Source.GUARDED:
            return {"serverAddress": self.address}
        basic = {"username": USER, "password": PASSWORD}
        return {"serverAddress": self.address, "tls": {"caSecret": CA}, "authentication": {"basic": basic}}

    @property
    def names(self) -> dict[str, str]:
        """What has another name each time, and what it is called instead."""
        server, target = (address.partition("//")[2] for address in (self.address, self.target_address))
        target_seen = target.replace("localhost", "127.0.0.1")
        return {server: "prometheus:9090", target_seen: "reviews:8080", self.space.name: "shop"}

    def guard(self, password: str = OURS) -> None:
        """Let Prometheus speak TLS with the certificate in its folder, to those who know the password."""
        self.prometheus.configure_web(
            "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n"
            f"basic_auth_users: {{{WORDS['user']}: '{password}'}}\n"
        )

    def lend(self) -> None:
        """Keep what the server wants to know in a Secret, and lend it to the operator."""
        values = WORDS | {"ca.crt": (self.prometheus.folder / "cert.pem").read_text()}
        self.space.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "prom"}, "stringData": values})
        self.space.run("create", "rolebinding", "refit-secrets", "--clusterrole=refit-secrets", BORROWER)


@contextmanager
def stand(space: Space, folder: Path, source: Source, tells: Tells) -> Iterator[Stand]:
    """Have everything up."""
    made = Stand(space, folder, source, tells)
    if source is Source.GUARDED:
        self_signed(folder)
        made.guard()
        made.lend()
    with serve(made.target) as made.target_address, serve(made.proxy) as made.proxy_address:
        made.prometheus.scrape(int(made.target_address.rpartition(":")[2]))
        with made.prometheus:
            yield made
