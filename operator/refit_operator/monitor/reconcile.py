"""Reconcile one monitor: observe, decide, act, record."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from refit_operator.api.monitor import ModelMonitor, ModelMonitorStatus
from refit_operator.api.run import RetrainRun
from refit_operator.kubernetes_api.client import MONITOR, RUN
from refit_operator.kubernetes_api.events import build_event, post_event
from refit_operator.kubernetes_api.stale_reads import number
from refit_operator.monitor.observe import observe
from refit_operator.monitor.rules.decide import decide
from refit_operator.monitor.rules.decision import Observed, StartRun
from refit_operator.monitor.rules.events import events_on
from refit_operator.monitor.rules.history import breach_begins, new_recovery
from refit_operator.monitor.rules.rest import Rest, rest_of
from refit_operator.monitor.rules.status import next_status, status_after
from refit_operator.monitor.shown import show
from refit_operator.ports import Ports

log = structlog.get_logger()
AFTER_START = timedelta(0)


@dataclass(frozen=True)
class Reconciled:
    """When to reconcile again; and where the monitor is at rest, what was observed of it."""

    after: timedelta
    observed: Observed
    rest: Rest | None = None
    version: int = 0
    """The monitor's resourceVersion, as it was read or written."""
    may_start: bool = False
    """Whether a run may be next: it was just created, or the newest readings are in breach."""


async def reconcile(monitor: ModelMonitor, runs: tuple[RetrainRun, ...], ports: Ports, now: datetime) -> Reconciled:
    """Take one step and return when to take the next."""
    observed = await observe(monitor, runs, ports, now)
    decision = decide(observed)
    status = next_status(observed)
    show(observed, status)
    written = status_after(monitor.status, status, observed.interval)
    version = await _write(observed, written, ports)
    await _record_recovery(observed, ports)
    if isinstance(decision, StartRun):
        log.info(
            "run started", monitor=f"{monitor.metadata.namespace}/{monitor.metadata.name}", reason=decision.message
        )
        await ports.cluster.create(RUN, monitor.metadata.namespace, decision.body)
        return Reconciled(AFTER_START, observed, may_start=True)
    rest = rest_of(observed, status, written)
    wait = until_next(observed, ports.clock.now())
    return Reconciled(wait, observed, rest, number(version), breach_begins(observed) is not None)


async def _write(o: Observed, status: ModelMonitorStatus, ports: Ports) -> str:
    """Write the status unless it is the one that was read, and return the monitor's version."""
    if status is o.monitor.status:
        return o.monitor.metadata.resource_version
    version = await ports.cluster.write_status(MONITOR, o.monitor, status.to_json())
    for event in events_on(o.monitor.status, status):
        await post_event(ports.cluster, build_event(o.monitor, event, o.now))
    return version


async def _record_recovery(o: Observed, ports: Ports) -> None:
    """Record, once, that the metric recovered after the newest run: the breaker counts by it."""
    run = new_recovery(o)
    if run:
        await ports.cluster.write_status(RUN, run, run.status.to_json())


def until_next(o: Observed, now: datetime) -> timedelta:
    """Return the time to the next reading, or a minute where there is none; the queries may have taken some of it."""
    wait = o.next_reading - now if o.next_reading else timedelta(minutes=1)
    return max(timedelta(0), wait)
