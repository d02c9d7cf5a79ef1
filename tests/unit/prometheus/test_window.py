from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refit_operator.api.metric import MetricSpec
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.kubernetes_api.secrets import SecretProblem
from refit_operator.prometheus.reader import Grid, Reader
from refit_operator.prometheus.rules.reading import NoData, NotANumber, OutOfRange, Reading, Stale, TooFewSamples, Value
from refit_operator.prometheus.rules.window import (
    MOST_OFFSETS,
    count_breaches,
    eligible,
    grid_offset,
    grid_times,
    is_breach,
    newest,
    next_grid_time,
)
from refit_operator.prometheus.servers import Servers


class NoSecrets:
    """For monitors that need none."""

    async def get_secret_value(self, namespace: str, name: str, key: str) -> str | SecretProblem:
        raise AssertionError("no Secret is named here")


T = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
intervals = st.timedeltas(timedelta(milliseconds=100), timedelta(days=2))
offsets = st.timedeltas(timedelta(), timedelta(days=2))
counts = st.integers(1, 20)


def value(number: float, minute: int = 0) -> Value:
    return Value(number, T + minute * MINUTE)


@given(moments, intervals, offsets, counts)
def test_the_newest_grid_point_is_last_and_within_one_interval(
    now: datetime, interval: timedelta, offset: timedelta, count: int
) -> None:
    times = grid_times(now, interval, offset, count)
    assert len(times) == count
    assert times[-1] <= now < times[-1] + interval == next_grid_time(now, interval, offset)
    assert all(later - earlier == interval for earlier, later in pairwise(times))


@given(moments, intervals, offsets, counts, st.floats(0, 1))
def test_rebuilt_within_the_interval_the_window_is_the_same(
    now: datetime, interval: timedelta, offset: timedelta, count: int, part: float
) -> None:
    times = grid_times(now, interval, offset, count)
    later = times[-1] + interval * part
    if later < times[-1] + interval:
        assert grid_times(later, interval, offset, count) == times


@given(moments, intervals, offsets, counts, st.integers(0, 30))
def test_rebuilt_at_any_later_time_the_shared_points_are_the_same(
    now: datetime, interval: timedelta, offset: timedelta, count: int, steps: int
) -> None:
    times = grid_times(now, interval, offset, count)
    later = grid_times(now + steps * interval, interval, offset, count + steps)
    assert later[:count] == times


@given(st.text(), st.text(), intervals)
def test_the_offset_lies_within_the_interval(server: str, query: str, interval: timedelta) -> None:
    offset = grid_offset(server, query, interval)
    assert timedelta() <= offset < max(interval, timedelta(seconds=1))
    assert offset % timedelta(seconds=1) == timedelta()


def test_the_offset_is_the_same_in_every_process() -> None:
    assert grid_offset("http://prometheus:9090", "up", 10 * MINUTE) == timedelta(minutes=4)


@pytest.mark.parametrize(("seconds", "apart"), [(0.5, 1), (1, 1), (5, 1), (15, 2), (60, 6), (61, 7), (600, 60)])
def test_shapes_are_spread_over_few_moments(seconds: float, apart: int) -> None:
    """Ten at most, evenly apart: what is due at the same moment is asked for together."""
    interval = timedelta(seconds=seconds)
    spread = {grid_offset("http://prometheus:9090", f"up{n}", interval) for n in range(200)}
    assert spread == {timedelta(seconds=offset) for offset in range(0, max(1, int(seconds)), apart)}
    assert len(spread) <= MOST_OFFSETS


@pytest.mark.parametrize(
    ("number", "below", "want"),
    [(0.84, True, True), (0.85, True, False), (0.86, True, False), (0.86, False, True), (0.85, False, False)],
)
def test_the_threshold_itself_is_good(number: float, below: bool, want: bool) -> None:
    assert is_breach(number, 0.85, below) is want


@given(st.lists(st.integers(0, 1000)), st.integers(0, 1000), st.integers(0, 60))
def test_eligible_readings_saw_nothing_from_before(minutes: list[int], since: int, query_range: int) -> None:
    readings = tuple(value(0.5, minute) for minute in sorted(minutes))
    kept = eligible(readings, T + since * MINUTE, query_range * MINUTE)
    assert [reading.time for reading in kept] == [
        T + minute * MINUTE for minute in sorted(minutes) if minute - query_range >= since
    ]


def test_a_range_that_starts_at_the_very_moment_is_eligible() -> None:
    assert eligible((value(1, 9), value(1, 10)), T, 10 * MINUTE) == (value(1, 10),)


UNHEALTHY: list[Reading] = [NoData(T), NotANumber(T), OutOfRange(0.1, T), Stale(None, T), TooFewSamples(1, T)]


@pytest.mark.parametrize(
    ("name", "readings", "out_of", "want"),
    [
        ("none yet", (), 5, 0),
        ("all", (value(0.1), value(0.2)), 5, 2),
        ("only the last", (value(0.1), value(0.1), value(0.9)), 2, 1),
        ("of none", (value(0.1),), 0, 0),
        ("what is no value can't breach", tuple(UNHEALTHY), 5, 0),
        ("what is no value takes up a place", (value(0.1), *UNHEALTHY), 5, 0),
    ],
)
def test_breaches_are_counted(name: str, readings: tuple[Reading, ...], out_of: int, want: int) -> None:
    assert count_breaches(readings, 0.85, True, out_of) == want


def test_the_newest_is_the_last() -> None:
    assert newest((value(0.1, 1), value(0.2, 2))) == value(0.2, 2)
    assert newest(()) is None


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ('sum(right{app="b"}) / sum(judged{app="c"})', True),
        ('sum(right{app="$(name)"}) / sum(judged{app="$(name)"})', True),
        ('sum(bad{app="a"}) / sum(judged{app="a"})', False),
    ],
)
def test_queries_that_differ_by_values_of_labels_have_one_grid(query: str, same: bool) -> None:
    """Whatever their address: it is the same for both."""
    reader = Reader(Servers("http://prometheus:9090", (), NoSecrets()))

    def grid(query: str) -> Grid:
        metric = MetricSpec.model_validate({"query": query, "threshold": 0.9, "interval": "1h"})
        return reader.grid_of(PrometheusSpec(), metric)

    assert (grid(query) == grid('sum(right{app="a"}) / sum(judged{app="a"})')) is same
