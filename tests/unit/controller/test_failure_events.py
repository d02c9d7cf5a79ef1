"""Few events: the third failure in a row, then about one an hour."""

from refit_operator.controller.failure_events import is_due


def test_when_a_failure_is_told() -> None:
    assert [failures for failures in range(1, 200) if is_due(failures)] == [3, 60, 120, 180]
