"""A monitor at rest: whatever reading a sweep skips, a look after it would have done nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from math import exp
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.decisions.recursion import log_statistics
from refit_operator.api.base import RETRAIN_ANNOTATION
from refit_operator.api.monitor import ModelMonitorStatus
from refit_operator.monitor.rules.decide import decide, only_guards_are_left
from refit_operator.monitor.rules.decision import Hold, Observed
from refit_operator.monitor.rules.events import events_on
from refit_operator.monitor.rules.history import breach_begins, new_recovery
from refit_operator.monitor.rules.limits import counts_for_mass_breach
from refit_operator.monitor.rules.measure import readings_needed
from refit_operator.monitor.rules.rest import FAILING_RECONCILED_EVERY, RECONCILED_EVERY, Rest, next_rest, rest_of
from refit_operator.monitor.rules.status import is_worth_writing, next_status, status_after
from refit_operator.prometheus.rules.evidence import weigh
from refit_operator.prometheus.rules.reading import (
    Counts,
    FailureKind,
    MultipleSeries,
    NoData,
    NotANumber,
    OutOfRange,
    QueryFailed,
    Reading,
    Stale,
    TooFewSamples,
    Value,
)
from tests.support.monitors import BAD, GOOD, MASS, promoted, requested, seen
from tests.support.samples import NOW, make_monitor, make_run

STEP, MINUTE = timedelta(minutes=10), timedelta(minutes=1)
RATIO: dict[str, Any] = {"query": None, "ratio": {"good": "right", "total": "judged"}, "window": "10m"}
DRIFT = {"query": "drift"}
LONG = timedelta(days=3)
DOWN = QueryFailed(FailureKind.Refused, "prometheus:9090: no connection, or it broke off", NOW)


def after_look(o: Observed) -> tuple[Observed, ModelMonitorStatus]:
    """Return the monitor and its runs as the API server has them after the look, and the status that the look found."""
    status = next_status(o)
    written = status_after(o.monitor.status, status, o.interval)
    recovered = new_recovery(o)
    runs = (*o.runs[:-1], recovered) if recovered else o.runs
    return replace(o, monitor=o.monitor.model_copy(update={"status": written}), runs=runs), status


def at_rest(o: Observed) -> Rest | None:
    status = next_status(o)
    return rest_of(o, status, status_after(o.monitor.status, status, o.interval))


def with_reading(o: Observed, reading: Reading) -> Observed:
    """Return what a look would observe after one more reading."""
    window = () if isinstance(o.window, QueryFailed) else o.window
    return looked_at(o, (*window, reading), reading)


def looked_at(o: Observed, stored: tuple[Reading, ...], found: Reading) -> Observed:
    """Return what a look would observe: what the server has stored, or how the query for it fails."""
    window = found if isinstance(found, QueryFailed) else stored[-readings_needed(o.monitor.spec.metric) :]
    return replace(o, window=window, now=found.time + timedelta(seconds=15))


def does_nothing(o: Observed) -> bool:
    status = next_status(o)
    return (
        isinstance(decide(o), Hold)
        and not only_guards_are_left(o)
        and not is_worth_writing(o.monitor.status, status, o.interval)
        and new_recovery(o) is None
        and not (isinstance(o.newest, Value) and breach_begins(o))
    )


def counted(good: int, total: int, time: datetime) -> Reading:
    return Value(good / total, time, Counts(good, total)) if total else TooFewSamples(0, time)


sizes = st.sampled_from([1, 5, 20, 200, 2000])
shares = st.sampled_from([0.9] * 12 + [0.85, 0.855, 0.845, 0.92, 1.0, 0.8, 0.5, 0.0])
outcomes = st.tuples(shares, sizes)


NO_VALUES: list[Callable[[datetime], Reading]] = [
    NoData,
    NotANumber,
    lambda time: OutOfRange(2.0, time),
    lambda time: OutOfRange(3.0, time),
    lambda time: MultipleSeries(2, time),
    lambda time: Stale(None, time),
    lambda time: TooFewSamples(3, time),
]
FAILURES: list[Callable[[datetime], Reading]] = [
    partial(QueryFailed, kind, message) for kind in FailureKind for message in ("as ever", "said otherwise")
]
OUTAGES = st.sampled_from([partial(QueryFailed, kind, "down") for kind in FailureKind] + NO_VALUES)


@st.composite
def readings(draw: st.DrawFn, is_counted: bool, count: int, step: timedelta) -> tuple[Reading, ...]:
    found: list[Reading] = []
    for place in range(count):
        time = NOW - step * (count - 1 - place)
        share, size = draw(outcomes)
        if is_counted:
            found.append(counted(round(share * size), size, time))
        else:
            found.append(draw(st.sampled_from([Value(share, time)] * 15 + [make(time) for make in NO_VALUES])))
    return tuple(found)


@st.composite
def troubled(draw: st.DrawFn, stored: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Return what looks find of what the server has: at times nothing, or no answer, and mostly for the same reason."""
    outage, found = draw(st.one_of(st.none(), OUTAGES)), list[Reading]()
    for reading in stored:
        outage = draw(st.sampled_from([outage] * 8 + [None, *FAILURES[:4], draw(st.sampled_from(FAILURES)), NoData]))
        found.append(outage(reading.time) if outage else reading)
    return tuple(found)


