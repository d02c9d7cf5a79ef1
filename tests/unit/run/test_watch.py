"""Which readings are the new model's: those whose whole range lies after the rollout and settle."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.run.watch import readings_since
from refit_operator.signal.reading import FailureKind, QueryFailed
from tests.unit.run.test_decide import NEW, ROLLED_OUT, look, readings
from tests.unit.samples import NOW, make_run

MINUTE = timedelta(minutes=1)


def counted(rolled_out: int, query_range: int, settle: str | None = None, query: str = "up") -> int:
    """Return how many of ten readings, a minute apart up to now, count after a rollout so many minutes ago."""
    status: dict[str, Any] = ROLLED_OUT | {"rolledOutTime": (NOW - rolled_out * MINUTE).isoformat()}
    run = make_run(status=status, metric={"query": query}, watch={"settle": settle} if settle else {})
    observed = look(status, live=NEW, window=readings(*[0.9] * 10), query_range=query_range * MINUTE)
    return len(readings_since(type(observed)(**{**vars(observed), "run": run})))


@pytest.mark.parametrize(
    ("minutes", "want"),
    [
        (counted(5, 0), 6),
        (counted(5, 2, settle="0s"), 4),
        (counted(5, 2), 2),
        (counted(5, 2, settle="1m"), 3),
        (counted(5, 2, query="up{digest=~'$(digest)'}"), 4),
        (counted(5, 10), 0),
    ],
)
def test_readings_that_count(minutes: int, want: int) -> None:
    assert minutes == want


def test_a_query_that_failed_counts_as_nothing() -> None:
    observed = look(ROLLED_OUT, live=NEW, window=QueryFailed(FailureKind.Timeout, "late", NOW))
    assert readings_since(observed) == ()
