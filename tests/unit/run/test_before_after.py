"""A promotion against what it replaced: which readings are the baseline, when it is certain, and what is said."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from refit_operator.api.baseline import Baseline
from refit_operator.api.conditions import Condition, ConditionType, find
from refit_operator.api.run import Outcome, RetrainRun
from refit_operator.ports import Ports
from refit_operator.prometheus.rules.evidence import WINDOWS
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.prometheus.rules.reading import (
    Counts,
    FailureKind,
    NoData,
    QueryFailed,
    Reading,
    TooFewSamples,
    Value,
)
from refit_operator.run.observe import observe
from refit_operator.run.rules.asked import Asked, asked
from refit_operator.run.rules.baseline import baseline_now
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import Decision, Observed
from tests.support.runs import ACCEPTED, NEW, RECORDED, ROLLED_OUT, TRAINED, seen
from tests.support.samples import NOW, make_monitor, make_run

MINUTE, WINDOW = timedelta(minutes=1), timedelta(minutes=5)
RATIO: dict[str, Any] = {"query": None, "ratio": {"good": "right", "total": "judged"}}
LATE = QueryFailed(FailureKind.Timeout, "prometheus:9090: it didn't answer in time", NOW)
Pair = tuple[int, int] | float | None
APART = {"number": 10000, "mean": 0.9, "square": 1.0}
"""What very many windows show whose outcomes don't come together."""


def at(minutes_ago: float) -> datetime:
    return NOW - minutes_ago * MINUTE


def row(*pairs: Pair) -> tuple[Reading, ...]:
    """Return readings five minutes apart, the last one now: counts, a value without, or no data."""
    return tuple(_reading(pair, NOW - WINDOW * (len(pairs) - 1 - place)) for place, pair in enumerate(pairs))


def _reading(pair: Pair, time: datetime) -> Reading:
    if pair is None:
        return NoData(time)
    if isinstance(pair, float):
        return Value(pair, time)
    good, total = pair
    return Value(good / total, time, Counts(good, total)) if total else TooFewSamples(0, time)


def baseline(good: int, total: int, since: float = 200, until: float = 60, known: Any = None) -> dict[str, Any]:
    times = {"since": at(since).isoformat(), "until": at(until).isoformat()}
    since_trigger = {"goodSinceTrigger": known[0], "totalSinceTrigger": known[1]} if known else {}
    counts = {"value": good / total, "readings": 6, "good": good, "total": total, "differences": APART}
    return {**counts, **times, **since_trigger}


def a_run(status: dict[str, Any], metric: dict[str, Any] = RATIO, **spec: Any) -> RetrainRun:
    return make_run(monitor=make_monitor(metric=metric), status=status, created=at(55), **spec)


def about_to_promote(window: Any, metric: dict[str, Any] = RATIO, **spec: Any) -> Observed:
    observed = seen(ACCEPTED, window=window, query_range=WINDOW)
    return type(observed)(**{**vars(observed), "run": a_run(ACCEPTED, metric, **spec)})


