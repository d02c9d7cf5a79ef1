"""Monitors by the thousand, each with a target, on a cluster where nobody else works meanwhile."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from benchmarks.scale.bulk import Request, send_all
from benchmarks.scale.feed import Names
from localcluster import processes
from localcluster.components import CONTROLLER_MANAGER
from localcluster.disposable import disposable
from localcluster.paths import layout
from tests.support.cluster.installed import DEPLOYMENT, OPERATOR, alone_with_the_operator, operator_pods
from tests.support.cluster.kubectl import Document
from tests.support.cluster.objects import idle_target, monitor
from tests.support.local import until

INTERVAL_S = 30
IN_A_NAMESPACE = 500
QUERY = 'avg(accuracy{monitor="$(name)",namespace="$(namespace)"})'
RATIO = {
    "good": 'correct_total{monitor="$(name)",namespace="$(namespace)"}',
    "total": 'judged_total{monitor="$(name)",namespace="$(namespace)"}',
}
GROUP = "/apis/refit.dev/v1alpha1/namespaces"
GOOD, BAD = 0.9, 0.5


@dataclass(frozen=True)
class Population:
    """Namespaces and monitors; a monitor and its target share a name."""

    names: tuple[Names, ...]
    movers: frozenset[Names] = frozenset()
    """Those whose accuracy a row moves: they have a query that one reading decides on; all others have counters."""

    @property
    def namespaces(self) -> list[str]:
        """Return the namespaces that they are in."""
        return sorted({namespace for namespace, _ in self.names})

    @property
    def steady(self) -> list[Names]:
        """Return those that nothing happens to."""
        return [name for name in self.names if name not in self.movers]

    def wipe(self, marked: bool) -> None:
        """Remove what an operator wrote: statuses, and what kopf marks objects with."""
        nothing = {"metadata": {"finalizers": None, "annotations": None}}
        if marked:
            send_all((("PATCH", f"{GROUP}/{a}/modelmonitors/{b}", nothing) for a, b in self.names), 200, 404)
        wiped = ((f"{GROUP}/{a}/modelmonitors/{b}/status", {"status": None}) for a, b in self.names)
        send_all((("PATCH", path, body) for path, body in wiped), 200, 404)

    def forget_runs(self) -> None:
        """Delete all runs and Jobs."""
        jobs = "/apis/batch/v1/namespaces"
        send_all(("DELETE", f"{GROUP}/{name}/retrainruns", None) for name in self.namespaces)
        send_all(("DELETE", f"{jobs}/{name}/jobs?propagationPolicy=Background", None) for name in self.namespaces)


def names_of(size: int, prefix: str = "refit-scale") -> tuple[Names, ...]:
    """Return the names of so many monitors, in a namespace for each 500."""
    return tuple((f"{prefix}-{number // IN_A_NAMESPACE}", f"m{number:06}") for number in range(size))


def monitor_of(name: str, moves: bool) -> Document:
    """Return a monitor that reads every half minute; its runs wait in a queue that admits nothing."""
    every = f"{INTERVAL_S}s"
    metric: Document = {"query": None, "interval": None, "ratio": RATIO, "window": every, "breaches": None}
    if moves:
        metric = {"query": QUERY, "interval": every, "breaches": {"count": 1, "outOf": 1}}
    return monitor(name, metric=metric, training={"queueName": "nobody"})


def target_of(name: str) -> Document:
    """Return a target whose pod no scheduler takes; while the cluster's controllers stand still it has none."""
    return idle_target(name)


def namespaces_of(people: Population) -> Iterator[Request]:
    """Yield what creates the namespaces."""
    for name in people.namespaces:
        made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        yield "POST", "/api/v1/namespaces", disposable(made)


def objects_of(people: Population) -> Iterator[Request]:
    """Yield what creates the targets and the monitors."""
    for namespace, name in people.names:
        moves = (namespace, name) in people.movers
        yield "POST", f"/apis/apps/v1/namespaces/{namespace}/deployments", target_of(name)
        yield "POST", f"{GROUP}/{namespace}/modelmonitors", monitor_of(name, moves)


@contextmanager
def populated(size: int, movers: int = 0) -> Iterator[Population]:
    """Have so many monitors and targets while it lasts; so many of them, spread evenly, may move."""
    names = names_of(size, f"refit-scale-{uuid4().hex[:6]}")
    people = Population(names, frozenset(names[:: size // movers][:movers] if movers else ()))
    with present(people):
        try:
            yield people
        finally:
            people.wipe(marked=True)


@contextmanager
def present(people: Population) -> Iterator[None]:
    """Have them, in namespaces of their own, while it lasts."""
    try:
        send_all(namespaces_of(people), 201)
        send_all(objects_of(people), 201)
        yield
    finally:
        people.forget_runs()
        send_all(("DELETE", f"{GROUP}/{name}/modelmonitors", None) for name in people.namespaces)
        send_all(("DELETE", f"/apis/apps/v1/namespaces/{name}/deployments", None) for name in people.namespaces)
        send_all((("DELETE", f"/api/v1/namespaces/{name}", None) for name in people.namespaces), 200, 404)


@contextmanager
def quiet_cluster() -> Iterator[None]:
    """Have the cluster alone, and nothing of it at work."""
    with alone_with_the_operator(), nothing_at_work():
        yield


@contextmanager
def nothing_at_work() -> Iterator[None]:
    """Scale the installed operator to nothing, and let the cluster's controllers stand still.

    The latter would write a status for each target and each Job, twenty a second, in the midst of what is measured.
    """
    with _without_the_installed_operator(), _without_controllers():
        yield


@contextmanager
def _without_the_installed_operator() -> Iterator[None]:
    replicas = OPERATOR.get("deployment", DEPLOYMENT)["spec"]["replicas"]
    OPERATOR.run("scale", f"deployment/{DEPLOYMENT}", "--replicas=0")
    try:
        until(lambda: not operator_pods(), 60, "the installed operator's pod stays")
        yield
    finally:
        OPERATOR.run("scale", f"deployment/{DEPLOYMENT}", f"--replicas={replicas}")


@contextmanager
def _without_controllers() -> Iterator[None]:
    found = processes.read(CONTROLLER_MANAGER.pid_file(layout()))
    assert found, "the controller manager doesn't run as a process of this host: make cluster-up"
    os.kill(found.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(found.pid, signal.SIGCONT)
