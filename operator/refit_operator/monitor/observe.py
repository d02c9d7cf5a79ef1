"""Read everything that a decision about a monitor rests on."""

from dataclasses import replace
from datetime import datetime

from refit_operator.api.base import TAKE_POINTER_ANNOTATION
from refit_operator.api.metadata import Ref
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import RetrainRun
from refit_operator.cluster.client import DEPLOYMENT
from refit_operator.monitor.decision import Observed
from refit_operator.ports import Ports
from refit_operator.signal.promql import QueryInvalid
from refit_operator.target.view import parse_target


async def observe(monitor: ModelMonitor, runs: tuple[RetrainRun, ...], ports: Ports, now: datetime) -> Observed:
    """Return what there is to see of a monitor."""
    spec = monitor.spec
    namespace = monitor.metadata.namespace
    target = await ports.cluster.read(DEPLOYMENT, Ref(namespace, spec.serving.target_ref.name))
    observed = Observed(
        monitor=monitor,
        target=parse_target(target) if target else None,
        runs=runs,
        now=now,
        claimed_by=older_claim(monitor, await ports.cluster.list_monitors(namespace)),
        taken_pointer=monitor.metadata.annotations.get(TAKE_POINTER_ANNOTATION),
    )
    return await _with_readings(observed, ports)


async def _with_readings(observed: Observed, ports: Ports) -> Observed:
    spec, now = observed.monitor.spec, observed.now
    try:
        grid = ports.readings.grid_of(spec.prometheus, spec.metric)
    except QueryInvalid as error:
        return replace(observed, query_error=str(error))
    window = await ports.readings.window(spec.prometheus, spec.metric, spec.metric.breaches.out_of, now)
    return replace(
        observed,
        window=window,
        query_range=grid.query_range,
        interval=grid.interval,
        next_reading=grid.next_look(now),
    )


def older_claim(monitor: ModelMonitor, others: tuple[ModelMonitor, ...]) -> str:
    """Return the name of the oldest monitor with the same target where that isn't this one, else the empty string."""

    def age(other: ModelMonitor) -> tuple[datetime, str]:
        return other.metadata.creation_timestamp, other.metadata.uid

    target = monitor.spec.serving.target_ref
    same = [other for other in others if other.spec.serving.target_ref == target]
    oldest = min(same, key=age, default=monitor)
    return "" if oldest.metadata.uid == monitor.metadata.uid else oldest.metadata.name
