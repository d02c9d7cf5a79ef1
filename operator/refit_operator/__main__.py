"""python -m refit_operator: stand by, lead, watch, keep the schedule; whatever of it ends, ends the process."""

import asyncio
import os
import socket
import ssl
import uuid
from collections.abc import Coroutine
from typing import Any

import structlog
from kubernetes.aio import client, config

from refit_operator.api.metadata import Ref
from refit_operator.controller.failure_events import tell_failure
from refit_operator.controller.reconcile import look
from refit_operator.controller.shutdown import Stop, leave
from refit_operator.controller.supervisor import first_to_end, resync, watch
from refit_operator.controller.watchdog import Limits, Streams, watch_over
from refit_operator.controller.workqueue import Schedule
from refit_operator.kubernetes_api.client import Cluster
from refit_operator.kubernetes_api.clock import Clock
from refit_operator.kubernetes_api.lease import LeaseLock
from refit_operator.leadership.elect import Leadership
from refit_operator.leadership.rules.decide import Timing
from refit_operator.observability.logs import set_up_logs
from refit_operator.observability.metrics import LEADER
from refit_operator.observability.probes import Health, serve_probes
from refit_operator.ports import Ports
from refit_operator.progress.authentication import Tracer
from refit_operator.progress.server import Endpoint, serve_progress
from refit_operator.progress.setup import make_sight, prepare
from refit_operator.prometheus.reader import Readings
from refit_operator.prometheus.rules.allowlist import parse_allowed
from refit_operator.prometheus.rules.mass_breach import Board
from refit_operator.prometheus.servers import Sources
from refit_operator.run.pruner import Pruner
from refit_operator.settings import Settings

log = structlog.get_logger()


async def connect() -> None:
    """Use the pod's service account, or outside a cluster the kubeconfig."""
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        config.load_incluster_config()
    else:
        await config.load_kube_config()


def traced(clock: Clock) -> client.Configuration:
    """Return the client's configuration, by which the clock hears of every answer."""
    configuration = client.Configuration.get_default_copy()
    configuration.trace_configs = [clock.trace()]
    return configuration


async def run(settings: Settings) -> int:
    """Run the operator until it is told to stop or one of its parts ends; return the exit code."""
    stop, health = Stop(), Health()
    stop.listen()
    await serve_probes(health, settings.port)
    await connect()
    clock = Clock()
    async with client.ApiClient(traced(clock)) as api:
        leadership = make_leadership(await Cluster.connect(api), settings) if settings.leader_election else None
        if leadership and not await is_elected(leadership, stop):
            return 0
        ended = await lead(api, clock, leadership, health, stop, settings)
        if leadership and ended != "lease":
            await leadership.release()
    return 0 if ended == "stop" else 1


def make_leadership(cluster: Cluster, settings: Settings) -> Leadership:
    """Return this process's part in the election. A container that restarts is another process than before."""
    me = f"{socket.gethostname()}_{uuid.uuid4()}"
    timing = Timing(settings.lease_seconds, settings.renew_deadline_seconds, settings.retry_seconds)
    return Leadership(LeaseLock(cluster, Ref(settings.lease_namespace, settings.lease_name)), me, timing)


async def is_elected(leadership: Leadership, stop: Stop) -> bool:
    """Stand by; return False where the process shall stop instead."""
    elected, stopped = asyncio.create_task(leadership.acquire()), asyncio.create_task(stop.wait())
    await asyncio.wait((elected, stopped), return_when=asyncio.FIRST_COMPLETED)
    for task in (elected, stopped):
        task.cancel()
    await asyncio.gather(elected, stopped, return_exceptions=True)
    if stopped.done() and not stopped.cancelled():
        await leadership.release()
        return False
    elected.result()
    return True


async def lead(
    api: client.ApiClient,
    clock: Clock,
    leadership: Leadership | None,
    health: Health,
    stop: Stop,
    settings: Settings,
) -> str:
    """Do the operator's work; return the name of the part that ended first."""
    streams = Streams(asyncio.get_running_loop().time)
    cluster = await Cluster.connect(api, streams.read)
    ports, tls = await make_ports(cluster, clock, settings)
    schedule = make_schedule(ports, settings)
    if tls:
        # Its reads are told to no watchdog: a stranger's pod may be where no watch is.
        tracer = Tracer(make_sight(await Cluster.connect(api)), settings.namespace)
        await serve_progress(Endpoint(tracer, ports.progress, schedule.wake), settings.progress_port, tls)
    health.heartbeat = lambda: schedule.heartbeat
    LEADER.set(1)
    log.info("operator started", prometheus=settings.prometheus_url, namespace=settings.namespace or "all")
    parts: dict[str, Coroutine[Any, Any, None]] = {
        "stop": stop.wait(),
        "watch": watch(schedule, streams, settings, stop),
        "schedule": schedule.run(),
        "resync": resync(schedule, ports, settings),
        "watchdog": watch_over(streams, Limits()),
    }
    return await first_to_end(parts | ({"lease": leadership.hold()} if leadership else {}), stop)


async def make_ports(cluster: Cluster, clock: Clock, settings: Settings) -> tuple[Ports, ssl.SSLContext | None]:
    """Return what looks reach the world through, and how to serve training pods, if they are served."""
    sources = Sources(settings.prometheus_url, parse_allowed(settings.prometheus_allowed), cluster)
    readings, board = Readings(sources), Board(settings.allow_mass_retrain)
    secret = Ref(settings.lease_namespace, settings.progress_secret)
    reporting, tls = await prepare(cluster, secret, settings.progress_url) or (None, None)
    return Ports(cluster, readings, board, clock, reporting=reporting), tls


def make_schedule(ports: Ports, settings: Settings) -> Schedule:
    """Return the schedule of looks."""
    pruner = Pruner()

    async def tell(ref: Ref, failures: int, error: str) -> None:
        await tell_failure(ref, failures, error, ports.cluster)

    return Schedule(lambda ref: look(ref, ports, pruner), settings.concurrency, tell)


async def live(settings: Settings) -> None:
    """Run the operator and end the process with its exit code."""
    try:
        code = await run(settings)
    except Exception:
        log.exception("the operator died")
        code = 1
    leave(code)


def main() -> None:
    """Read the settings and live."""
    settings = Settings()
    set_up_logs(settings.log_format)
    asyncio.run(live(settings))


if __name__ == "__main__":
    main()
