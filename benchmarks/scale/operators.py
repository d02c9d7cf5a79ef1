"""The operators that are compared, as processes of this host: ours, and the one with a kopf timer for each monitor."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.scale import OURS
from benchmarks.scale.population import INTERVAL_S
from tests.support.cluster.hosted import hosted_settings
from tests.support.cluster.kubectl import cluster_environment
from tests.support.local import free_port, until

KOPF = "a kopf timer for each monitor"
Environment = Mapping[str, str]
START_LIMIT_S = 120


@dataclass(frozen=True)
class Kind:
    """How one of them is started."""

    command: Callable[[int], list[str]]
    environment: Callable[[str, int, Path], Environment]
    probe: str
    marks: bool
    """Whether it puts finalizers and annotations on monitors."""


def _ours(prometheus: str, port: int, folder: Path) -> Environment:
    return hosted_settings(folder) | {
        "REFIT_NAMESPACE": "",
        "REFIT_PORT": str(port),
        "REFIT_PROMETHEUS_URL": prometheus,
        "REFIT_ALLOW_MASS_RETRAIN": "true",
    }


KINDS = {
    OURS: Kind(lambda port: ["refit_operator"], _ours, "/readyz", False),
    KOPF: Kind(
        lambda port: ["benchmarks.baselines.kopf_timer", str(INTERVAL_S), str(port)],
        lambda prometheus, port, folder: {"PROMETHEUS_URL": prometheus},
        "/healthz",
        True,
    ),
}


@dataclass(frozen=True)
class Running:
    """One that runs."""

    kind: Kind
    process: subprocess.Popen[bytes]
    port: int

    @property
    def pid(self) -> int:
        """Return its process."""
        return self.process.pid

    def answers(self) -> bool:
        """Return whether it says that it works."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{self.kind.probe}", timeout=2):
                return True
        except (URLError, OSError):
            return False

    def kill(self) -> None:
        """End it as a node's failure does."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running(name: str, prometheus: str, folder: Path) -> Iterator[Running]:
    """Have one while it lasts; it may not work yet."""
    kind, port = KINDS[name], free_port()
    environment = {**cluster_environment(), **kind.environment(prometheus, port, folder)}
    with (folder / f"{name.replace(' ', '-')}.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *kind.command(port)], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        made = Running(kind, process, port)
        try:
            yield made
        finally:
            made.kill()


def wait_until_it_works(made: Running) -> None:
    """Wait for its probe."""
    until(made.answers, START_LIMIT_S, "the operator doesn't answer its probe")
