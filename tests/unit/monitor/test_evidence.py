"""A ratio's breach by evidence: what counts, when it begins anew, and how it is reported."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.reasons import Reason
from refit_operator.monitor.rules.decide import breach_message, decide
from refit_operator.monitor.rules.decision import Hold, Observed, StartRun
from refit_operator.monitor.rules.evidence import evidence_message
from refit_operator.monitor.rules.measure import measure_digest, readings_needed
from refit_operator.monitor.rules.status import next_status
from refit_operator.observability.monitors import forget_monitor, show_monitor
from refit_operator.prometheus.rules.evidence import WINDOWS
from refit_operator.prometheus.rules.reading import Counts, NoData, Reading, TooFewSamples, Value
from tests.support.monitors import MASS, failures, finished, requested, seen
from tests.support.samples import NOW, make_monitor, make_run

WINDOW = timedelta(minutes=5)
POINTER = "file:///models/a@sha256:" + "a" * 64
RATIO: dict[str, Any] = {"query": None, "ratio": {"good": "right", "total": "judged"}}
ERRORS = RATIO | {"direction": "Above", "threshold": 0.1}
GROUPED = RATIO | {"ratio": RATIO["ratio"] | {"repeats": 100}}
STRICT = RATIO | {"falseRuns": {"per": "87600h"}}
LENIENT = RATIO | {"falseRuns": {"atMost": 40, "per": "24h"}}
Pair = tuple[int, int] | None
FINE, WORSE, FEW = (180, 200), (140, 200), (3, 5)


def counted(*pairs: Pair) -> tuple[Reading, ...]:
    """Return readings five minutes apart, the last one now; None is no data, and 0 of 0 no outcomes."""
    times = [NOW - WINDOW * back for back in reversed(range(len(pairs)))]
    return tuple(_reading(pair, time) for pair, time in zip(pairs, times, strict=True))


def _reading(pair: Pair, time: datetime) -> Reading:
    if pair is None:
        return NoData(time)
    good, total = pair
    return Value(good / total, time, Counts(good, total)) if total else TooFewSamples(0, time)


def measured(*pairs: Pair, metric: dict[str, Any] = RATIO, **more: Any) -> Observed:
    facts: dict[str, Any] = {
        "monitor": make_monitor(metric=metric),
        "window": counted(*pairs),
        "query_range": WINDOW,
    }
    return seen(**(facts | more))


def at(minutes_ago: float) -> str:
    return (NOW - timedelta(minutes=minutes_ago)).isoformat()


def since(minutes_ago: float, digest: str = "", **metric: Any) -> Any:
    """Return a monitor whose status says since when it is measured as it is now, or by another digest."""
    monitor = make_monitor(metric=RATIO | metric)
    found = digest or measure_digest(monitor.spec.metric, "")
    return make_monitor(metric=RATIO | metric, status={"measure": {"digest": found, "since": at(minutes_ago)}})


def rolled_out(minutes_ago: float) -> Any:
    return make_run(1, status={"outcome": None, "rolledOutTime": at(minutes_ago)})


SEEN = {"observedGeneration": 1}
SIX = (WORSE,) * 6
MONTHLY = ((162, 200), (150, 200), (150, 200), (150, 200))
"""Enough for at most one false run a month, by far, and not for one in ten years."""
SCATTERED = (*((180, 200), (150, 200), (190, 200), (160, 200)) * 30, (140, 200), (165, 200), (140, 200))
"""As outcomes in groups of about ten: three more such readings are no evidence."""
HELD: dict[str, tuple[Observed, Reason]] = {
    "nothing is wrong": (measured(*(FINE,) * 40), Reason.WITHIN),
    "exactly the threshold": (measured(*((170, 200),) * 400), Reason.WITHIN),
    "five bad readings of few outcomes": (measured(*(FEW,) * 5), Reason.WITHIN),
    "one bad reading of few outcomes": (measured((0, 5)), Reason.WITHIN),
    "one bad reading of many outcomes, which may be one burst": (measured((1400, 2000)), Reason.WITHIN),
    "bad readings of outcomes that are known to come by the hundred": (measured(*SIX, metric=GROUPED), Reason.WITHIN),
    "readings that scatter as groups of equal answers do": (measured(*SCATTERED), Reason.WITHIN),
    "evidence enough for once a month, not for once in ten years": (
        measured(*MONTHLY, metric=STRICT),
        Reason.WITHIN,
    ),
    "no data now": (measured(*SIX, None), Reason.METRIC_UNAVAILABLE),
    "no outcomes now": (measured(*SIX, (0, 0)), Reason.METRIC_UNAVAILABLE),
    "a good reading now": (measured(*SIX, FINE), Reason.WITHIN),
    "readings of before the last run's end": (
        measured(*SIX, runs=(finished(1, status={"completionTime": at(1)}),)),
        Reason.WITHIN,
    ),
    "readings of before the monitor": (
        measured(*SIX, monitor=make_monitor(metric=RATIO, metadata={"creationTimestamp": at(1)})),
        Reason.WITHIN,
    ),
    "readings of before the change of metric, threshold or model": (
        measured(*SIX, monitor=since(1)),
        Reason.WITHIN,
    ),
    "the metric, the threshold or the model is another now": (
        measured(*SIX, monitor=since(600, digest="another")),
        Reason.WITHIN,
    ),
    "a query before": (measured(*SIX, monitor=make_monitor(metric=RATIO, status=SEEN)), Reason.WITHIN),
    "a status of the future": (measured(*SIX, monitor=since(-600)), Reason.WITHIN),
    "cooling down": (measured(*SIX, runs=(finished(55),)), Reason.COOLING_DOWN),
    "a mass breach": (measured(*SIX, mass_breach=MASS), Reason.MASS_BREACH),
    "three runs for nothing": (measured(*SIX, runs=failures(3)), Reason.GAVE_UP),
    "false runs so often that next to nothing is enough": (measured(*SIX, metric=LENIENT), Reason.INVALID_SPEC),
}
STARTED: dict[str, Observed] = {
    "a large drop": measured(*SIX),
    "evidence enough for once a month": measured(*MONTHLY),
    "a large drop after good readings": measured(*(FINE,) * 300, *SIX),
    "a small drop for long": measured(*((164, 200),) * 60),
    "a drop seen by few outcomes each": measured(*(FEW,) * 60),
    "two bad readings of many outcomes": measured(*((1400, 2000),) * 2),
    "a gap amid a drop": measured(*SIX[:3], None, (0, 0), None, *SIX[:3]),
    "enough after the last run's end and the cooldown": measured(*SIX * 2, runs=(finished(61),)),
    "enough since the change": measured(*SIX, monitor=since(31)),
    "an error rate above": measured(*((40, 200),) * 6, metric=ERRORS),
    "a request, whatever the outcomes are": measured(FINE, monitor=requested(metric=RATIO)),
}


@pytest.mark.parametrize("name", HELD)
def test_held(name: str) -> None:
    observed, reason = HELD[name]
    decision = decide(observed)
    assert isinstance(decision, Hold)
    assert decision.reason is reason


@pytest.mark.parametrize("name", STARTED)
def test_started(name: str) -> None:
    assert isinstance(decide(STARTED[name]), StartRun)


def test_evidence_of_the_replaced_model_is_none_of_the_new_ones() -> None:
    """During a run nothing is started; what is reported begins at its rollout."""
    before, after = measured(*SIX, FINE, FINE), measured(*SIX, FINE, FINE, runs=(rolled_out(10),))
    assert before.evidence and before.evidence.counts.total > 400
    assert len(after.weighed) == 2
    assert after.evidence and after.evidence.counts.total <= 400
    assert not after.is_breached


def test_no_other_metric_is_judged_by_evidence() -> None:
    observed = seen()
    assert observed.evidence is None
    assert observed.measure is None
    assert evidence_message(observed) == ""


def test_so_many_readings_are_asked_for() -> None:
    assert readings_needed(make_monitor(metric=RATIO).spec.metric) == WINDOWS
    assert readings_needed(make_monitor().spec.metric) == 5


MESSAGES: dict[str, tuple[Observed, str]] = {
    "a breach": (
        measured(*(FINE,) * 100, (162, 200), *((150, 200),) * 3),
        "accuracy 0.765 over 800 outcomes since 11:40 UTC; evidence 770,000 that it is below 0.85 (8,640 needed)",
    ),
    "outcomes in groups": (
        measured(*SCATTERED),
        "accuracy 0.756 over 800 outcomes, worth 33 independent ones, since 11:40 UTC; evidence 31 that it is below",
    ),
    "no evidence": (
        measured(*(FINE,) * 10),
        "accuracy 0.9 over 200 outcomes since 11:55 UTC; evidence less than 1 that it is below 0.85 (8,640 needed)",
    ),
    "since yesterday": (
        measured(*((169, 200),) * 200, monitor=make_monitor(metric=RATIO, metadata={"creationTimestamp": at(6000)})),
        "accuracy 0.845 over 40,000 outcomes since 2026-11-23 19:20 UTC; evidence",
    ),
    "an error rate": (
        measured(*((30, 200),) * 2, metric=ERRORS | {"falseRuns": {"atMost": 2}}),
        "accuracy 0.15 over 400 outcomes since 11:50 UTC; evidence 31 that it is above 0.1 (4,320 needed)",
    ),
    "beyond all numbers": (
        measured(*((0, 10**6),) * 5),
        "accuracy 0 over 5,000,000 outcomes since 11:35 UTC; evidence more than 1,000,000,000 that it is below 0.85",
    ),
    "no reading that counts yet": (
        measured(*SIX, monitor=since(1)),
        "accuracy 0.7 < 0.85; it doesn't count towards a breach: its window began before the metric, its threshold or",
    ),
    "none after a run": (
        measured(*SIX, runs=(finished(1),)),
        "accuracy 0.7 < 0.85; it doesn't count towards a breach: its window began before the last run's end",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_said_of_it(name: str) -> None:
    observed, want = MESSAGES[name]
    assert breach_message(observed).startswith(want)


def test_the_status() -> None:
    status = next_status(measured(*(FINE,) * 100, *SIX[:4]))
    assert status.metric and status.metric.evidence
    evidence = status.metric.evidence
    assert (evidence.value, evidence.outcomes, evidence.since) == ("0.7000", 800, NOW - 4 * WINDOW)
    assert evidence.repeats == "2.33"
    assert float(evidence.statistic) > float(evidence.needed) == 8640
    within = find(status.conditions, ConditionType.WITHIN_THRESHOLD)
    assert within and (within.status, within.reason) == ("False", "BelowThreshold")


def test_what_it_is_measured_by_is_remembered_from_the_creation_on() -> None:
    fresh = next_status(measured(FINE)).measure
    assert fresh and fresh.since == make_monitor().metadata.creation_timestamp
    kept = next_status(measured(FINE, monitor=since(60))).measure
    assert kept and kept.since == NOW - timedelta(minutes=60)
    ahead = next_status(measured(FINE, monitor=since(-600))).measure
    assert ahead and ahead.since == NOW
    for change in ({"threshold": 0.9}, {"window": "10m"}, {"ratio": {"good": "ok", "total": "judged"}}):
        digest = measure_digest(make_monitor(metric=RATIO).spec.metric, "")
        changed = next_status(measured(FINE, monitor=since(60, digest=digest, **change))).measure
        assert changed and (changed.since, changed.digest != digest) == (NOW, True)


def test_another_model_begins_anew_whoever_promoted_it() -> None:
    old = measured(*SIX, monitor=since(60)).measure
    observed = measured(*SIX, monitor=since(60), target=seen(pointer=POINTER).target)
    assert observed.measure and old
    assert (observed.measure.since, observed.measure.digest == old.digest) == (NOW, False)


@pytest.mark.parametrize("minutes_ago", [600, 31, -600])
def test_a_forged_status_starts_nothing_sooner(minutes_ago: float) -> None:
    """It may hold a run; that the outcomes are of one run's model its record says, whatever the status claims."""
    told = measured(*SIX, monitor=since(minutes_ago), runs=(finished(1),))
    assert told.weighed == ()


def exported(name: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"namespace": "shop", "monitor": "reviews"})


def test_it_is_a_metric_while_outcomes_count() -> None:
    show_monitor("shop", "reviews", next_status(measured(*SIX)))
    assert (exported("refit_monitor_evidence") or 0) > 8640
    assert exported("refit_monitor_evidence_needed") == 8640
    show_monitor("shop", "reviews", next_status(measured(*SIX, None)))
    assert exported("refit_monitor_evidence") is not None
    show_monitor("shop", "reviews", next_status(measured(None)))
    assert exported("refit_monitor_evidence") is None
    show_monitor("shop", "reviews", next_status(measured(*SIX)))
    forget_monitor("shop", "reviews")
    assert exported("refit_monitor_evidence") is None
    assert exported("refit_monitor_evidence_needed") is None
