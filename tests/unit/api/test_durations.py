"""GEP-2257: what is written is what is read."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refit_operator.api.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "value"),
    [("10m", timedelta(minutes=10)), ("1h30m", timedelta(minutes=90)), ("500ms", timedelta(milliseconds=500))],
)
def test_parse(text: str, value: timedelta) -> None:
    assert parse_duration(text) == value
    assert format_duration(value) == text


@given(st.integers(min_value=0, max_value=10**9))
def test_round_trip(milliseconds: int) -> None:
    value = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(value)) == value
