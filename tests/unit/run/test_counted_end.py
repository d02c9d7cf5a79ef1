"""A run that ends is counted once, by its outcome, and so is the time of its stages."""

from datetime import timedelta

from prometheus_client import REGISTRY

from refit_operator.run.reconcile import count_end
from refit_operator.run.rules.decision import Decision
from tests.support.samples import NOW, make_run

RUN = make_run(1, status={"startTime": (NOW - timedelta(minutes=9)).isoformat()}, created=NOW - timedelta(minutes=10))
ENDED = RUN.model_copy(
    update={"status": make_run(1, status={"outcome": "Failed", "completionTime": NOW.isoformat()}).status}
)


def counted() -> tuple[float, float]:
    """Return how many runs failed, and the seconds in the queue."""
    failed = REGISTRY.get_sample_value("refit_runs_finished_total", {"outcome": "Failed"}) or 0.0
    queued = REGISTRY.get_sample_value("refit_run_stage_duration_seconds_sum", {"stage": "Queued"}) or 0.0
    return failed, queued


def test_the_write_that_ends_it_counts_it() -> None:
    failed, queued = counted()
    count_end(RUN, Decision(ENDED.status))
    assert counted() == (failed + 1, queued + 600)


def test_another_write_before_or_after_counts_nothing() -> None:
    before = counted()
    count_end(RUN, Decision(RUN.status))
    count_end(ENDED, Decision(ENDED.status))
    assert counted() == before