def triggered(minutes_ago: float, before: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {"trigger": {"time": at(minutes_ago).isoformat(), "baseline": before, **more}}


def of_counts(
    good: int, total: int, readings: int, since: float, until: float, known: tuple[int, int] | None = None
) -> Baseline:
    """Return the baseline; known: of how many since the trigger, all by default."""
    known = known or (good, total)
    return Baseline(
        value=good / total,
        readings=readings,
        good=good,
        total=total,
        good_since_trigger=known[0],
        total_since_trigger=known[1],
        since=at(since),
        until=at(until),
    )


LOW = (120, 200)
"""What a window of those that raised the alarm has."""
BASELINES: dict[str, tuple[Observed, Baseline | None]] = {
    "those since the trigger, where they have as many outcomes": (
        about_to_promote(row(LOW, LOW, (160, 200), None, (150, 200)), **triggered(15, baseline(240, 400))),
        of_counts(310, 400, 2, 15, 0),
    ),
    "with those that led to it, where these have more": (
        about_to_promote(row(LOW, LOW, LOW, (0, 0), (150, 200)), **triggered(10, baseline(360, 600, since=25))),
        of_counts(510, 800, 4, 25, 0, known=(150, 200)),
    ),
    "those that led to it alone, where there was no other": (
        about_to_promote(row(None, None), **triggered(5, baseline(360, 600))),
        Baseline.model_validate(baseline(360, 600)),
    ),
    "those that led to it, where Prometheus doesn't answer": (
        about_to_promote(LATE, **triggered(5, baseline(360, 600))),
        Baseline.model_validate(baseline(360, 600)),
    ),
    "those that led to it, where Prometheus forgot them": (
        about_to_promote(row(None, (150, 200)), **triggered(5, baseline(360, 600))),
        Baseline.model_validate(baseline(360, 600, known=(150, 200))),
    ),
    "those since the trigger of a version without baselines": (
        about_to_promote(row(LOW, (160, 200)), **triggered(5, None)),
        of_counts(160, 200, 1, 5, 0),
    ),
    "none at all": (about_to_promote(row(None), **triggered(5, None)), None),
    "the median, where no outcomes are counted": (
        about_to_promote(row(0.5, 0.7, 0.8, 0.9), {}, **triggered(15, None)),
        Baseline(value=0.8, readings=3, since=at(15), until=at(0)),
    ),
}


@pytest.mark.parametrize("name", BASELINES)
def test_the_baseline(name: str) -> None:
    observed, want = BASELINES[name]
    found = baseline_now(observed)
    assert (found and found.model_copy(update={"differences": want and want.differences})) == want


def test_it_is_recorded_with_the_pointer_and_before_anything_is_written() -> None:
    observed = about_to_promote(row(LOW, (160, 200)), **triggered(5, None))
    decision = decide(observed)
    assert decision.actions == ()
    assert decision.status.pointer_change is not None
    assert decision.status.baseline == of_counts(160, 200, 1, 5, 0)


def needed(status: dict[str, Any], metric: dict[str, Any] = RATIO, **spec: Any) -> Asked | None:
    return asked(a_run(status, metric, **spec), NOW, WINDOW, WINDOW)


def out(minutes_ago: float) -> dict[str, Any]:
    return ROLLED_OUT | {"rolledOutTime": at(minutes_ago).isoformat(), "baseline": baseline(4000, 5000)}


MEDIAN = {"value": 0.79, "readings": 7, "since": at(90).isoformat(), "until": at(60).isoformat()}
SINCE = triggered(60, baseline(360, 600, since=95))
ASKED: dict[str, tuple[Asked | None, Asked | None]] = {
    "nothing while it trains": (needed({}, **SINCE), None),
    "nothing before the gate": (needed(TRAINED, **SINCE), None),
    "nothing while approval is awaited": (needed(ACCEPTED, mode="Approve", **SINCE), None),
    "since the evidence began to rise, once approved": (
        needed(ACCEPTED, mode="Approve", approval="Approved", **SINCE),
        Asked(19, NOW),
    ),
    "since the trigger of a version without baselines": (needed(ACCEPTED, **triggered(60, None)), Asked(12, NOW)),
    "the newest, where there are many": (needed(ACCEPTED, **triggered(9000, None)), Asked(WINDOWS, NOW)),
    "nothing of a requested rollback": (needed(ACCEPTED, restorePointer="", **SINCE), None),
    "nothing once it is recorded": (needed(RECORDED, **SINCE), None),
    "all since the rollout": (needed(out(42)), Asked(9, NOW)),
    "at the rollout": (needed(out(0)), Asked(1, NOW)),
    "the first ones since the rollout, of very many": (
        needed(out(9000)),
        Asked(WINDOWS, at(9000) + 2 * WINDOW + WINDOWS * WINDOW),
    ),
    "N of a query": (
        needed(out(42) | {"baseline": MEDIAN}, {}, verification={"breaches": {"outOf": 7}}),
        Asked(7, NOW),
    ),
    "N of a run that was promoted by a version without baselines": (needed(ROLLED_OUT), Asked(5, NOW)),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_for(name: str) -> None:
    found, want = ASKED[name]
    assert found == want


class _NothingThere:
    """Stands in for an API server without a single object."""

    async def read(self, *_: Any) -> None:
        return None

    async def list_objects(self, *_: Any) -> list[Any]:
        return []


class _Listening:
    """Stands in for Prometheus: it remembers how many readings it was asked for, and up to when."""

    interval = query_range = WINDOW

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    def grid_of(self, *_: Any) -> Any:
        return self

    def next_reading(self, now: datetime) -> datetime:
        return now

    async def window(
        self, _subject: Any, _server: Any, _metric: Any, count: int, until: datetime
    ) -> tuple[Reading, ...]:
        self.asked.append(Asked(count, until))
        return ()


@pytest.mark.parametrize("status", [{}, ACCEPTED, RECORDED, out(42), out(9000)])
async def test_prometheus_is_asked_for_that_and_no_more(status: dict[str, Any]) -> None:
    prometheus, run = _Listening(), a_run(status, **SINCE)
    ports = Ports(_NothingThere(), prometheus, MassBreachDetector())  # type: ignore[arg-type]
    await observe(run, make_monitor(), (run,), ports, NOW)
    needed = asked(run, NOW, WINDOW, WINDOW)
    assert prometheus.asked == ([needed] if needed else [])


def verified(
    *pairs: Pair, before: dict[str, Any] | None, over: bool = False, window: Any = None, **spec: Any
) -> Observed:
    """Return a verification of readings wholly after the rollout; over: at its end."""
    since = 61 if over else 5 * len(pairs) + 6
    status = ROLLED_OUT | {"rolledOutTime": at(since).isoformat(), "baseline": before}
    observed = seen(status, live=NEW, window=row(*pairs) if window is None else window, query_range=WINDOW)
    return type(observed)(**{**vars(observed), "run": a_run(status, spec.pop("metric", RATIO), **spec)})


def confirmed(decision: Decision) -> Condition | None:
    return find(decision.status.conditions, ConditionType.CONFIRMED)


BEFORE = baseline(4134, 5300, known=(4134, 5300))
LED = baseline(4134, 5300)
"""Outcomes that led to the run, where none was counted since."""
ERRORS = RATIO | {"direction": "Above", "threshold": 0.1}
SAME = ((156, 200),) * 3
DECIDED: dict[str, tuple[Observed, str, str, str]] = {
    "worse": (
        verified(*((110, 200),) * 2, before=BEFORE),
        "False",
        "Regressed",
        "accuracy 0.55 over 200 outcomes since the rollout; before 0.78 over 5,300; certain (99 %) that it is more "
        "than 0.02 worse (verification.maxDrop)",
    ),
    "worse than what led to the run": (
        verified(*((110, 200),) * 2, before=LED),
        "False",
        "Regressed",
        "accuracy 0.55 over 200 outcomes since the rollout",
    ),
    "better than what led to the run, which confirms nothing": (
        verified(*((190, 200),) * 9, before=LED, over=True),
        "Unknown",
        "TooFewOutcomes",
        "the checkpoint stays, unconfirmed: accuracy 0.95 over 1,800 outcomes",
    ),
    "worse for long, in small windows": (
        verified(*((11, 20),) * 30, before=BEFORE),
        "False",
        "Regressed",
        "accuracy 0.55 over 80 outcomes since the rollout",
    ),
    "not worse": (
        verified((182, 200), (180, 200), before=BEFORE),
        "True",
        "NoRegression",
        "accuracy 0.91 over 200 outcomes since the rollout; before 0.78 over 5,300; certain (99 %) that it isn't more "
        "than 0.02 worse (verification.maxDrop)",
    ),
    "not worse, and still below the threshold": (
        verified(*((166, 200),) * 20, before=BEFORE),
        "True",
        "NoRegression",
        "accuracy 0.83 over",
    ),
    "an error rate that is worse": (
        verified(*((90, 200),) * 2, before=baseline(1166, 5300), metric=ERRORS),
        "False",
        "Regressed",
        "accuracy 0.45 over 200 outcomes since the rollout; before 0.22 over 5,300; certain (99 %) that it is more",
    ),
    "an error rate that isn't": (
        verified(*((18, 200),) * 2, before=baseline(1166, 5300, known=(1166, 5300)), metric=ERRORS),
        "True",
        "NoRegression",
        "accuracy 0.09 over 200 outcomes since the rollout; before 0.22 over 5,300; certain (99 %) that it isn't more",
    ),
    "too few to tell, at the end": (
        verified(*SAME, before=BEFORE, over=True),
        "Unknown",
        "TooFewOutcomes",
        "the checkpoint stays, unconfirmed: accuracy 0.78 over 600 outcomes since the rollout; before 0.78 over 5,300; "
        "too few to be certain (99 %) whether it is more than 0.02 worse (verification.maxDrop)",
    ),
    "none, at the end": (
        verified(None, (0, 0), before=BEFORE, over=True),
        "Unknown",
        "TooFewOutcomes",
        "the checkpoint stays, unconfirmed: accuracy: no outcome was counted since the rollout; before 0.78 over "
        "5,300; instead 1 NoData, 1 TooFewSamples; the last no outcomes",
    ),
    "an outage at the end": (
        verified(before=BEFORE, over=True, window=LATE),
        "Unknown",
        "TooFewReadings",
        "the checkpoint stays, unconfirmed: at the end of the verification the query failed (Timeout)",
    ),
}


@pytest.mark.parametrize("name", DECIDED)
def test_what_is_decided_and_said(name: str) -> None:
    observed, status, reason, words = DECIDED[name]
    decision = decide(observed)
    found = confirmed(decision)
    assert found and (found.status, found.reason) == (status, reason)
    assert found.message.startswith(words)
    assert (decision.status.outcome is Outcome.PROMOTED) is (status != "False")
    change = decision.status.pointer_change
    assert change and (change.rollback_time is not None) is (status == "False")


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        (
            verified(*SAME, before=BEFORE),
            "accuracy 0.78 over 600 outcomes since the rollout; before 0.78 over 5,300; not yet certain (99 %) "
            "whether it is more than 0.02 worse (verification.maxDrop)",
        ),
        (
            verified(before=BEFORE, window=()),
            "accuracy: no outcome was counted since the rollout; before 0.78 over 5,300; not yet certain",
        ),
        (verified(before=BEFORE, window=LATE), ""),
    ],
)
def test_until_then_the_run_says_how_far_it_is(observed: Observed, words: str) -> None:
    decision = decide(observed)
    assert decision.status.outcome is None
    assert (decision.status.message or "").startswith(words)
    assert confirmed(decision) is None


