"""Each kind of reading from a real Prometheus, and that a window read again is the same."""

import asyncio
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from refit_operator.prometheus.client import PrometheusServer, read_instant, read_window
from refit_operator.prometheus.rules.promql import freshness_query, substitute
from refit_operator.prometheus.rules.reading import (
    Bounds,
    FailureKind,
    MultipleSeries,
    NoData,
    NotANumber,
    OutOfRange,
    QueryFailed,
    Reading,
    Stale,
    Value,
    reason_of,
)
from refit_operator.prometheus.rules.validity import demand_fresh
from refit_operator.prometheus.rules.window import INGESTION_DELAY, grid_times
from tests.support.prometheus.history import ACCURACY, BEGIN, DEATH, NOON

MINUTE = timedelta(minutes=1)
OFFSET = timedelta(seconds=7)


@pytest.fixture
def server(prometheus: str) -> Iterator[PrometheusServer]:
    server = PrometheusServer(prometheus)
    yield server
    server.close()


async def window_of(
    server: PrometheusServer, query: str, times: tuple[datetime, ...], bounds: Bounds = (None, None)
) -> tuple[Reading, ...]:
    readings = await read_window(server, query, times, bounds)
    assert not isinstance(readings, QueryFailed), readings
    return readings


def bits(readings: tuple[Reading, ...]) -> list[tuple[datetime, bytes]]:
    return [(r.time, struct.pack("d", r.value)) for r in readings if isinstance(r, Value)]


async def test_a_window_of_values(server: PrometheusServer) -> None:
    times = grid_times(NOON, 10 * MINUTE, OFFSET, 5)
    readings = await window_of(server, ACCURACY, times, (0, 1))
    assert [reading.time for reading in readings] == list(times)
    assert [reading.value for reading in readings if isinstance(reading, Value)] == pytest.approx([0.85] * 5)


@pytest.mark.parametrize("milliseconds", [0, 250])
async def test_a_point_read_again_is_the_same_bit_for_bit(server: PrometheusServer, milliseconds: int) -> None:
    """However late, in however long a window, and by an instant query too."""
    interval = 10 * MINUTE + timedelta(milliseconds=milliseconds)
    query = "sum(rate(judged_total[10m])) / sum(rate(correct_total[7m]))"
    earlier = await window_of(server, query, grid_times(NOON, interval, OFFSET, 5))
    later = await window_of(server, query, grid_times(NOON + 7 * interval, interval, OFFSET, 12))
    alone = [await read_instant(server, query, reading.time) for reading in earlier]
    assert len(bits(earlier)) == 5
    assert bits(later)[:5] == bits(earlier) == bits(tuple(alone))


async def test_a_window_of_a_living_server_is_the_same_when_it_has_grown(server: PrometheusServer) -> None:
    """Prometheus scrapes itself every second; here it's given one second to store what it scraped."""
    query = "sum(rate(prometheus_http_requests_total[3s])) + sum(process_cpu_seconds_total)"
    assert timedelta(seconds=1) < INGESTION_DELAY
    second = timedelta(seconds=1)
    looks = 600  # half a minute: targets are discovered only after five seconds

    def full() -> tuple[datetime, ...]:
        return grid_times(datetime.now(UTC) - second, second, timedelta(), 3)

    times = full()
    readings = await window_of(server, query, times)
    while len(bits(readings)) < 3:
        looks -= 1
        assert looks, readings
        await asyncio.to_thread(Event().wait, 0.05)
        times = full()
        readings = await window_of(server, query, times)
    while full()[0] <= times[-1]:
        await asyncio.to_thread(Event().wait, 0.05)
    assert await window_of(server, query, times) == readings


async def test_missing_points_are_no_data_and_the_others_stay_in_their_places(server: PrometheusServer) -> None:
    """The gap is from 2:00 to 2:15; Prometheus looks back five minutes."""
    times = grid_times(BEGIN + 140 * MINUTE, 10 * MINUTE, timedelta(), 4)
    assert [reason_of(reading) for reading in await window_of(server, "gap", times)] == [
        "Value",
        "Value",
        "NoData",
        "Value",
    ]


