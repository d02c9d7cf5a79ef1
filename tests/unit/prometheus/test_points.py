"""The loop for large answers takes and refuses what the models of `responses` do."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refit_operator.prometheus.rules.points import read_points, reading_of
from refit_operator.prometheus.rules.reading import MultipleSeries, NoData, NotANumber, Reading, Value
from refit_operator.prometheus.rules.responses import MOST_SERIES, OffGrid, read_matrix_parts

NOW = datetime(2026, 1, 5, tzinfo=UTC)
STAMP = NOW.timestamp()
PARTS = ("0/0", "0/1")


def answer(*found: tuple[dict[str, str], str]) -> list[dict[str, object]]:
    return [{"metric": metric, "values": [[STAMP, value]]} for metric, value in found]


junk: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, 1.5, "", "1", [], {}, [STAMP], [[STAMP, "1"]], [STAMP, "1", "2"], "ab", 10**400]
)
stamps = st.sampled_from([STAMP, int(STAMP), STAMP, STAMP + 1, STAMP + 0.0004, str(STAMP), True, None, 1e999, 10**400])
numbers = st.sampled_from(["1", "-0", "1e3", "NaN", "+Inf", "-Inf", ".5", "1_0", " 1", "nan", "inf", "", "0x1", "1\n"])
points = st.tuples(stamps, numbers | junk).map(list) | junk
good = st.tuples(st.just(STAMP), numbers).map(list)
labels = st.fixed_dictionaries({}, optional={"tag": st.sampled_from([*PARTS, "other"]) | junk, "a": st.text() | junk})
series = (
    st.fixed_dictionaries(
        {"metric": labels | junk, "values": st.lists(points | good, max_size=2) | junk},
        optional={"histograms": st.lists(points | good, max_size=2) | junk, "more": junk},
    )
    | st.fixed_dictionaries({"metric": labels, "values": st.lists(good, max_size=2)})
    | st.fixed_dictionaries({}, optional={"metric": labels})
    | junk
)
answers = st.lists(series, max_size=3) | junk


def outcome(read: Any) -> list[Reading] | str:
    try:
        return [*read()]
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        return "off grid" if isinstance(error, OffGrid) else "malformed"


def parts_of(result: object) -> list[Reading]:
    return [reading for (reading,) in read_matrix_parts(result, (NOW,), "tag", PARTS)]


def points_of(result: object) -> list[Reading]:
    found = read_points(result, NOW, "tag", dict.fromkeys(PARTS, ()))
    return [reading_of(found, (part,), NOW) for part in PARTS]


@settings(max_examples=1000)
@given(answers)
def test_what_the_models_take_is_read_alike_and_what_they_refuse_is_refused(result: object) -> None:
    """An answer that is wrong in what nobody asked for is refused, too, which they let pass."""
    ours, theirs = outcome(lambda: points_of(result)), outcome(lambda: parts_of(result))
    if isinstance(theirs, str):
        assert isinstance(ours, str)
    else:
        assert ours == theirs or (isinstance(ours, str) and "other" in str(result) + "other")


def test_series_are_told_apart_by_the_labels_of_their_part() -> None:
    result = answer(
        ({"tag": "0/0", "a": "x", "b": "y"}, "1"),
        ({"tag": "0/1", "a": "x", "b": "y"}, "2"),
        ({"tag": "0/1", "a": "x"}, "NaN"),
        ({"tag": "1/0", "a": "x"}, "4"),
        ({"a": "x"}, "5"),
        ({"tag": "0/0", "a": "z", "c": "1"}, "6"),
        ({"tag": "0/0", "a": "z", "c": "2"}, "7"),
    )
    found = read_points(result, NOW, "tag", {"0/0": ("a",), "0/1": ("a", "b")})
    asked = [("0/0", "x"), ("0/1", "x", "y"), ("0/1", "x", ""), ("0/1", "y", "x"), ("0/0", "z"), ("0/0", "")]
    assert [reading_of(found, key, NOW) for key in asked] == [
        Value(1, NOW),
        Value(2, NOW),
        NotANumber(NOW),
        NoData(NOW),
        MultipleSeries(2, NOW),
        NoData(NOW),
    ]


def test_a_histogram_is_no_number() -> None:
    found = read_points([{"metric": {"tag": "0/0"}, "histograms": [[STAMP, {"sum": "1"}]]}], NOW, "tag", {"0/0": ()})
    assert reading_of(found, ("0/0",), NOW) == NotANumber(NOW)


def test_more_series_than_can_be_are_refused() -> None:
    most: list[object] = [{}] * MOST_SERIES
    assert read_points(most, NOW, "tag", {}) == {}
    with pytest.raises(ValueError, match="too many series"):
        read_points([*most, {}], NOW, "tag", {})


@pytest.mark.parametrize("kind", ["values", "histograms"])
def test_another_times_value_is_no_reading(kind: str) -> None:
    with pytest.raises(OffGrid):
        read_points([{"metric": {"tag": "0/0"}, kind: [[STAMP + 1, "1"]]}], NOW, "tag", {"0/0": ()})
