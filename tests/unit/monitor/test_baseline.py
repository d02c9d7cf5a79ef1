"""What a run is given of the readings that led to it."""

from datetime import timedelta
from typing import Any

from refit_operator.api.baseline import Baseline
from refit_operator.api.run import RetrainRun
from refit_operator.monitor.rules.decide import decide
from refit_operator.monitor.rules.decision import Observed, StartRun
from refit_operator.prometheus.rules.reading import Counts, Value
from tests.support.monitors import requested, seen
from tests.support.samples import NOW, make_monitor

WINDOW = timedelta(minutes=5)
RATIO: dict[str, Any] = {"query": None, "ratio": {"good": "right", "total": "judged"}}
FINE, WORSE = (180, 200), (140, 200)


def counted(*pairs: tuple[int, int], monitor: Any = None) -> Observed:
    times = [NOW - WINDOW * back for back in reversed(range(len(pairs)))]
    window = tuple(Value(k / n, time, Counts(k, n)) for (k, n), time in zip(pairs, times, strict=True))
    return seen(monitor=monitor or make_monitor(metric=RATIO), window=window, query_range=WINDOW)


def given(observed: Observed) -> Baseline | None:
    """Return the baseline of the run that is started, as the API server has it."""
    decision = decide(observed)
    assert isinstance(decision, StartRun)
    identity = {"uid": "u", "resourceVersion": "1", "creationTimestamp": NOW.isoformat()}
    document = decision.body | {"metadata": decision.body["metadata"] | identity}
    return RetrainRun.model_validate(document).spec.trigger.baseline


def shown(baseline: Baseline | None) -> Baseline | None:
    """Return it without what tests of its own are of."""
    return baseline and baseline.model_copy(update={"differences": None, "repeats": None})


def test_of_a_ratio_in_breach_the_outcomes_since_its_evidence_began_to_rise() -> None:
    found = given(counted(*(FINE,) * 40, *(WORSE,) * 6))
    assert shown(found) == Baseline(value=0.7, readings=6, good=840, total=1200, since=NOW - 6 * WINDOW, until=NOW)


def test_of_a_request_the_newest_ones() -> None:
    found = given(counted(*((174, 200),) * 9, *(FINE,) * 5, monitor=requested(metric=RATIO)))
    assert shown(found) == Baseline(value=0.9, readings=5, good=900, total=1000, since=NOW - 5 * WINDOW, until=NOW)


def test_of_a_request_during_a_breach_those_since_it_began() -> None:
    found = given(counted(*(FINE,) * 40, *(WORSE,) * 6, monitor=requested(metric=RATIO)))
    assert found and (found.good, found.total) == (840, 1200)


def test_of_a_query_the_median() -> None:
    found = given(seen(0.9, 0.8, None, 0.7, 0.75))
    assert found and (found.value, found.readings, found.good, found.total) == (0.775, 4, None, None)


def test_without_a_value_nothing() -> None:
    assert given(seen(None, None, monitor=requested())) is None