def ended(outcome: str, hours_ago: float, recovered: bool, created: timedelta = LONG) -> Any:
    time = (NOW - timedelta(hours=hours_ago)).isoformat()
    status: dict[str, Any] = {"outcome": outcome, "completionTime": time}
    if outcome == "Promoted":
        change = {"targetUid": "target-uid", "old": "", "new": "file:///models/x", "time": time}
        status |= {"rolledOutTime": time, "pointerChange": change}
    return make_run(1, status=status | ({"recoveredTime": time} if recovered else {}), created=NOW - created)


run_lists = st.one_of(
    st.just(()),
    st.just((ended("Promoted", 30.0, True),)),
    st.builds(
        lambda outcome, hours, recovered, created: (ended(outcome, hours, recovered, created),),
        st.sampled_from(["Promoted", "Failed", "Rejected", "RolledBack"]),
        st.sampled_from([0.1, 1.0, 5.0, 30.0]),
        st.booleans(),
        st.sampled_from([LONG, timedelta(hours=23, minutes=55)]),
    ),
)
specs: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "suspend": st.just(True),
        "mode": st.just("Observe"),
        "policy": st.sampled_from([{"cooldown": "2h"}, {"maxRuns": {"count": 1, "per": "24h"}}, {"giveUpAfter": 1}]),
        "drift": st.just(DRIFT),
    },
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Observed, tuple[Reading, ...], tuple[Reading, ...]]:
    """Return a monitor as it is found, all that its server stores, and what the looks to come find."""
    is_counted, step = draw(st.booleans()), draw(st.sampled_from([STEP, MINUTE]))
    before, after = draw(st.integers(1, 30)), draw(st.integers(1, 6))
    row = draw(readings(is_counted, before + after, step))
    row = tuple(replace(reading, time=reading.time + step * after) for reading in row)
    false_runs = draw(st.sampled_from(["720h", "24h", "100h"]))
    metric = RATIO | {"falseRuns": {"atMost": 1, "per": false_runs}} if is_counted else {}
    asked = draw(st.sampled_from([None, None, NOW + STEP, NOW - STEP]))
    meta = {"annotations": {RETRAIN_ANNOTATION: asked.isoformat()}} if asked else {}
    monitor = make_monitor(metric=metric, metadata=meta, **draw(specs))
    facts: dict[str, Any] = {"query_range": step, "interval": step, "runs": draw(run_lists), "monitor": monitor}
    found = draw(troubled(row))
    stored = tuple(was if isinstance(now, QueryFailed) else now for was, now in zip(row, found, strict=True))
    return looked_at(seen(**facts), stored[:before], found[before - 1]), stored, found[before:]


