"""A skipped run trained nothing: breaker and budget count no such run, and the cooldown holds all the same."""

from datetime import timedelta
from typing import Any

from refit_operator.api.run import RetrainRun
from refit_operator.monitor.rules.history import budget_frees, fruitless_runs
from refit_operator.run.rules.prune import History, runs_to_delete
from tests.support.monitors import seen
from tests.support.samples import NOW, make_run

HOUR = timedelta(hours=1)


def ended(ordinal: int, outcome: str = "Skipped", hours_ago: float = 2) -> RetrainRun:
    time = NOW - hours_ago * HOUR
    status: dict[str, Any] = {"outcome": outcome, "completionTime": time.isoformat()}
    return make_run(ordinal, created=time, status=status)


def test_the_breaker_does_not_count_it() -> None:
    assert fruitless_runs(seen(runs=(ended(1, "Rejected"), ended(2), ended(3)))) == 1


def test_the_budget_does_not_count_it() -> None:
    skipped = tuple(ended(ordinal) for ordinal in range(1, 9))
    assert budget_frees(seen(runs=skipped)) is None
    assert budget_frees(seen(runs=(*skipped, *(ended(n, "Rejected") for n in (9, 10, 11))))) == NOW + 22 * HOUR


def test_the_cooldown_holds() -> None:
    assert seen(runs=(ended(1, hours_ago=0.5),)).cooldown_ends == NOW + 0.5 * HOUR


def test_what_it_was_skipped_by_and_what_the_budget_counts_stay() -> None:
    runs = (ended(1, "Rejected"), ended(2, "Superseded"), *(ended(n) for n in range(3, 12)))
    gone = runs_to_delete(History(runs, (), "", NOW), 3)
    assert [run.spec.ordinal for run in gone] == [3, 4, 5, 6, 7, 8]
