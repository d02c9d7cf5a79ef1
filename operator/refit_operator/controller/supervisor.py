"""What runs side by side in a process that leads, and how it ends: the first part to end takes the others with it."""

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import timedelta
from typing import Any, Never

import kopf
import structlog

from refit_operator.api.metadata import Ref
from refit_operator.controller.handlers import kopf_settings, register
from refit_operator.controller.reconcile import remember_breach
from refit_operator.controller.shutdown import Stop
from refit_operator.controller.watchdog import Streams
from refit_operator.controller.workqueue import Schedule
from refit_operator.kubernetes_api.client import MONITOR
from refit_operator.kubernetes_api.errors import ClusterError
from refit_operator.ports import Ports
from refit_operator.settings import Settings

log = structlog.get_logger()
WIND_DOWN = 3.0
"""Seconds for the parts to end in, once one has."""


async def watch(schedule: Schedule, streams: Streams, settings: Settings, stop: Stop) -> None:
    """Run kopf until it stops.

    kopf takes SIGTERM for itself; it is taken back, so that whatever the process is doing, one place hears it. And kopf
    waits for every task that was made after its start: `before` are those that are none of its business.
    """
    registry = kopf.OperatorRegistry()
    register(registry, schedule, streams)
    scope = {"namespaces": [settings.namespace]} if settings.namespace else {"clusterwide": True}
    before = asyncio.all_tasks()
    tasks = await kopf.spawn_tasks(
        registry=registry, settings=kopf_settings(), standalone=True, stop_flag=stop.winding_down, **scope
    )
    stop.listen()
    await kopf.run_tasks(tasks, ignored=before)


async def resync(schedule: Schedule, ports: Ports, settings: Settings) -> Never:
    """Wake the monitors that no watch has told of, again and again."""
    while True:
        try:
            for item in await ports.cluster.list_objects(MONITOR, settings.namespace):
                ref = Ref(item["metadata"]["namespace"], item["metadata"]["name"])
                remember_breach(item, ports)
                if not schedule.knows(ref):
                    schedule.wake(ref, timedelta(0))
        except ClusterError as error:
            log.warning("resync failed", error=str(error))
        await asyncio.sleep(settings.resync_seconds)


async def first_to_end(parts: Mapping[str, Coroutine[Any, Any, None]], stop: Stop) -> str:
    """Run the parts until the first ends, then wind all down; return its name. `lease` goes on to the last."""
    tasks = {name: asyncio.create_task(part, name=name) for name, part in parts.items()}
    ended, _ = await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
    names = [task.get_name() for task in ended]
    for task in ended:
        if task.get_name() != "stop":
            log.error("a part of the operator ended", part=task.get_name(), error=repr(task.exception()))
    if "lease" not in names:
        await _wind_down(tasks, stop)
    return "stop" if names == ["stop"] else next(name for name in names if name != "stop")


async def _wind_down(tasks: Mapping[str, asyncio.Task[None]], stop: Stop) -> None:
    stop.winding_down.set()
    for name, task in tasks.items():
        if name not in ("watch", "lease"):
            task.cancel()
    await asyncio.wait([task for name, task in tasks.items() if name != "lease"], timeout=WIND_DOWN)
    for task in tasks.values():
        task.cancel()
    await asyncio.wait(tasks.values(), timeout=WIND_DOWN / 3)
