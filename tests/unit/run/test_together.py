"""A promotion whose outcomes come together: what the run is given and records of it, and what is said."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.baseline import Baseline, Differences
from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.run import Outcome
from refit_operator.monitor.rules.decide import decide as decide_monitor
from refit_operator.monitor.rules.decision import StartRun
from refit_operator.prometheus.rules.reading import Counts, Reading, Value
from refit_operator.run.rules.baseline import baseline_now
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import Observed
from tests.support.monitors import requested
from tests.support.monitors import seen as seen_by_monitor
from tests.support.runs import ACCEPTED, NEW, ROLLED_OUT, seen
from tests.support.samples import NOW, make_monitor, make_run

WINDOW = timedelta(minutes=5)
RATIO: dict[str, Any] = {"query": None, "ratio": {"good": "right", "total": "judged"}}
BY_SAMPLES: dict[str, Any] = {
    "query": "sum(rate(right[5m])) / sum(rate(judged[5m]))",
    "samples": "sum(increase(judged[5m]))",
}
Pair = tuple[int, int]
APART = {"number": 10000, "mean": 0.9, "square": 1.0}


def row(*pairs: Pair) -> tuple[Reading, ...]:
    """Return readings five minutes apart, the last one now."""
    times = [NOW - WINDOW * back for back in reversed(range(len(pairs)))]
    return tuple(Value(k / n, time, Counts(k, n)) for (k, n), time in zip(pairs, times, strict=True))


def given(*pairs: Pair, metric: dict[str, Any] = RATIO, **more: Any) -> Baseline:
    """Return what a run is given by the monitor that starts it."""
    monitor = requested(metric=metric) if more else make_monitor(metric=metric)
    decision = decide_monitor(seen_by_monitor(monitor=monitor, window=row(*pairs), query_range=WINDOW))
    assert isinstance(decision, StartRun)
    return Baseline.model_validate(decision.body["spec"]["trigger"]["baseline"])


def uneven(share: int, number: int) -> list[Pair]:
    """Return windows whose neighbours differ by twenty points."""
    return [(2 * share + (20 if place % 2 else -20), 200) for place in range(number)]


def scatter(share: float) -> float:
    """Return the squared difference of these as a multiple of that of independent outcomes."""
    return 0.2**2 / (share * (1 - share) * 2 / 200)


@pytest.mark.parametrize("metric", [RATIO, BY_SAMPLES])
def test_a_run_is_given_the_differences_of_before_the_drop_too(metric: dict[str, Any]) -> None:
    found = given(*uneven(90, 20), *uneven(50, 20), metric=metric).differences
    assert found and found.number == 19 + 19
    assert found.mean == pytest.approx((scatter(0.9) + scatter(0.5)) / 2, rel=0.02)
    assert found.square == pytest.approx((scatter(0.9) ** 2 + scatter(0.5) ** 2) / 2, rel=0.03)


def test_a_requested_run_is_given_all_of_them_as_well() -> None:
    found = given(*uneven(90, 40), request=True).differences
    assert found and found.number >= 38
    assert found.mean == pytest.approx(scatter(0.9), rel=0.02)


def test_what_spans_windows_is_given_too() -> None:
    spans = [(190 if place // 4 % 2 else 170, 200) for place in range(60)]
    found = given(*spans, request=True)
    assert found.repeats and found.repeats > 5
    assert given(*[(180, 200)] * 60, request=True).repeats is None


def about_to_promote(window: Any, led: dict[str, Any] | None, minutes_ago: float) -> Observed:
    time = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    run = make_run(
        monitor=make_monitor(metric=RATIO), status=ACCEPTED, created=NOW, trigger={"time": time, "baseline": led}
    )
    return replace(seen(ACCEPTED, window=window, query_range=WINDOW), run=run)


def baseline(**more: Any) -> dict[str, Any]:
    since, until = (NOW - timedelta(minutes=minutes) for minutes in (200, 60))
    counts = {"value": 0.78, "readings": 6, "good": 4134, "total": 5300}
    known = {"goodSinceTrigger": 4134, "totalSinceTrigger": 5300}
    return {**counts, **known, "since": since.isoformat(), "until": until.isoformat(), **more}


def test_the_replaced_models_windows_since_the_trigger_are_added() -> None:
    led = baseline(differences={"number": 10, "mean": 4.0, "square": 20.0}, repeats=7.0)
    found = baseline_now(about_to_promote(row((0, 200), *uneven(78, 6)), led, 30))
    differ = scatter(0.78)
    assert found and found.differences and found.repeats == 7
    assert found.differences.number == 15
    assert found.differences.mean == pytest.approx((10 * 4 + 5 * differ) / 15)
    assert found.differences.square == pytest.approx((10 * 20 + 5 * differ**2) / 15)


def test_of_one_window_there_is_none() -> None:
    found = baseline_now(about_to_promote(row((150, 200)), None, 5))
    assert found and (found.differences, found.repeats) == (None, None)


def verified(*pairs: Pair, known: int = 1, before: dict[str, Any]) -> Observed:
    """Return a verification of readings wholly after the rollout."""
    status = ROLLED_OUT | {"rolledOutTime": (NOW - WINDOW * (len(pairs) + 2)).isoformat(), "baseline": before}
    metric = RATIO | {"ratio": RATIO["ratio"] | {"repeats": known}}
    run = make_run(monitor=make_monitor(metric=metric), status=status, created=NOW - timedelta(minutes=55))
    return replace(seen(status, live=NEW, window=row(*pairs), query_range=WINDOW), run=run)


GROUPED = baseline(differences={"number": 10000, "mean": 10.0, "square": 300.0})
BAD: tuple[Pair, ...] = ((130, 200),) * 2


def test_what_came_together_before_counts_as_one_after() -> None:
    assert decide(verified(*BAD, before=baseline(differences=APART))).status.pointer_change.rollback_time  # type: ignore[union-attr]
    decision = decide(verified(*BAD, before=GROUPED))
    assert decision.status.pointer_change and decision.status.pointer_change.rollback_time is None
    assert (decision.status.message or "").startswith(
        "accuracy 0.65 over 400 outcomes, worth 36 independent ones, since the rollout; before 0.78 over 5,300"
    )


@pytest.mark.parametrize("more", [{"known": 10}, {"repeats": 10.0}])
def test_what_is_known_or_spans_windows_counts_as_one_too(more: dict[str, Any]) -> None:
    known = more.pop("known", 1)
    decision = decide(verified(*BAD, known=known, before=baseline(differences=APART, **more)))
    assert "400 outcomes, worth 40 independent ones," in (decision.status.message or "")


def test_a_run_without_such_numbers_waits_for_windows_that_tell() -> None:
    """As one that an earlier version promoted."""
    few = decide(verified((62, 200), (58, 200), before=baseline()))
    assert few.status.outcome is None
    words = "over 400 outcomes, in too few windows to tell how many come together, since the rollout"
    assert words in (few.status.message or "")
    many = decide(verified(*((62, 200), (58, 200)) * 4, before=baseline()))
    found = find(many.status.conditions, ConditionType.CONFIRMED)
    assert found and found.reason == "Regressed"
    assert many.status.outcome is not Outcome.PROMOTED


def test_the_numbers_are_read_back_as_they_are_written() -> None:
    found = Baseline.model_validate(GROUPED)
    assert found.differences == Differences(number=10000, mean=10, square=300)
    assert Baseline.model_validate(found.to_json()) == found
