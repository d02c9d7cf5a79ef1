"""Rows 1 and 2: read what many monitors are due for, from a Prometheus server alone."""

import asyncio
import re
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from math import isclose

from benchmarks.baselines import concurrent_queries, one_by_one
from benchmarks.baselines.values import Value
from benchmarks.pages import Record
from benchmarks.scale import OURS, Figure, Goal, Plan, Row, ours
from benchmarks.scale.history import NEWEST, Filled, prometheus_of, queries_of_many_shapes, queries_of_one_shape
from benchmarks.scale.processes import Meter
from benchmarks.scale.turns import take_turns

ONE_BY_ONE, CONCURRENT = "one by one, prometheus-api-client", f"async, {concurrent_queries.AT_A_TIME} at a time"
Read = Callable[[str, Sequence[str]], list[Value]]
SIDES: Mapping[str, Read] = {
    OURS: lambda address, queries: asyncio.run(ours.read(address, queries, NEWEST)),
    CONCURRENT: lambda address, queries: asyncio.run(concurrent_queries.read(address, queries, NEWEST)),
    ONE_BY_ONE: lambda address, queries: one_by_one.read(address, queries, NEWEST),
}
_ASKED = re.compile(r'^prometheus_http_requests_total\{.*handler="/api/v1/query(?:_range)?".*\} (\S+)$', re.MULTILINE)

SECONDS = Figure("seconds", "seconds")
CPU = Figure("cpu", "seconds of its CPU")
PROMETHEUS = Figure("cpu_prometheus", "seconds of Prometheus' CPU")
QUERIES = Figure("queries", "queries")
FIGURES = (SECONDS, CPU, PROMETHEUS, QUERIES)


def asked(address: str) -> int:
    """Return how many queries a Prometheus server has answered."""
    with urllib.request.urlopen(f"{address}/metrics", timeout=30) as reply:
        return sum(int(float(count)) for count in _ASKED.findall(reply.read().decode()))


def differences(found: Sequence[Value], expected: Sequence[Value]) -> list[int]:
    """Return which readings differ: sums are of the same numbers, in any order."""
    pairs = enumerate(zip(found, expected, strict=True))
    return [number for number, (a, b) in pairs if a != b and not (a and b and isclose(a, b, rel_tol=1e-9))]


def turn(read: Read, server: Filled, queries: Sequence[str], expected: list[Value]) -> Record:
    """Read once; the first side's values are what all others must read."""
    meter, before, cpu, began = (
        Meter({"prometheus": server.pid}),
        asked(server.address),
        time.process_time(),
        time.monotonic(),
    )
    found = read(server.address, queries)
    record = {"seconds": round(time.monotonic() - began, 4), "cpu": round(time.process_time() - cpu, 4), **meter.read()}
    expected[:] = expected or found
    if wrong := differences(found, expected):
        first = wrong[0]
        raise AssertionError(f"{len(wrong)} readings differ, first {found[first]} for {queries[first]}")
    values = sum(value is not None for value in found)
    return record | {"queries": asked(server.address) - before, "values": values}


def compare(plan: Plan, queries_of: Callable[[int], list[str]], sides: Sequence[str]) -> list[Record]:
    """Return what every turn of these sides measured."""
    records: list[Record] = []
    for size in plan.sizes:
        queries, expected = queries_of(size), list[Value]()
        with prometheus_of(size) as server:
            turns = {name: _turn(SIDES[name], server, queries, expected) for name in sides}
            records += take_turns(turns, size, plan.rounds)
    return records


def _turn(read: Read, server: Filled, queries: Sequence[str], expected: list[Value]) -> Callable[[], Record]:
    return lambda: turn(read, server, queries, expected)


_ALL, _TWO = (OURS, CONCURRENT, ONE_BY_ONE), (OURS, CONCURRENT)
_SAME = "Every side must read the same values, or the row fails."
ROWS = (
    Row(
        name="one-shape",
        number=1,
        title="Read what many monitors are due for, queries of one shape",
        method="Each monitor asks for `sum(rate(correct_total[5m])) / sum(rate(judged_total[5m]))` of its own model, "
        f"at one time, from a Prometheus server with ten minutes of these counters on disk. {_SAME}",
        sides=_ALL,
        figures=FIGURES,
        measure=lambda plan: compare(plan, queries_of_one_shape, _ALL),
        goals=(Goal(SECONDS, 100, ONE_BY_ONE), Goal(SECONDS, 300, ONE_BY_ONE), Goal(PROMETHEUS, 100, ONE_BY_ONE)),
        drawn=(SECONDS, PROMETHEUS),
    ),
    Row(
        name="many-shapes",
        number=2,
        title="The same for queries of twenty shapes, one in twenty broken",
        method="Ratios, averages, quantiles over time, offsets, comparisons, `or vector(0)`; of every twenty queries "
        f"one doesn't parse. {_SAME}",
        sides=_TWO,
        figures=FIGURES,
        measure=lambda plan: compare(plan, queries_of_many_shapes, _TWO),
        goals=(Goal(SECONDS, 20, CONCURRENT), Goal(SECONDS, 30, CONCURRENT)),
        drawn=(SECONDS, PROMETHEUS),
    ),
)
