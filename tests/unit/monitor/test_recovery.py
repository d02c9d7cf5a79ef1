"""When counted outcomes show that a metric came back, and when their breach began."""

from datetime import timedelta

import pytest

from refit_operator.monitor.rules.history import breach_begins, fruitless_runs, new_recovery
from refit_operator.prometheus.rules.baseline import newest_together
from refit_operator.prometheus.rules.reading import Counts, NoData, Reading, Value
from tests.support.monitors import LONG_AGO, seen
from tests.support.samples import NOW, make_monitor, make_run

WINDOW = timedelta(minutes=10)
Pair = tuple[int, int]
RATIO = {"query": None, "ratio": {"good": "right", "total": "judged"}, "recoverAt": 0.87}


def counted(*pairs: Pair | None) -> tuple[Reading, ...]:
    """Return windows that follow one another, the last one now; None is no data."""
    times = [NOW - WINDOW * back for back in reversed(range(len(pairs)))]
    return tuple(
        Value(pair[0] / pair[1], time, Counts(*pair)) if pair else NoData(time)
        for pair, time in zip(pairs, times, strict=True)
    )


def led_by(total: int | None) -> dict[str, object]:
    """Return a trigger by so many outcomes, none where they weren't counted."""
    baseline = {"value": 0.8, "readings": 5, "since": LONG_AGO, "until": LONG_AGO}
    counts = {"total": total, "good": total * 4 // 5} if total else {}
    return {"reason": "MetricBreached", "baseline": baseline | counts}


def promoted(total: int | None) -> object:
    change = {"targetUid": "t", "new": "file:///models/x", "time": LONG_AGO}
    status = {"outcome": "Promoted", "completionTime": LONG_AGO, "rolledOutTime": LONG_AGO, "pointerChange": change}
    return make_run(1, status=status, trigger=led_by(total))


@pytest.mark.parametrize(
    ("name", "pairs", "total", "minutes_ago"),
    [
        ("one lucky window isn't enough", [(5, 5)], 20, None),
        ("as many as led to the run", [(4, 5), (5, 5), (4, 5), (5, 5)], 20, 0),
        ("at the first window with enough", [(9, 10), (9, 10), (9, 10)], 20, 10),
        ("the first windows may still be of late labels", [(5, 10), (9, 10), (9, 10)], 20, 0),
        ("not together", [(9, 10), (8, 10), (9, 10)], 20, None),
        ("what is between says nothing", [(9, 10), None, (9, 10)], 20, 0),
        ("a run that no counts led to", [(5, 5), (1, 5)], None, 10),
    ],
)
def test_when_outcomes_show_that_a_metric_came_back(
    name: str, pairs: list[Pair | None], total: int | None, minutes_ago: int | None
) -> None:
    monitor = make_monitor(metric=RATIO)
    found = new_recovery(seen(window=counted(*pairs), runs=(promoted(total),), monitor=monitor, query_range=WINDOW))
    want = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    assert (found.status.recovered_time if found else None) == want


def test_a_lucky_window_does_not_excuse_a_run_that_did_not_help() -> None:
    window = counted((5, 5), *((10, 20),) * 10)
    o = seen(window=window, runs=(promoted(100),), monitor=make_monitor(metric=RATIO), query_range=WINDOW)
    assert o.is_breached
    assert fruitless_runs(o) == 1


def test_a_window_without_outcomes_is_no_share() -> None:
    assert list(newest_together((Value(0.0, NOW, Counts(0, 0)),), 0)) == []


def test_what_is_not_counted_is_yielded_as_it_is() -> None:
    assert list(newest_together((Value(0.5, NOW), NoData(NOW), Value(0.7, NOW)), 100)) == [(NOW, 0.5), (NOW, 0.7)]


def test_a_breach_of_evidence_begins_with_its_rise_whatever_the_last_window_says() -> None:
    monitor = make_monitor(metric=RATIO)
    window = counted(*((175, 200),) * 10, *((150, 200),) * 8, (171, 200))
    o = seen(window=window, monitor=monitor, query_range=WINDOW)
    assert o.is_breached
    assert breach_begins(o) == NOW - 8 * WINDOW


def test_one_window_in_breach_begins_it_before_the_evidence_is_enough() -> None:
    monitor = make_monitor(metric=RATIO | {"falseRuns": {"atMost": 1, "per": "3650d"}})
    o = seen(window=counted(*((190, 200),) * 5, (160, 200)), monitor=monitor, query_range=WINDOW)
    assert not o.is_breached
    assert breach_begins(o) == NOW