def found_by_itself(o: Observed, reading: Reading, is_slow: bool) -> Reading:
    """Return what a look would find: nothing is asked while the breaker is open, and a timeout keeps it so."""
    before = o.window
    if isinstance(before, QueryFailed) and before.kind is FailureKind.CircuitOpen and is_slow:
        return replace(before, time=reading.time)
    return reading


@settings(max_examples=400)
@given(histories())
def test_a_look_that_is_skipped_would_have_done_nothing(
    history: tuple[Observed, tuple[Reading, ...], tuple[Reading, ...]],
) -> None:
    o, stored, later = history
    o, _ = after_look(o)
    o, status = after_look(o)
    rest, counts = rest_of(o, status, o.monitor.status), counts_for_mass_breach(o)
    for number, reading in enumerate(later, 1 + len(stored) - len(later)):
        is_slow = isinstance(reading, QueryFailed) and reading.kind is FailureKind.Timeout
        rest = rest and next_rest(rest, reading, is_slow)
        if rest is None:
            return
        o = looked_at(o, stored[:number], found_by_itself(o, reading, is_slow))
        assert does_nothing(o)
        assert counts_for_mass_breach(o) == counts


def resting(**more: Any) -> Observed:
    facts: dict[str, Any] = {"window": seen(*[GOOD] * 5).window, "interval": STEP} | more
    o = seen(**facts)
    return replace(after_look(o)[0], runs=o.runs)


@pytest.mark.parametrize("metric", [{"minSamples": {"query": "n", "count": 5}}, {"maxAge": "5m"}])
def test_one_whose_values_are_doubted_is_at_rest(metric: dict[str, Any]) -> None:
    assert at_rest(resting(monitor=make_monitor(metric=metric))) is not None


@pytest.mark.parametrize("is_counted", [False, True])
def test_a_healthy_monitor_is_at_rest(is_counted: bool) -> None:
    window = tuple(Value(0.9, NOW - STEP * back, Counts(180, 200) if is_counted else None) for back in (3, 2, 1, 0))
    o = resting(window=window, monitor=make_monitor(metric=RATIO if is_counted else {}))
    rest = at_rest(o)
    assert rest is not None
    later = next_rest(rest, Value(0.9, NOW + STEP))
    assert later is not None
    assert does_nothing(with_reading(o, Value(0.9, NOW + STEP, Counts(180, 200) if is_counted else None)))
    assert later.ceiling == (rest.ceiling + 1 if is_counted else 0)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("a bad reading", {"window": seen(GOOD, GOOD, BAD).window}),
        ("a query that Prometheus refuses", {"window": QueryFailed(FailureKind.BadQuery, "parse error", NOW)}),
        ("an answer too large", {"window": QueryFailed(FailureKind.TooLarge, "larger than that", NOW)}),
        ("a variable without a value", {"window": QueryFailed(FailureKind.NoValue, "no digest yet", NOW)}),
        ("no value, and a breach that waits", {"window": seen(BAD, BAD, BAD, None).window}),
        ("no value, and drift is read too", {"window": seen(None).window, "monitor": make_monitor(drift=DRIFT)}),
        ("no value, and a request for later", {"window": seen(None).window, "monitor": requested(-30)}),
        ("no value, and no target", {"window": seen(None).window, "target": None}),
        ("a run under way", {"runs": (make_run(1, status={"recoveredTime": NOW.isoformat()}),)}),
        ("a run that helped nothing yet", {"runs": (ended("Rejected", 30.0, False),)}),
        ("a run whose effect is unknown", {"runs": (promoted("file:///models/x"),)}),
        ("a request for later", {"monitor": requested(-30)}),
        ("a mass breach", {"mass_breach": MASS}),
        ("a cooldown", {"runs": (ended("Failed", 0.1, True),), "monitor": make_monitor(policy={"cooldown": "24h"})}),
        ("drift is read too", {"monitor": make_monitor(drift=DRIFT)}),
        ("a breach that waits", {"window": seen(BAD, BAD, BAD, GOOD).window}),
        ("no reading that counts", {"monitor": make_monitor(metadata={"creationTimestamp": NOW.isoformat()})}),
    ],
)
def test_what_is_not_at_rest(name: str, facts: dict[str, Any]) -> None:
    assert at_rest(resting(**facts)) is None


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("bad", Value(0.8499, NOW + STEP)),
        ("none", NoData(NOW + STEP)),
        ("after a gap", Value(0.851, NOW + 2 * STEP)),
        ("when it is looked at all the same", Value(0.851, NOW + RECONCILED_EVERY + STEP)),
    ],
)
def test_what_ends_the_rest(name: str, reading: Reading) -> None:
    rest = at_rest(resting(window=seen(*[0.851] * 5).window))
    assert rest is not None
    if name == "when it is looked at all the same":
        rest = rest._replace(read=reading.time - STEP)
    assert next_rest(rest, reading) is None


