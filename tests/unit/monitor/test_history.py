"""What the runs that exist say: which counted for nothing, when the budget frees, when a metric came back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from refit_operator.api.run import RetrainRun
from refit_operator.monitor.rules.history import (
    breach_begins,
    budget_frees,
    earliest_start,
    fruitless_runs,
    new_recovery,
)
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed
from refit_operator.target.rules.request import open_request, parse_time
from tests.support.monitors import BAD, GOOD, seen
from tests.support.samples import NOW, make_monitor, make_run

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
AT_ELEVEN = (NOW - HOUR).isoformat()


def ended(ordinal: int, outcome: str, days_ago: float = 2, recovered: bool = False, **more: Any) -> RetrainRun:
    time = (NOW - days_ago * DAY).isoformat()
    status = {"outcome": outcome, "completionTime": time}
    if outcome == "Promoted":
        change = {"targetUid": "t", "new": "file:///models/x", "time": time}
        status |= {"rolledOutTime": time, "pointerChange": change}  # type: ignore[dict-item]
    return make_run(ordinal, status=status | ({"recoveredTime": time} if recovered else {}), **more)


MANUAL = {"trigger": {"reason": "Manual"}}
OLD_SPEC = {"monitorRef": {"generation": 0}}
UNKNOWN_SPEC = {"monitorRef": {"generation": None}}

ROWS: dict[str, tuple[tuple[RetrainRun, ...], int]] = {
    "none": ((), 0),
    "each that didn't help": ((ended(1, "Failed"), ended(2, "Rejected"), ended(3, "RolledBack")), 3),
    "promoted, and in breach again": ((ended(1, "Promoted"), ended(2, "Promoted")), 2),
    "promoted, and back": ((ended(1, "Failed"), ended(2, "Promoted", recovered=True)), 0),
    "back, then for nothing": ((ended(1, "Promoted", recovered=True), ended(2, "Failed")), 1),
    "superseded tells nothing": ((ended(1, "Failed"), ended(2, "Superseded"), ended(3, "Failed")), 2),
    "a request begins anew": ((ended(1, "Failed"), ended(2, "Failed", **MANUAL), ended(3, "Failed")), 1),
    "a request alone": ((ended(1, "Failed"), ended(2, "Failed", **MANUAL)), 0),
    "a changed spec begins anew": ((ended(1, "Failed", **OLD_SPEC), ended(2, "Failed")), 1),
    "a spec changed since": ((ended(1, "Failed", **OLD_SPEC), ended(2, "Failed", **OLD_SPEC)), 0),
    "made before generations were recorded": ((ended(1, "Failed", **UNKNOWN_SPEC),), 0),
    "one under way": ((ended(1, "Failed"), make_run(2)), 1),
}


@pytest.mark.parametrize("name", ROWS)
def test_runs_in_a_row_for_nothing(name: str) -> None:
    runs, want = ROWS[name]
    assert fruitless_runs(seen(runs=runs)) == want


def test_a_promotion_counts_only_once_the_metric_is_in_breach_again() -> None:
    runs = (ended(1, "Failed"), ended(2, "Promoted"))
    assert fruitless_runs(seen(0.86, 0.86, runs=runs, monitor=make_monitor(metric={"recoverAt": 0.87}))) == 1
    assert fruitless_runs(seen(runs=runs)) == 2


def test_a_recovery_that_this_look_sees_counts_at_once() -> None:
    assert fruitless_runs(seen(BAD, GOOD, BAD, BAD, BAD, runs=(ended(1, "Promoted"),))) == 0


@pytest.mark.parametrize(
    ("name", "run", "values", "want"),
    [
        ("back after a promotion", ended(1, "Promoted"), (BAD, GOOD, GOOD), NOW - timedelta(minutes=10)),
        ("not quite back", ended(1, "Promoted"), (0.86, 0.869), None),
        ("back by itself after a failure", ended(1, "Failed"), (GOOD,), NOW),
        ("recorded before", ended(1, "Promoted", recovered=True), (GOOD,), None),
        ("good before the run", ended(1, "Promoted", days_ago=0), (GOOD,), None),
        ("while it trains", make_run(1), (GOOD,), None),
        ("while it is verified", make_run(1, status={"rolledOutTime": AT_ELEVEN}), (GOOD,), NOW),
    ],
)
def test_when_the_metric_came_back(
    name: str, run: RetrainRun, values: tuple[float, ...], want: datetime | None
) -> None:
    found = new_recovery(seen(*values, runs=(run,), monitor=make_monitor(metric={"recoverAt": 0.87})))
    assert (found.status.recovered_time if found else None) == want


def test_a_recovery_keeps_the_rest_of_the_status() -> None:
    run = ended(1, "Promoted")
    found = new_recovery(seen(GOOD, runs=(run,)))
    assert found is not None
    assert found.status.model_copy(update={"recovered_time": None}) == run.status


@pytest.mark.parametrize(
    ("hours_ago", "want"),
    [((), None), ((2, 1), None), ((30, 2, 1), None), ((23, 2, 1), 1), ((23, 22, 2, 1), 2), ((24, 2, 1), None)],
)
def test_when_the_budget_frees(hours_ago: tuple[int, ...], want: int | None) -> None:
    runs = tuple(make_run(n, created=NOW - hours * HOUR) for n, hours in enumerate(hours_ago, 1))
    assert budget_frees(seen(runs=runs)) == (NOW + want * HOUR if want else None)


def test_the_next_run_waits_for_cooldown_and_budget() -> None:
    runs = tuple(
        make_run(n, created=NOW - 2 * HOUR, status={"outcome": "Failed", "completionTime": AT_ELEVEN})
        for n in (1, 2, 3)
    )
    assert earliest_start(seen(runs=runs[:2])) == NOW
    assert earliest_start(seen(runs=runs)) == NOW + 22 * HOUR


@pytest.mark.parametrize(
    ("values", "minutes_ago"),
    [((GOOD, BAD, BAD), 10), ((BAD, GOOD), None), ((BAD, None, BAD), 20), ((BAD, BAD, None), 20), ((None,), None)],
)
def test_when_a_breach_began(values: tuple[float | None, ...], minutes_ago: int | None) -> None:
    want = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    assert breach_begins(seen(*values)) == want


def test_no_answer_begins_no_breach() -> None:
    assert breach_begins(seen(window=QueryFailed(FailureKind.Timeout, "late", NOW))) is None


@pytest.mark.parametrize(
    ("text", "is_time"),
    [
        ("2026-11-24T11:00:00Z", True),
        ("2026-11-24T12:00:00+01:00", True),
        ("2026-11-24T11:00:00", False),
        ("now", False),
    ],
)
def test_a_request_is_a_time_with_its_zone(text: str, is_time: bool) -> None:
    assert (parse_time(text) is not None) is is_time


@pytest.mark.parametrize(
    ("asked", "trigger", "is_open"),
    [
        ("2026-11-24T11:00:00Z", None, True),
        ("2026-11-24T12:00:00Z", None, True),
        ("2026-11-24T12:00:01Z", None, False),
        ("2026-11-24T08:00:00Z", None, True),
        ("2026-11-24T07:59:59Z", None, False),
        ("2026-11-24T11:00:00Z", "2026-11-24T10:59:59Z", True),
        ("2026-11-24T11:00:00Z", "2026-11-24T11:00:00Z", False),
        ("", None, False),
    ],
)
def test_which_request_is_open(asked: str, trigger: str | None, is_open: bool) -> None:
    meta = make_monitor(metadata={"annotations": {"refit.dev/retrain-requested-at": asked}}).metadata
    runs = (make_run(1, trigger={"time": trigger}),) if trigger else ()
    assert (open_request(meta, runs, NOW) is not None) is is_open