def test_outcomes_of_the_replaced_model_count_on_neither_side() -> None:
    """A window that began before the rollout and verification.settle is of both."""
    status = out(9)
    observed = seen(status, live=NEW, window=row((0, 200), (0, 200), (156, 200)), query_range=WINDOW)
    run = a_run(status)
    decision = decide(type(observed)(**{**vars(observed), "run": run}))
    assert (decision.status.message or "").startswith("accuracy: no outcome was counted since the rollout")


def test_m_bad_readings_of_few_outcomes_roll_nothing_back() -> None:
    """Three of five readings below is what three of five coins do."""
    assert confirmed(decide(verified(*((3, 5),) * 5, before=BEFORE))) is None


def test_a_run_that_a_version_without_baselines_promoted_is_verified_by_m_of_n() -> None:
    found = confirmed(decide(verified(*((150, 200),) * 3, before=None)))
    assert found and found.message == "accuracy worse than 0.78 in 3 of the last 3 readings"
    found = confirmed(decide(verified(*((160, 200),) * 3, before=None, over=True)))
    assert found and found.message == "accuracy 0.8 after the promotion, 0.8 before it"


def test_a_query_is_compared_with_the_median() -> None:
    """Not with the reading that started the run: 0.8, of which 0.765 would be less than 0.02 too few."""
    found = confirmed(decide(verified(0.765, 0.765, 0.765, before=MEDIAN, metric={})))
    assert found and found.message == "accuracy worse than 0.77 in 3 of the last 3 readings"
    assert confirmed(decide(verified(0.775, 0.775, 0.775, before=MEDIAN, metric={}))) is None
    found = confirmed(decide(verified(0.775, 0.775, 0.775, before=MEDIAN, metric={}, over=True)))
    assert found and found.message == "accuracy 0.775 after the promotion, 0.79 before it (median of 7 readings)"
