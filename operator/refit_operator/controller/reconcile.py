"""Reconcile a monitor and its active run: the run takes a step, then the monitor's status is brought up to date."""

from datetime import timedelta
from typing import Any

from refit_operator.api.conditions import ConditionType, find, is_true
from refit_operator.api.metadata import Ref
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import RetrainRun
from refit_operator.controller.keep import keep
from refit_operator.controller.notify import notify
from refit_operator.controller.rules.urgency import after_reconciliation
from refit_operator.controller.workqueue import Again
from refit_operator.kubernetes_api.errors import Permanent
from refit_operator.kubernetes_api.parsing import parse_monitor
from refit_operator.monitor.observe import subject_of
from refit_operator.monitor.reconcile import Reconciled
from refit_operator.monitor.reconcile import reconcile as reconcile_monitor
from refit_operator.observability.monitors import forget_monitor, show_conditions, show_metric
from refit_operator.observability.otel import correlated
from refit_operator.ports import Ports
from refit_operator.run.pruner import Pruner
from refit_operator.run.reconcile import reconcile as reconcile_run
from refit_operator.run.rules.decision import AT_ONCE
from refit_operator.sweep.resting import Resting, resting
from refit_operator.sweep.sweeper import Sweeper


async def reconcile(ref: Ref, ports: Ports, pruner: Pruner, sweeper: Sweeper) -> Again | None:
    """Take one step and return when to reconcile again; None where the monitor is gone, or at rest."""
    sweeper.drop(ref)
    monitor = await ports.cluster.get_monitor(ref)
    if monitor is None or monitor.metadata.deletion_timestamp:
        forget_monitor(ref.namespace, ref.name)
        pruner.forget(ref)
        ports.mass_breach.remove(ref)
        ports.places.keep(ref, ())
        return None
    runs = await _tell_of_ends(monitor, await _list_runs(monitor, ports), ports)
    active = [run for run in runs if not run.is_finished]
    waits = [await _step(run, monitor, runs, ports) for run in active]
    if AT_ONCE in waits:
        # before the monitor asks its metric: a Prometheus that hangs must not delay a rollback
        return Again(AT_ONCE, after_reconciliation(active, may_start=True))
    if active:
        runs = await _list_runs(monitor, ports)
    reconciled = await reconcile_monitor(monitor, runs, ports, ports.clock.now())
    await pruner.prune(monitor, runs, ports, ports.clock.now())
    if not active and (known := _resting(reconciled, ports)):
        sweeper.take(ref, known)
        return None
    waits.append(reconciled.after)
    urgency = after_reconciliation(active, reconciled.may_start)
    return Again(min(wait for wait in waits if wait is not None), urgency)


async def _tell_of_ends(monitor: ModelMonitor, runs: tuple[RetrainRun, ...], ports: Ports) -> tuple[RetrainRun, ...]:
    """Have those that ended notified, kept and traced; return the runs as they are afterwards."""
    if ports.notifier and await notify(runs, ports.notifier, ports.cluster, ports.clock.now()):
        runs = await _list_runs(monitor, ports)
    if ports.keeper and await keep(runs, ports.keeper, ports.cluster, ports.clock.now()):
        runs = await _list_runs(monitor, ports)
    if ports.tracer:
        ports.tracer.offer(runs, ports.clock.now())
    return runs


async def _step(run: RetrainRun, monitor: ModelMonitor, runs: tuple[RetrainRun, ...], ports: Ports) -> timedelta | None:
    with correlated(run, ports.tracer):
        return await reconcile_run(run, monitor, runs, ports, ports.clock.now())


def _resting(found: Reconciled, ports: Ports) -> Resting | None:
    return found.rest and resting(found.observed, found.rest, found.version, subject_of(found.observed), ports.reader)


async def _list_runs(monitor: ModelMonitor, ports: Ports) -> tuple[RetrainRun, ...]:
    """Return the monitor's runs; those that have ended or are gone have no place any more."""
    runs = await ports.cluster.list_runs(monitor)
    ref = Ref(monitor.metadata.namespace, monitor.metadata.name)
    ports.places.keep(ref, {run.metadata.uid for run in runs if not run.is_finished})
    return runs


def restore(document: dict[str, Any], ports: Ports) -> None:
    """Record a monitor that wasn't reconciled yet, by what its status says: so a restart forgets no breach.

    Its metrics show that there is one to be read, also where no reconciliation ever succeeds.
    """
    ref = Ref(document["metadata"]["namespace"], document["metadata"]["name"])
    if ref in ports.mass_breach:
        return
    try:
        monitor = parse_monitor(document)
        interval = ports.reader.grid_of(monitor.spec.prometheus, monitor.spec.metric).interval
    except (Permanent, ValueError):  # its own reconciliation will say what is wrong with it
        return
    within = find(monitor.status.conditions, ConditionType.WITHIN_THRESHOLD)
    since = within.last_transition_time if within and within.status == "False" else None
    show_metric(ref.namespace, ref.name, monitor.spec.metric.threshold, interval.total_seconds())
    show_conditions(ref.namespace, ref.name, monitor.status)
    counts = is_true(monitor.status.conditions, ConditionType.READY) and not monitor.spec.suspend
    ports.mass_breach.record(ports.reader.servers.address_of(monitor.spec.prometheus), ref, interval, since, counts)
