"""python -m refit_operator: connect, watch, keep the schedule; whatever of it ends, ends the process."""

import asyncio
import os
import sys
from datetime import timedelta

import kopf
import structlog
from kubernetes.aio import client, config

from refit_operator.api.metadata import Ref
from refit_operator.app import kopf_settings, register
from refit_operator.board import Board
from refit_operator.cluster.client import MONITOR, Cluster
from refit_operator.cluster.errors import ClusterError
from refit_operator.loop import look, remember_breach
from refit_operator.ports import Ports
from refit_operator.probes import serve_probes
from refit_operator.readings import Readings
from refit_operator.schedule import Schedule
from refit_operator.settings import Settings
from refit_operator.signal.allowed import parse_allowed
from refit_operator.sources import Sources
from refit_operator.telemetry.logs import set_up_logs

log = structlog.get_logger()


async def watch(schedule: Schedule, settings: Settings) -> None:
    """Run kopf until it stops."""
    registry = kopf.OperatorRegistry()
    register(registry, schedule)
    scope = {"namespaces": [settings.namespace]} if settings.namespace else {"clusterwide": True}
    await kopf.operator(registry=registry, settings=kopf_settings(), standalone=True, **scope)


async def resync(schedule: Schedule, ports: Ports, settings: Settings) -> None:
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


async def connect() -> None:
    """Use the pod's service account, or outside a cluster the kubeconfig."""
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        config.load_incluster_config()
    else:
        await config.load_kube_config()


async def run(settings: Settings) -> int:
    """Run the operator until one of its parts ends."""
    await connect()
    async with client.ApiClient() as api:
        cluster = await Cluster.connect(api)
        sources = Sources(settings.prometheus_url, parse_allowed(settings.prometheus_allowed), cluster)
        board = Board(settings.allow_mass_retrain)
        ports = Ports(cluster, Readings(sources), board)
        schedule = Schedule(lambda ref: look(ref, ports), settings.concurrency)
        probes = await serve_probes(schedule, settings.port)
        parts = (watch(schedule, settings), schedule.run(), resync(schedule, ports, settings))
        tasks = [asyncio.create_task(part) for part in parts]
        log.info("operator started", prometheus=settings.prometheus_url, namespace=settings.namespace or "all")
        ended, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await probes.cleanup()
        return _exit_code(ended, tasks[0])


def _exit_code(ended: set[asyncio.Task[None]], watching: asyncio.Task[None]) -> int:
    """Return 0 where kopf was told to stop, else 1: then a part of the operator died."""
    for task in ended:
        error = task.exception()
        if error:
            log.error("a part of the operator died", error=repr(error))
    return 0 if ended == {watching} and not watching.exception() else 1


def main() -> int:
    """Return the exit code."""
    settings = Settings()
    set_up_logs(settings.log_format)
    return asyncio.run(run(settings))


if __name__ == "__main__":
    sys.exit(main())