BUDGET: dict[str, Any] = {"suspend": True, "policy": {"maxRuns": {"count": 1, "per": "24h"}}}


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("Prometheus is down", {}),
        ("it hangs", {"window": replace(DOWN, kind=FailureKind.CircuitOpen)}),
        ("its Secret is missing", {"window": replace(DOWN, kind=FailureKind.BadSecret)}),
        ("a run that helped nothing yet", {"runs": (ended("Rejected", 30.0, False),)}),
        ("a cooldown", {"runs": (ended("Failed", 0.1, False),), "monitor": make_monitor(policy={"cooldown": "24h"})}),
        ("a mass breach", {"mass_breach": MASS}),
        ("no drift is read", {"monitor": make_monitor(drift=DRIFT)}),
        ("suspended", {"monitor": make_monitor(suspend=True)}),
        ("no data", {"window": seen(GOOD, GOOD, None).window}),
        ("less data than a breach", {"window": seen(GOOD, BAD, BAD, None).window}),
    ],
)
def test_a_monitor_without_a_reading_is_at_rest(name: str, facts: dict[str, Any]) -> None:
    rest = at_rest(resting(**({"window": DOWN} | facts)))
    assert rest is not None and rest.value is None


def test_one_whose_query_fails_is_looked_at_sooner() -> None:
    found = [at_rest(resting(window=window)) for window in (DOWN, seen(None).window)]
    assert [rest and rest.until - NOW for rest in found] == [FAILING_RECONCILED_EVERY, RECONCILED_EVERY]


def test_when_the_budget_frees_its_time_is_taken_back() -> None:
    runs = (ended("Failed", 5.0, True, created=timedelta(hours=23, minutes=55)),)
    rest = at_rest(resting(runs=runs, monitor=make_monitor(**BUDGET)))
    assert rest is not None
    assert rest.until == NOW + timedelta(minutes=5)


LATER = NOW + MINUTE


@pytest.mark.parametrize(
    ("name", "reading", "goes_on"),
    [
        ("the same failure", replace(DOWN, time=LATER), True),
        ("the same after a gap", replace(DOWN, time=LATER + 3 * MINUTE), True),
        ("a good value", Value(GOOD, LATER), False),
        ("a bad value", Value(BAD, LATER), False),
        ("no data", NoData(LATER), False),
        ("another failure", replace(DOWN, kind=FailureKind.ServerError, time=LATER), False),
        ("other words", replace(DOWN, message="no such host", time=LATER), True),
        ("other words by the third reading", replace(DOWN, message="no such host", time=LATER + 2 * MINUTE), False),
        ("when it is looked at all the same", replace(DOWN, time=NOW + FAILING_RECONCILED_EVERY), False),
    ],
)
def test_what_ends_the_rest_of_one_whose_query_fails(name: str, reading: Reading, goes_on: bool) -> None:
    rest = at_rest(resting(window=DOWN, interval=MINUTE))
    assert rest is not None
    assert (next_rest(rest, reading) is not None) is goes_on


