"""The tasks of a process that leads, side by side, and how they end: the first to end takes the others with it."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, Never

import kopf
import structlog
from kopf._cogs.structs.references import Insights

from refit_operator.api.metadata import Ref
from refit_operator.controller.handlers import kopf_settings, register
from refit_operator.controller.nothing_kept import NoMemories
from refit_operator.controller.reconcile import restore
from refit_operator.controller.rules.slots import Urgency
from refit_operator.controller.shutdown import Shutdown
from refit_operator.controller.taking_up import take_up
from refit_operator.controller.watchdog import Streams
from refit_operator.controller.workqueue import ENDS_THE_PROCESS, Workqueue, describe
from refit_operator.kubernetes_api.client import MONITOR, Document
from refit_operator.kubernetes_api.errors import ClusterError
from refit_operator.kubernetes_api.stale_reads import number
from refit_operator.leadership.overlap import Overlap
from refit_operator.observability.metrics import RUNS_UNDER_WAY, RUNS_WAITING
from refit_operator.ports import Ports
from refit_operator.run.places import restore_places
from refit_operator.settings import Settings
from refit_operator.sweep.sweeper import Sweeper

log = structlog.get_logger()
WIND_DOWN = 3.0
"""Seconds for the other tasks to end in, once one has."""
COUNT_AGAIN = 5.0
"""Seconds until the runs under way are counted again, where the API server didn't answer."""


async def watch(
    workqueue: Workqueue, streams: Streams, sweeper: Sweeper, settings: Settings, shutdown: Shutdown
) -> None:
    """Run kopf until it stops.

    kopf installs a handler of its own for SIGTERM; ours is put back, so that one place handles it. And kopf waits for
    every task that was made after its start: `before` are those that it must not wait for.
    """
    registry = kopf.OperatorRegistry()
    watch_kind = register(registry, workqueue, streams, sweeper, settings.selection)
    scope = {"namespaces": [settings.namespace]} if settings.namespace else {"clusterwide": True}
    before = asyncio.all_tasks()
    tasks = await kopf.spawn_tasks(
        registry=registry,
        settings=(how := kopf_settings()),
        memories=NoMemories(),
        insights=(insights := Insights()),
        standalone=True,
        stop_flag=shutdown.winding_down,
        **scope,
    )
    shutdown.listen()
    taking_up = asyncio.create_task(take_up(watch_kind, streams, insights, registry, how), name="optional kinds")
    try:
        await kopf.run_tasks([*tasks, taking_up], ignored=before)
    finally:
        taking_up.cancel()


async def resync(
    workqueue: Workqueue, sweeper: Sweeper, ports: Ports, settings: Settings, overlap: Overlap | None = None
) -> Never:
    """Enqueue, at intervals, the monitors of which no watch has delivered an event, and those that have changed.

    Their namespaces are held against what other operators serve.
    """
    while True:
        namespaces = set[str]()
        try:
            for item in await ports.cluster.list_objects(MONITOR, settings.namespace, served=settings.selection):
                _take_in(item, workqueue, sweeper, ports)
                namespaces.add(item["metadata"]["namespace"])
                await asyncio.sleep(0)  # between two of them the lease is renewed, and others are reconciled
            if overlap:
                await overlap.check(namespaces)
        except ClusterError as error:
            log.warning("resync failed", error=str(error))
        await asyncio.sleep(settings.resync_seconds)


def _take_in(item: Document, workqueue: Workqueue, sweeper: Sweeper, ports: Ports) -> None:
    """Enqueue a monitor where it isn't yet; what can't be restored of it is its own trouble."""
    ref = Ref(item["metadata"]["namespace"], item["metadata"]["name"])
    try:
        restore(item, ports)
    except ENDS_THE_PROCESS:
        raise
    except BaseException as error:
        log.warning("breach not restored", monitor=str(ref), error=describe(error))
    version = number(item["metadata"].get("resourceVersion") or "")
    if (ref not in workqueue and ref not in sweeper) or sweeper.is_outdated(ref, version):
        workqueue.enqueue(ref)


async def give_places(workqueue: Workqueue, ports: Ports, settings: Settings) -> Never:
    """Enqueue those whose run may start, whenever that changes; before, count the runs that are under way.

    One of these may have ended while it was counted: its own reconciliation will find that.
    """
    changed = asyncio.Event()
    ports.places.on_change = changed.set
    RUNS_UNDER_WAY.set_function(lambda: len(ports.places.under_way()))
    RUNS_WAITING.set_function(ports.places.waiting)
    await _restore_places(ports, settings)
    for ref in set(ports.places.under_way().values()):
        workqueue.enqueue(ref, urgency=Urgency.UNDER_WAY)
    while True:
        await changed.wait()
        changed.clear()
        for ref in ports.places.next_monitors():
            workqueue.enqueue(ref, urgency=Urgency.MAY_START)


async def _restore_places(ports: Ports, settings: Settings) -> None:
    """Try until the API server answers: until then no run starts."""
    while ports.places.limits.are_set:
        try:
            await restore_places(ports.cluster, settings.namespace, settings.selection, ports.places)
        except ClusterError as error:
            log.warning("runs under way not counted", error=str(error))
            await asyncio.sleep(COUNT_AGAIN)
        else:
            return


async def run_until_first_ends(coroutines: Mapping[str, Coroutine[Any, Any, None]], shutdown: Shutdown) -> str:
    """Run the tasks until the first ends, then wind all down; return its name. `lease` goes on to the last."""
    tasks = {name: asyncio.create_task(coroutine, name=name) for name, coroutine in coroutines.items()}
    ended, _ = await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
    names = [task.get_name() for task in ended]
    for task in ended:
        if task.get_name() != "stop":
            log.error("a task of the operator ended", task=task.get_name(), error=repr(task.exception()))
    if "lease" not in names:
        await _wind_down(tasks, shutdown)
    return "stop" if names == ["stop"] else next(name for name in names if name != "stop")


async def _wind_down(tasks: Mapping[str, asyncio.Task[None]], shutdown: Shutdown) -> None:
    shutdown.winding_down.set()
    for name, task in tasks.items():
        if name not in ("watch", "lease"):
            task.cancel()
    await asyncio.wait([task for name, task in tasks.items() if name != "lease"], timeout=WIND_DOWN)
    for task in tasks.values():
        task.cancel()
    await asyncio.wait(tasks.values(), timeout=WIND_DOWN / 3)
