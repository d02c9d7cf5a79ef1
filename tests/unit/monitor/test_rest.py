"""A monitor at rest: whatever reading a sweep skips, a look after it would have done nothing."""

from dataclasses import replace
from datetime import datetime, timedelta
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
from refit_operator.monitor.rules.measure import readings_needed
from refit_operator.monitor.rules.rest import RECONCILED_EVERY, Rest, next_rest, rest_of
from refit_operator.monitor.rules.status import is_worth_writing, next_status, status_after
from refit_operator.prometheus.rules.evidence import weigh
from refit_operator.prometheus.rules.reading import Counts, NoData, QueryFailed, Reading, TooFewSamples, Value
from tests.support.monitors import BAD, GOOD, MASS, promoted, requested, seen
from tests.support.samples import NOW, make_monitor, make_run

STEP = timedelta(minutes=10)
RATIO: dict[str, Any] = {"query": None, "ratio": {"good": "right", "total": "judged"}, "window": "10m"}
LONG = timedelta(days=3)


def after_look(o: Observed) -> tuple[Observed, ModelMonitorStatus]:
    """Return the monitor with the status that the API server has after the look, and the one the look found."""
    status = next_status(o)
    written = status_after(o.monitor.status, status, o.interval)
    return replace(o, monitor=o.monitor.model_copy(update={"status": written})), status


def at_rest(o: Observed) -> Rest | None:
    status = next_status(o)
    return rest_of(o, status, status_after(o.monitor.status, status, o.interval))


def with_reading(o: Observed, reading: Reading) -> Observed:
    """Return what a look would observe after one more reading."""
    window = () if isinstance(o.window, QueryFailed) else o.window
    needed = readings_needed(o.monitor.spec.metric)
    return replace(o, window=(*window, reading)[-needed:], now=reading.time + timedelta(seconds=15))


def does_nothing(o: Observed) -> bool:
    status = next_status(o)
    return (
        isinstance(decide(o), Hold)
        and not only_guards_are_left(o)
        and not is_worth_writing(o.monitor.status, status, o.interval)
        and new_recovery(o) is None
        and breach_begins(o) is None
    )


def counted(good: int, total: int, time: datetime) -> Reading:
    return Value(good / total, time, Counts(good, total)) if total else TooFewSamples(0, time)


sizes = st.sampled_from([1, 5, 20, 200, 2000])
shares = st.sampled_from([0.9] * 12 + [0.85, 0.855, 0.845, 0.92, 1.0, 0.8, 0.5, 0.0])
outcomes = st.tuples(shares, sizes)


@st.composite
def readings(draw: st.DrawFn, is_counted: bool, count: int) -> tuple[Reading, ...]:
    found = []
    for place in range(count):
        time = NOW - STEP * (count - 1 - place)
        share, size = draw(outcomes)
        if is_counted:
            found.append(counted(round(share * size), size, time))
        else:
            found.append(draw(st.sampled_from([Value(share, time)] * 15 + [NoData(time)])))
    return tuple(found)


def ended(outcome: str, hours_ago: float, recovered: bool) -> Any:
    time = (NOW - timedelta(hours=hours_ago)).isoformat()
    status: dict[str, Any] = {"outcome": outcome, "completionTime": time}
    if outcome == "Promoted":
        change = {"targetUid": "target-uid", "old": "", "new": "file:///models/x", "time": time}
        status |= {"rolledOutTime": time, "pointerChange": change}
    return make_run(1, status=status | ({"recoveredTime": time} if recovered else {}), created=NOW - LONG)


run_lists = st.one_of(
    st.just(()),
    st.just((ended("Promoted", 30.0, True),)),
    st.builds(
        lambda outcome, hours, recovered: (ended(outcome, hours, recovered),),
        st.sampled_from(["Promoted", "Failed", "Rejected", "RolledBack"]),
        st.sampled_from([0.1, 1.0, 5.0, 30.0]),
        st.booleans(),
    ),
)
specs: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "suspend": st.just(True),
        "mode": st.just("Observe"),
        "policy": st.sampled_from([{"cooldown": "2h"}, {"maxRuns": {"count": 1, "per": "24h"}}, {"giveUpAfter": 1}]),
    },
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Observed, tuple[Reading, ...]]:
    """Return a monitor with its readings up to now, and those that come."""
    is_counted = draw(st.booleans())
    before, after = draw(st.integers(1, 30)), draw(st.integers(1, 6))
    row = draw(readings(is_counted, before + after))
    row = tuple(replace(reading, time=reading.time + STEP * after) for reading in row)
    false_runs = draw(st.sampled_from(["720h", "24h", "100h"]))
    metric = RATIO | {"falseRuns": {"atMost": 1, "per": false_runs}} if is_counted else {}
    asked = draw(st.sampled_from([None, NOW + STEP, NOW - STEP]))
    meta = {"annotations": {RETRAIN_ANNOTATION: asked.isoformat()}} if asked else {}
    monitor = make_monitor(metric=metric, metadata=meta, **draw(specs))
    facts: dict[str, Any] = {"query_range": STEP, "interval": STEP, "runs": draw(run_lists), "monitor": monitor}
    return seen(window=row[:before], **facts), row[before:]


@settings(max_examples=300)
@given(histories())
def test_a_look_that_is_skipped_would_have_done_nothing(history: tuple[Observed, tuple[Reading, ...]]) -> None:
    o, later = history
    o, _ = after_look(o)
    o, status = after_look(o)
    rest = rest_of(o, status, o.monitor.status)
    for reading in later:
        rest = rest and next_rest(rest, reading)
        if rest is None:
            return
        o = with_reading(o, reading)
        assert does_nothing(o)


def resting(**more: Any) -> Observed:
    facts: dict[str, Any] = {"window": seen(*[GOOD] * 5).window, "interval": STEP} | more
    o, _ = after_look(seen(**facts))
    return o


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
        ("no value", {"window": seen(GOOD, None).window}),
        ("a run under way", {"runs": (make_run(1, status={"recoveredTime": NOW.isoformat()}),)}),
        ("a run that helped nothing yet", {"runs": (ended("Rejected", 30.0, False),)}),
        ("a run whose effect is unknown", {"runs": (promoted("file:///models/x"),)}),
        ("a request for later", {"monitor": requested(-30)}),
        ("a mass breach", {"mass_breach": MASS}),
        ("a cooldown", {"runs": (ended("Failed", 0.1, True),), "monitor": make_monitor(policy={"cooldown": "24h"})}),
        ("drift is read too", {"monitor": make_monitor(drift={"query": "drift"})}),
        ("samples are counted too", {"monitor": make_monitor(metric={"minSamples": {"query": "n", "count": 5}})}),
        ("freshness is asked for", {"monitor": make_monitor(metric={"maxAge": "5m"})}),
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
