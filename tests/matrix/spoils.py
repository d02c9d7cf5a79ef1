"""How a reading comes about: each spoils the stand while its block lasts, and mends it afterwards."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.matrix.stand import ANOTHER, BORROWER, Stand
from tests.support.cluster.runs import pointer
from tests.support.prometheus.fakes import Script, hanging_up, self_signed, telling

Spoil = Callable[[Stand], AbstractContextManager[None]]


@contextmanager
def _target(stand: Stand, script: Script) -> Iterator[None]:
    healthy, stand.target.now = stand.target.now, script
    yield
    stand.target.now = healthy


def says(*lines: str) -> Spoil:
    """Let the target say this."""
    return lambda stand: _target(stand, telling(lambda: "\n".join((*lines, ""))))


def says_after_promotion(before: str, after: str) -> Spoil:
    """Let the target say this, and something else once its pointer is another."""

    def spoil(stand: Stand) -> AbstractContextManager[None]:
        replaced = pointer(stand.space)
        return _target(stand, telling(lambda: before if pointer(stand.space) == replaced else after))

    return spoil


def repeated(stand: Stand) -> AbstractContextManager[None]:
    """Let the target say again and again what it says now."""
    text = stand.metrics()
    return _target(stand, telling(lambda: text))


def target_missing(stand: Stand) -> AbstractContextManager[None]:
    """Let Prometheus scrape nothing any more."""
    return _target(stand, hanging_up)


@contextmanager
def stopped(stand: Stand) -> Iterator[None]:
    """End Prometheus."""
    stand.prometheus.stop()
    yield
    stand.prometheus.start()


@contextmanager
def frozen(stand: Stand) -> Iterator[None]:
    """Let Prometheus take connections and never answer."""
    stand.prometheus.freeze()
    yield
    stand.prometheus.thaw()


@contextmanager
def without_time(stand: Stand) -> Iterator[None]:
    """Let Prometheus give no query any time."""
    stand.prometheus.stop()
    stand.prometheus.start("--query.timeout=0s")
    yield
    stand.prometheus.stop()
    stand.prometheus.start()


def proxied(script: Script) -> Spoil:
    """Let the proxy answer instead of Prometheus."""

    @contextmanager
    def spoil(stand: Stand) -> Iterator[None]:
        passing, stand.proxy.now = stand.proxy.now, script
        yield
        stand.proxy.now = passing

    return spoil


@contextmanager
def certificate_of_another(stand: Stand) -> Iterator[None]:
    """Let Prometheus show a certificate of an authority that nobody trusts."""
    folder = stand.prometheus.folder
    for name in ("cert.pem", "key.pem"):
        shutil.copy(folder / name, folder / f"old-{name}")
    self_signed(folder)
    stand.prometheus.stop()
    stand.prometheus.start()
    yield
    for name in ("cert.pem", "key.pem"):
        shutil.copy(folder / f"old-{name}", folder / name)
    stand.prometheus.stop()
    stand.prometheus.start()


@contextmanager
def another_password(stand: Stand) -> Iterator[None]:
    """Let Prometheus want another password."""
    stand.guard(ANOTHER)
    yield
    stand.guard()


@contextmanager
def secret_is_gone(stand: Stand) -> Iterator[None]:
    """Delete the Secret."""
    kept = stand.space.get("secret", "prom")
    stand.space.run("delete", "secret", "prom")
    yield
    stand.space.apply({key: kept[key] for key in ("apiVersion", "kind", "data")} | {"metadata": {"name": "prom"}})


@contextmanager
def no_longer_lent(stand: Stand) -> Iterator[None]:
    """Take the operator's leave to read the Secret."""
    stand.space.run("delete", "rolebinding", "refit-secrets")
    yield
    stand.space.run("create", "rolebinding", "refit-secrets", "--clusterrole=refit-secrets", BORROWER)