@pytest.mark.parametrize(
    ("before", "now", "timed_out", "goes_on"),
    [
        (FailureKind.CircuitOpen, FailureKind.Timeout, True, True),
        (FailureKind.CircuitOpen, FailureKind.ServerError, True, True),
        (FailureKind.CircuitOpen, FailureKind.ServerError, False, False),
        (FailureKind.Timeout, FailureKind.ServerError, True, False),
        (FailureKind.Timeout, FailureKind.CircuitOpen, False, False),
    ],
)
def test_a_timeout_keeps_the_breaker_open(
    before: FailureKind, now: FailureKind, timed_out: bool, goes_on: bool
) -> None:
    rest = at_rest(resting(window=replace(DOWN, kind=before)))
    assert rest is not None
    later = next_rest(rest, replace(DOWN, kind=now, message="late", time=rest.value_due), timed_out)
    assert (later is not None) is goes_on


def test_a_failure_weighs_no_evidence() -> None:
    rest = at_rest(resting(window=DOWN, monitor=make_monitor(metric=RATIO)))
    assert rest is not None
    later = next_rest(rest, replace(DOWN, time=LATER))
    assert later is not None and later.ceiling == 0


def test_a_value_that_moved_is_worth_a_look_once_it_may_be_written() -> None:
    rest = at_rest(resting())
    assert rest is not None
    moved = Value(GOOD + 0.05, rest.value_due)
    assert next_rest(rest._replace(read=moved.time), moved) is None
    early = Value(moved.value, moved.time - timedelta(seconds=1))
    assert next_rest(rest._replace(read=early.time), early) is not None
    same = Value(GOOD + 0.005, rest.value_due)
    assert next_rest(rest._replace(read=same.time), same) is not None


def test_evidence_that_could_be_enough_is_weighed() -> None:
    rest = at_rest(resting())
    assert rest is not None
    near = rest._replace(ceiling=99.0, needed=100.0)
    assert next_rest(near, Value(GOOD, NOW + STEP)) is None


rows = st.lists(outcomes.map(lambda pair: Counts(round(pair[0] * pair[1]), pair[1])), min_size=1, max_size=40)


@given(rows, st.floats(1, 50), st.booleans())
def test_no_statistic_is_above_the_ceiling(windows: list[Counts], repeats: float, below: bool) -> None:
    threshold = 0.85 if below else 0.15
    windows = windows if below else [Counts(each.total - each.good, each.total) for each in windows]
    *_, found = log_statistics(windows, threshold, below, repeats)
    assert exp(min(found, 600)) <= weigh(windows, threshold, below).ceiling * (1 + 1e-9)


@given(rows)
def test_a_good_window_raises_the_ceiling_by_one_at_most(windows: list[Counts]) -> None:
    before = weigh(windows, 0.85, below=True).ceiling
    assert weigh([*windows, Counts(180, 200)], 0.85, below=True).ceiling <= (before + 1) * (1 + 1e-9)


def test_events_are_no_part_of_a_look_that_is_skipped() -> None:
    o = resting()
    o = with_reading(o, Value(GOOD, NOW + STEP))
    assert not list(events_on(o.monitor.status, next_status(o)))


def test_words_that_wait_for_their_turn_are_no_rest() -> None:
    o = resting(window=seen(*[GOOD] * 5).window)
    renamed = replace(o, monitor=o.monitor.model_copy(update={"spec": make_monitor(metric={"name": "f1"}).spec}))
    status = next_status(renamed)
    assert not is_worth_writing(o.monitor.status, status, STEP)
    assert rest_of(renamed, status, o.monitor.status) is None
