"""Read everything that a decision about a monitor rests on."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from refit_operator.api.base import TAKE_POINTER_ANNOTATION
from refit_operator.api.metadata import Ref
from refit_operator.api.metric import MetricSpec
from refit_operator.api.monitor import ModelMonitor, ModelMonitorSpec
from refit_operator.api.run import RetrainRun
from refit_operator.api.uris import parse_pointer
from refit_operator.kubernetes_api.errors import NotServed
from refit_operator.monitor.rules.decide import only_guards_are_left
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.history import breach_begins
from refit_operator.monitor.rules.limits import counts_for_mass_breach
from refit_operator.monitor.rules.measure import readings_needed
from refit_operator.monitor.rules.serving import rollback_was_blocked
from refit_operator.ports import Ports
from refit_operator.prometheus.reader import Subject
from refit_operator.prometheus.rules.counting import selector_objection
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, Value
from refit_operator.target.read import list_pods_of, read_target, with_answers
from refit_operator.target.rules.in_place import InPlaceTarget
from refit_operator.target.rules.room import lack_of_room
from refit_operator.target.rules.view import TargetView

_RATIO = "metric.ratio"


async def observe(monitor: ModelMonitor, runs: tuple[RetrainRun, ...], ports: Ports, now: datetime) -> Observed:
    """Return what is known of a monitor."""
    spec = monitor.spec
    namespace = monitor.metadata.namespace
    target, not_served = await _read_target(spec, namespace, ports)
    observed = Observed(
        monitor=monitor,
        target=target,
        not_served=not_served,
        runs=runs,
        now=now,
        claimed_by=older_claim(monitor, await ports.cluster.list_monitors_of(monitor)),
        taken_pointer=monitor.metadata.annotations.get(TAKE_POINTER_ANNOTATION),
    )
    observed = with_mass_breach(await _with_readings(observed, ports), ports)
    observed = await _with_guards(await with_room(await with_pods(observed, ports), ports), ports)
    return await with_drift(observed, ports)


async def _read_target(spec: ModelMonitorSpec, namespace: str, ports: Ports) -> tuple[TargetView | None, str]:
    """Return the target, and why there can be none where the API server doesn't know its kind."""
    try:
        return await read_target(ports.cluster, namespace, spec.serving), ""
    except NotServed as error:
        return None, str(error)


async def _with_readings(observed: Observed, ports: Ports) -> Observed:
    spec, now = observed.monitor.spec, observed.now
    namespace = observed.monitor.metadata.namespace
    error = await first_query_error(spec, lambda query: ports.reader.query_error(query, namespace))
    if error:
        return replace(observed, query_error=error)
    grid = ports.reader.grid_of(spec.prometheus, spec.metric)
    count = readings_needed(spec.metric)
    window = await ports.reader.window(subject_of(observed), spec.prometheus, spec.metric, count, now)
    return replace(
        observed,
        window=window,
        query_range=grid.query_range,
        interval=grid.interval,
        next_reading=grid.next_reading(now),
    )


def subject_of(o: Observed) -> Subject:
    """Return what the variables of the monitor's queries stand for."""
    meta = o.monitor.metadata
    pointer = parse_pointer(o.target.pointer) if o.target else None
    target = o.monitor.spec.serving.target_ref.name
    return Subject(meta.namespace, meta.name, target, pointer.digest if pointer else "")


async def first_query_error(spec: ModelMonitorSpec, error_of: Callable[[str], str]) -> str:
    """Return which query of the spec may not be asked, and why; empty where all may."""
    queries = [*_metric_queries(spec.metric), *((f"guard {guard.name}", guard.query) for guard in spec.guards)]
    for field, query in queries:
        error = _selector_error(field, query) or error_of(query)
        if error:
            return f"{field}: {error}"
        await asyncio.sleep(0)  # each may take milliseconds, the first time
    return ""


