"""python -m refit_operator: stand by, lead, watch and reconcile; whichever of its tasks ends, ends the process."""

import asyncio
import os
import socket
import ssl
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import structlog
from kubernetes.aio import client, config

from refit_operator.api.metadata import Ref
from refit_operator.audit.keeper import Keeper
from refit_operator.controller.failure_events import emit_failure
from refit_operator.controller.reconcile import reconcile
from refit_operator.controller.rules.urgency import after_sweep
from refit_operator.controller.shutdown import Shutdown, exit_now
from refit_operator.controller.supervisor import give_places, resync, run_until_first_ends, watch
from refit_operator.controller.watchdog import Limits as WatchLimits
from refit_operator.controller.watchdog import Streams, watch_over
from refit_operator.controller.workqueue import Workqueue
from refit_operator.kubernetes_api.calls import trace_calls
from refit_operator.kubernetes_api.client import Cluster
from refit_operator.kubernetes_api.clock import Clock, utc_now
from refit_operator.kubernetes_api.crds import Crds, CrdTooOld
from refit_operator.kubernetes_api.lease import LeaseLock
from refit_operator.leadership.elect import Leadership
from refit_operator.leadership.overlap import Overlap
from refit_operator.leadership.rules.decide import Timing
from refit_operator.notifications.notifier import Notifier
from refit_operator.notifications.receivers import read_receivers
from refit_operator.observability.logs import set_up_logs
from refit_operator.observability.metrics import LEADER
from refit_operator.observability.otel import make_tracer
from refit_operator.observability.probes import Health, serve_probes
from refit_operator.places.rules.places import Places
from refit_operator.places.rules.waiting import Limits
from refit_operator.ports import Ports
from refit_operator.progress.authentication import Authenticator
from refit_operator.progress.server import ProgressServer, serve_progress
from refit_operator.progress.setup import make_token_reviewer, prepare
from refit_operator.prometheus.batched import AT_ONCE
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.allowlist import parse_allowed
from refit_operator.prometheus.rules.headers import parse_headers
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.prometheus.servers import Servers
from refit_operator.run.pruner import Pruner
from refit_operator.settings import Settings
from refit_operator.sweep.sweeper import SIDE_BY_SIDE, Sweeper

log = structlog.get_logger()


async def connect() -> None:
    """Use the pod's service account, or outside a cluster the kubeconfig."""
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        config.load_incluster_config()
    else:
        await config.load_kube_config()


def client_configuration(clock: Clock) -> client.Configuration:
    """Return the client's configuration, by which the clock sees the date of every answer, and each is counted."""
    configuration = client.Configuration.get_default_copy()
    configuration.trace_configs = [clock.trace(), trace_calls()]
    return configuration


async def run(settings: Settings) -> int:
    """Run the operator until a shutdown is requested or one of its tasks ends; return the exit code."""
    shutdown, health = Shutdown(), Health()
    shutdown.listen()
    await serve_probes(health, settings.port)
    await connect()
    clock = Clock()
    async with client.ApiClient(client_configuration(clock)) as api:
        leadership = make_leadership(await Cluster.connect(api), settings) if settings.leader_election else None
        if leadership and not await is_elected(leadership, shutdown):
            return 0
        try:
            ended = await lead(api, clock, leadership, health, shutdown, settings)
        except CrdTooOld as error:
            log.error("the operator doesn't start", error=f"{type(error).__name__}: {error}")
            ended = "crds"
        if leadership and ended != "lease":
            await leadership.release()
    return 0 if ended == "stop" else 1


def make_leadership(cluster: Cluster, settings: Settings) -> Leadership:
    """Return this process's part in the election. A container that restarts is another process than before."""
    me = f"{socket.gethostname()}_{uuid.uuid4()}"
    timing = Timing(settings.lease_seconds, settings.renew_deadline_seconds, settings.retry_seconds)
    lock = LeaseLock(cluster, Ref(settings.lease_namespace, settings.lease_name), settings.selected)
    return Leadership(lock, me, timing)