async def test_a_series_that_is_not_there_is_no_data_everywhere(server: PrometheusServer) -> None:
    times = grid_times(NOON, 10 * MINUTE, OFFSET, 3)
    assert await window_of(server, "nothing", times) == tuple(NoData(time) for time in times)
    assert await read_instant(server, "nothing", NOON) == NoData(NOON)


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("broken", NotANumber(NOON)),
        ("0 * sum(big) / 0", NotANumber(NOON)),
        ("big", OutOfRange(1.5, NOON)),
        ("-big", OutOfRange(-1.5, NOON)),
        ("pair", MultipleSeries(2, NOON)),
        ('pair{side="a"}', Value(1.0, NOON)),
        ("scalar(pair{side='a'})", Value(1.0, NOON)),
        ("0.5", Value(0.5, NOON)),
        ("0 / 0", NotANumber(NOON)),
        ("vector(1)", Value(1.0, NOON)),
    ],
)
async def test_each_kind_is_read_alike_in_a_window_and_alone(
    server: PrometheusServer, query: str, want: Reading
) -> None:
    assert await read_instant(server, query, NOON, (0, 1)) == want
    assert (await window_of(server, query, (NOON - MINUTE, NOON), (0, 1)))[-1] == want
    assert await window_of(server, query, (NOON,), (0, 1)) == (want,)


async def test_a_string_is_no_number(server: PrometheusServer) -> None:
    assert await read_instant(server, '"text"', NOON) == NotANumber(NOON)


@pytest.mark.parametrize(
    "query", ["sum(", "pair / on() pair", "pair + on(side) group_left() (pair or vector(1), pair)"]
)
async def test_what_prometheus_refuses_is_the_querys_fault_and_says_why(server: PrometheusServer, query: str) -> None:
    for failed in (await read_window(server, query, (NOON,)), await read_instant(server, query, NOON)):
        assert isinstance(failed, QueryFailed)
        assert failed.kind is FailureKind.BadQuery
        assert failed.message.startswith(f"{server.name}: it answered 4")
        assert "parse error" in failed.message or "matching" in failed.message


@pytest.mark.parametrize("value", ['a"} or vector(1) #', "a\\", "it's", "ä\n`", ".*"])
@pytest.mark.parametrize("template", ['pair{side="$(name)"}', "pair{side='$(name)'}", 'pair{side=~"$(name)"}'])
async def test_a_substituted_value_matches_only_itself(server: PrometheusServer, template: str, value: str) -> None:
    assert await read_instant(server, substitute(template, {"name": value}), NOON) == NoData(NOON)


@pytest.mark.parametrize("query", ["rate(dying_total[10m])", "rate(dying_total[10m]) / rate(judged_total[10m])"])
async def test_a_rate_outlives_its_target_but_isnt_fresh(server: PrometheusServer, query: str) -> None:
    times = tuple(DEATH + minutes * MINUTE for minutes in (0, 2, 4, 6, 8))
    values = await window_of(server, query, times)
    ages = await window_of(server, freshness_query(query), times)
    seconds = [age.value for age in ages if isinstance(age, Value)]
    assert seconds == pytest.approx([15 + 120 * n for n in range(5)], abs=5)
    fresh = demand_fresh(values, ages, 2 * MINUTE)
    assert [reason_of(reading) for reading in values] == ["Value"] * 5
    assert [reason_of(reading) for reading in fresh] == ["Value", "Stale", "Stale", "Stale", "Stale"]


@pytest.mark.parametrize(
    ("name", "query", "want"),
    [
        ("both live", "rate(correct_total[10m]) / rate(judged_total[10m])", True),
        ("one is gone", "rate(dying_total[10m]) / rate(judged_total[10m])", False),
        ("one never was", "rate(nothing[10m]) / rate(judged_total[10m])", False),
        ("one alternative lives", "rate(dying_total[10m]) or rate(judged_total[10m])", True),
        ("no alternative lives", "rate(dying_total[10m]) or rate(nothing[10m])", False),
        ("fresh where it looks", "dying_total offset 1h", True),
        ("a dead baseline, pinned", f"judged_total / dying_total @ {int(NOON.timestamp())}", True),
        ("a subquery that looks back", "max_over_time(dying_total[10m:1m] offset 1h)", True),
        ("a dead subquery", "max_over_time(dying_total[2h:1m])", False),
    ],
)
async def test_whether_what_stands_behind_a_value_is_fresh(
    server: PrometheusServer, name: str, query: str, want: bool
) -> None:
    """Half an hour after the death."""
    time = DEATH + 30 * MINUTE
    ages = (await read_instant(server, freshness_query(query), time),)
    fresh = demand_fresh((Value(1.0, time),), ages, 2 * MINUTE)
    assert fresh == ((Value(1.0, time),) if want else (Stale(None, time),))