def _metric_queries(metric: MetricSpec) -> Iterator[tuple[str, str]]:
    if metric.ratio:
        yield f"{_RATIO}.good", metric.ratio.good
        yield f"{_RATIO}.total", metric.ratio.total
    yield _RATIO if metric.ratio else "metric.query", metric.promql
    if metric.samples:
        yield "metric.samples", metric.samples
    if metric.min_samples:
        yield "metric.minSamples.query", metric.min_samples.query


def _selector_error(field: str, text: str) -> str:
    return selector_objection(text) if field.startswith(f"{_RATIO}.") else ""


def with_mass_breach(o: Observed, ports: Ports) -> Observed:
    """Record the monitor's breach, unless its reading is no value, and ask for a mass breach of its server."""
    meta = o.monitor.metadata
    ref = Ref(meta.namespace, meta.name)
    server = ports.reader.servers.address_of(o.monitor.spec.prometheus)
    counts = counts_for_mass_breach(o)
    if isinstance(o.newest, Value) or ref not in ports.mass_breach:
        ports.mass_breach.record(server, ref, o.interval, breach_begins(o), counts)
    else:
        ports.mass_breach.recount(ref, counts)
    return replace(o, mass_breach=ports.mass_breach.of(server, meta.namespace))


async def with_pods(o: Observed, ports: Ports) -> Observed:
    """Ask the pods of a target that is updated in place what they answer with, where something rests on it.

    That is a run that would start now, and a rollback that its pods hadn't followed when its run ended.
    """
    if not isinstance(o.target, InPlaceTarget) or not (only_guards_are_left(o) or rollback_was_blocked(o)):
        return o
    pods = await list_pods_of(ports.cluster, o.target, o.monitor.metadata.namespace)
    return replace(o, target=await with_answers(o.target, pods))


async def with_room(o: Observed, ports: Ports) -> Observed:
    """Read the quotas where nothing else objects, and a rollout starts with one more pod; in place there is none."""
    if o.target is None or not o.target.needs_room or not only_guards_are_left(o):
        return o
    quotas = await ports.cluster.list_quotas(o.monitor.metadata.namespace)
    return replace(o, lack_of_room=lack_of_room(o.target.found.workload, quotas))


async def _with_guards(o: Observed, ports: Ports) -> Observed:
    """Query the guards where nothing else objects: at any other time they cost nothing."""
    spec = o.monitor.spec
    if not spec.guards or not only_guards_are_left(o):
        return o
    subject = subject_of(o)
    asked = (ports.reader.once(subject, spec.prometheus, guard.query, o.now) for guard in spec.guards)
    return replace(o, guards=tuple(await asyncio.gather(*asked)))


async def with_drift(o: Observed, ports: Ports) -> Observed:
    """Read the drift, where it is asked for and the server answered: a decision waits for no second timeout."""
    spec, namespace = o.monitor.spec, o.monitor.metadata.namespace
    if spec.drift is None or o.query_error or isinstance(o.window, QueryFailed):
        return o
    if error := ports.reader.query_error(spec.drift.query, namespace):
        return replace(o, drift=QueryFailed(FailureKind.BadQuery, error, o.now))
    metric = spec.drift.metric
    window = await ports.reader.window(subject_of(o), spec.prometheus, metric, spec.drift.breaches.out_of, o.now)
    return replace(o, drift=window, drift_range=ports.reader.grid_of(spec.prometheus, metric).query_range)


def older_claim(monitor: ModelMonitor, others: tuple[ModelMonitor, ...]) -> str:
    """Return the name of the oldest monitor with the same target where that isn't this one, else the empty string."""

    def age(other: ModelMonitor) -> tuple[datetime, str]:
        return other.metadata.creation_timestamp, other.metadata.uid

    target = monitor.spec.serving.target_ref
    same = [other for other in others if other.spec.serving.target_ref == target]
    oldest = min(same, key=age, default=monitor)
    return "" if oldest.metadata.uid == monitor.metadata.uid else oldest.metadata.name
