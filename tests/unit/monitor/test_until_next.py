"""When the next reading is due: however long the queries of this one took."""

from datetime import timedelta

import pytest

from refit_operator.monitor.reconcile import until_next
from tests.support.monitors import seen
from tests.support.samples import NOW

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("took", "want"), [(0, 60), (12, 48), (60, 0), (75, 0)])
def test_the_next_reading_is_late_by_nothing_that_this_one_took(took: int, want: int) -> None:
    assert until_next(seen(next_reading=NOW + 60 * SECOND), NOW + took * SECOND) == want * SECOND


def test_without_a_next_reading_it_is_a_minute() -> None:
    assert until_next(seen(next_reading=None), NOW + 12 * SECOND) == 60 * SECOND
