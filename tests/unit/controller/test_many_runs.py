"""Many breaches at once, and few places: the operator's own loop against an API server in memory, killed in the middle.

Stands in for a cluster of hundreds of Jobs; tests/cluster/test_places.py plays it with six real ones.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import RetrainRun
from refit_operator.controller import reconcile as look
from refit_operator.controller.supervisor import give_places
from refit_operator.controller.workqueue import Workqueue
from refit_operator.kubernetes_api.errors import Transient
from refit_operator.monitor.reconcile import Reconciled
from refit_operator.places.rules.places import Places
from refit_operator.places.rules.waiting import Limits
from refit_operator.ports import Ports
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.settings import Settings
from tests.support.jumping import clock, play
from tests.support.samples import NOW, make_monitor, make_run
from tests.support.sweeps import no_sweep

Document = dict[str, Any]
MANY, FEW, MOST = 40, 2, 4
TRAINS, INTERVAL, LATENCY = 20.0, timedelta(seconds=30), 0.005


def document_of(found: RetrainRun) -> Document:
    return found.model_dump(mode="json", by_alias=True, exclude_none=True) | {"kind": "RetrainRun"}


class Memory:
    """A stand-in for the API server with its watches, its clock, and Prometheus: Jobs fail after twenty seconds."""

    interval, query_range = timedelta(minutes=1), timedelta(0)

    def __init__(self) -> None:
        self.objects: dict[tuple[str, Ref], Document] = {}
        self.made: list[str] = []
        self.most = 0
        self.calls: Counter[str] = Counter()
        self.wake: Any = None
        self._version = 100

    def breach(self, namespace: str, number: int, at: int) -> Ref:
        """Have a monitor with a run that has just been created."""
        monitor = Ref(namespace, f"m{number}")
        meta = {"namespace": namespace, "name": f"m{number}-1", "uid": f"{namespace}-{number}"}
        trigger = {"time": (NOW + timedelta(seconds=at)).isoformat()}
        run = document_of(make_run(trigger=trigger, monitorRef={"name": monitor.name}))
        self.store("RetrainRun", run | {"metadata": run["metadata"] | meta})
        return monitor

    def store(self, kind: str, document: Document) -> Document:
        self._version += 1
        meta = document["metadata"] | {"resourceVersion": str(self._version)}
        made = self.objects[kind, Ref(meta["namespace"], meta["name"])] = document | {"metadata": meta}
        return made

    def at_work(self) -> list[Document]:
        return [one for (kind, _), one in self.objects.items() if kind == "Job" and not one["status"]]

    async def called(self, what: str) -> None:
        self.calls[what] += 1
        await asyncio.sleep(LATENCY)

    async def get_monitor(self, ref: Ref) -> ModelMonitor:
        await self.called("GET ModelMonitor")
        return make_monitor(metadata={"namespace": ref.namespace, "name": ref.name})

    async def read(self, kind: tuple[str, str], ref: Ref) -> Document | None:
        await self.called(f"GET {kind[1]}")
        return self.objects.get((kind[1], ref))

    async def list_runs(self, monitor: ModelMonitor) -> tuple[RetrainRun, ...]:
        await self.called("LIST RetrainRun")
        name = Ref(monitor.metadata.namespace, f"{monitor.metadata.name}-1")
        return (RetrainRun.model_validate(self.objects["RetrainRun", name]),)

    async def list_objects(self, kind: tuple[str, str], namespace: str, *_: Any, **__: Any) -> list[Document]:
        await self.called(f"LIST {kind[1]}")
        return [one for (found, _), one in self.objects.items() if found == kind[1]]

    async def create(self, kind: tuple[str, str], namespace: str, body: Document) -> None:
        await self.called(f"POST {kind[1]}")
        name = Ref(namespace, body["metadata"]["name"])
        if kind[1] != "Job" or (kind[1], name) in self.objects:
            return
        meta = body["metadata"] | {"namespace": namespace, "uid": str(name), "creationTimestamp": NOW.isoformat()}
        self.store("Job", body | {"metadata": meta, "status": {}})
        self.made.append(name.name.removesuffix("-1") + " of " + namespace)
        self.most = max(self.most, len(self.at_work()))
        asyncio.get_running_loop().call_later(TRAINS, self.fail, name)

    def fail(self, name: Ref) -> None:
        ended = {"type": "Failed", "status": "True", "message": "exit 1"}
        self.store("Job", self.objects["Job", name] | {"status": {"conditions": [ended]}})
        self.wake(Ref(name.namespace, name.name.removesuffix("-1")))

    async def write_status(self, kind: tuple[str, str], owner: RetrainRun, status: Document) -> None:
        await self.called("PUT RetrainRun/status")
        ref = Ref(owner.metadata.namespace, owner.metadata.name)
        if self.objects["RetrainRun", ref]["metadata"]["resourceVersion"] != owner.metadata.resource_version:
            raise Transient("it has changed")
        self.store("RetrainRun", self.objects["RetrainRun", ref] | {"status": status})
        self.wake(Ref(ref.namespace, owner.spec.monitor_ref.name))

    async def list_pods(self, *_: Any) -> list[Document]:
        return []

    list_events = list_claims = list_pods

    def now(self) -> datetime:
        return NOW + timedelta(seconds=int(clock()))

    def grid_of(self, *_: Any) -> "Memory":
        return self

    def next_reading(self, now: datetime) -> datetime:
        return now

    async def prune(self, *_: Any) -> None:
        return


async def operate(memory: Any, monitors: list[Ref], seconds: float) -> None:
    """Be the process that leads for so long, then be killed."""
    places = Places(Limits(MOST))
    ports = Ports(memory, memory, MassBreachDetector(), clock=memory, places=places)
    queue = Workqueue(lambda ref: look.reconcile(ref, ports, memory, no_sweep()), 16)
    memory.wake = queue.enqueue
    for ref in monitors:
        queue.enqueue(ref)
    parts: list[Coroutine[Any, Any, Any]] = [queue.run(), give_places(queue, ports, Settings())]
    tasks = [asyncio.create_task(part) for part in parts]
    await asyncio.wait(tasks, timeout=seconds)
    assert not any(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def test_each_has_one_job_in_its_turn_and_waits_for_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    observed: Any = None

    async def judge(*_: Any) -> Reconciled:
        return Reconciled(INTERVAL, observed)

    monkeypatch.setattr(look, "reconcile_monitor", judge)
    memory = Memory()

    async def story() -> None:
        monitors = [memory.breach("many", number, number) for number in range(MANY)]
        monitors += [memory.breach("few", number, 1000 + number) for number in range(FEW)]
        for seconds in (0.02, 50, 300):
            await operate(memory, monitors, seconds)

    play(story())
    runs = [one for (kind, _), one in memory.objects.items() if kind == "RetrainRun"]
    assert [run["status"].get("outcome") for run in runs] == ["Failed"] * (MANY + FEW)
    assert sorted(memory.made) == sorted(set(memory.made)), "a run has had two Jobs"
    assert (len(memory.made), memory.most) == (MANY + FEW, MOST)
    few = [number for number, name in enumerate(memory.made) if name.endswith("few")]
    assert max(few) < 3 * MOST, "a namespace with few runs waited for one with many"
    many = [int(name.split()[0].removeprefix("m")) for name in memory.made if name.endswith("many")]
    assert all(abs(number - position) <= MOST for position, number in enumerate(many)), "not in their order"
    assert memory.calls["PUT RetrainRun/status"] < 20 * len(runs)