async def is_elected(leadership: Leadership, shutdown: Shutdown) -> bool:
    """Stand by; return False where a shutdown is requested instead."""
    elected, stopped = asyncio.create_task(leadership.acquire()), asyncio.create_task(shutdown.wait())
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
    shutdown: Shutdown,
    settings: Settings,
) -> str:
    """Do the operator's work; return the name of the task that ended first."""
    streams = Streams(asyncio.get_running_loop().time)
    cluster = await Cluster.connect(api, streams.read)
    crds = Crds(cluster)
    await crds.check()
    ports, tls = await make_ports(cluster, clock, settings)
    sweeper = Sweeper(ports.reader, ports.mass_breach, ports.clock)
    workqueue = make_workqueue(ports, sweeper, settings)
    if tls:
        # Its reads are hidden from the watchdog: a pod that reports may be in a namespace that isn't watched.
        reviewer = make_token_reviewer(await Cluster.connect(api))
        server = ProgressServer(Authenticator(reviewer, settings.selection), ports.progress, workqueue.enqueue)
        await serve_progress(server, settings.progress_port, tls)
    health.heartbeat = lambda: min(workqueue.heartbeat, sweeper.heartbeat)
    LEADER.set(1)
    log.info("operator started", prometheus=settings.prometheus_url, namespaces=settings.selected or "all")
    overlap = Overlap(cluster, Ref(settings.lease_namespace, settings.lease_name)) if leadership else None
    tasks: dict[str, Coroutine[Any, Any, None]] = {
        "stop": shutdown.wait(),
        "watch": watch(workqueue, streams, sweeper, settings, shutdown),
        "workqueue": workqueue.run(),
        "sweep": sweeper.run(lambda ref, may_start: workqueue.enqueue(ref, urgency=after_sweep(may_start))),
        "resync": resync(workqueue, sweeper, ports, settings, overlap),
        "places": give_places(workqueue, ports, settings),
        "watchdog": watch_over(streams, WatchLimits()),
        "crds": crds.watch(),
    }
    tasks |= telling_of_ends(ports, workqueue.enqueue)
    return await run_until_first_ends(tasks | ({"lease": leadership.hold()} if leadership else {}), shutdown)


def telling_of_ends(ports: Ports, enqueue: Callable[[Ref], None]) -> dict[str, Coroutine[Any, Any, None]]:
    """Return the tasks that send and keep what ended, where that is set."""
    senders = {"notifications": ports.notifier, "audit": ports.keeper}
    return {name: sender.run(enqueue) for name, sender in senders.items() if sender}


async def make_ports(cluster: Cluster, clock: Clock, settings: Settings) -> tuple[Ports, ssl.SSLContext | None]:
    """Return what reconcilers reach the world through, and the TLS context of the progress server, if there is one."""
    allowed, headers = parse_allowed(settings.prometheus_allowed), parse_headers(settings.prometheus_headers)
    kept = settings.concurrency + SIDE_BY_SIDE * AT_ONCE  # as many queries of reconciliations and of the sweep
    servers = Servers(settings.prometheus_url, allowed, cluster, headers, kept)
    reader = Reader(servers, settings.prometheus_namespace_label)
    detector = MassBreachDetector(settings.allow_mass_retrain)
    secret = Ref(settings.lease_namespace, settings.progress_secret)
    reporting, tls = await prepare(cluster, secret, settings.progress_url, clock) or (None, None)
    places = Places(Limits(settings.max_concurrent_runs, settings.max_concurrent_runs_per_namespace))
    receivers = read_receivers(settings.notifications)
    ports = Ports(
        cluster,
        reader,
        detector,
        clock,
        reporting=reporting,
        judge_image=settings.judge_image,
        places=places,
        notifier=Notifier(receivers, utc_now) if receivers else None,
        keeper=Keeper(Path(settings.audit_folder)) if settings.audit_folder else None,
        tracer=make_tracer(os.environ),
    )
    return ports, tls


def make_workqueue(ports: Ports, sweeper: Sweeper, settings: Settings) -> Workqueue:
    """Return the queue of the monitors to reconcile."""
    pruner = Pruner()

    async def on_failure(ref: Ref, failures: int, error: str) -> None:
        ports.places.step_aside(ref)
        await emit_failure(ref, failures, error, ports.cluster)

    return Workqueue(lambda ref: reconcile(ref, ports, pruner, sweeper), settings.concurrency, on_failure)


async def run_and_exit(settings: Settings) -> None:
    """Run the operator and exit with its exit code."""
    try:
        code = await run(settings)
    except Exception:
        log.exception("operator failed")
        code = 1
    exit_now(code)


def main() -> None:
    """Read the settings and run."""
    settings = Settings()
    set_up_logs(settings.log_format)
    asyncio.run(run_and_exit(settings))


if __name__ == "__main__":
    main()
