"""One look at a monitor and the run under way: the run takes a step, then the monitor says how things are."""

from datetime import UTC, datetime, timedelta

from refit_operator.api.metadata import Ref
from refit_operator.monitor.reconcile import reconcile as reconcile_monitor
from refit_operator.ports import Ports
from refit_operator.run.pruning import Pruner
from refit_operator.run.reconcile import reconcile as reconcile_run
from refit_operator.telemetry.metrics import forget_monitor


async def look(ref: Ref, ports: Ports, pruner: Pruner) -> timedelta | None:
    """Take one step and return when to look again; None where the monitor is gone."""
    monitor = await ports.cluster.get_monitor(ref)
    if monitor is None or monitor.metadata.deletion_timestamp:
        forget_monitor(ref.namespace, ref.name)
        pruner.forget(ref)
        return None
    runs = await ports.cluster.list_runs(monitor)
    active = [run for run in runs if not run.is_finished]
    waits = [await reconcile_run(run, monitor, runs, ports, datetime.now(UTC)) for run in active]
    if active:
        runs = await ports.cluster.list_runs(monitor)
    waits.append(await reconcile_monitor(monitor, runs, ports, datetime.now(UTC)))
    await pruner.prune(monitor, runs, ports, datetime.now(UTC))
    return min(wait for wait in waits if wait is not None)
