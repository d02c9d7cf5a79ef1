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
from benchmarks.scale.history import (
    NEWEST,
    WINDOW,
    Filled,
    prometheus_of,
    queries_of_many_shapes,
    queries_of_ratios,
    ratios,
)
from benchmarks.scale.processes import Meter
from benchmarks.scale.turns import take_turns

ONE_BY_ONE, CONCURRENT = "one by one, prometheus-api-client", f"async, {concurrent_queries.AT_A_TIME} at a time"
Read = Callable[[str], list[Value]]
"""Read all values from the server of that address."""
Sides = Mapping[str, Read]
_ASKED = re.compile(r'^prometheus_http_requests_total\{.*handler="/api/v1/query(?:_range)?".*\} (\S+)$', re.MULTILINE)

SECONDS = Figure("seconds", "seconds")
CPU = Figure("cpu", "seconds of its CPU")
PROMETHEUS = Figure("cpu_prometheus", "seconds of Prometheus' CPU")
QUERIES = Figure("queries", "queries")
FIGURES = (SECONDS, CPU, PROMETHEUS, QUERIES)
SIZES, PLAYED_BY_ALL = (100, 1_000, 10_000, 100_000), 10_000


def asked(address: str) -> int:
    """Return how many queries a Prometheus server has answered."""
    with urllib.request.urlopen(f"{address}/metrics", timeout=30) as reply:
        return sum(int(float(count)) for count in _ASKED.findall(reply.read().decode()))


def differences(found: Sequence[Value], expected: Sequence[Value]) -> list[int]:
    """Return which readings differ: sums are of the same numbers, in any order."""
    pairs = enumerate(zip(found, expected, strict=True))
    return [number for number, (a, b) in pairs if a != b and not (a and b and isclose(a, b, rel_tol=1e-9))]


def sides_for_ratios(models: int) -> Sides:
    """Return how each side reads the ratios of so many models."""
    pairs, queries = ratios(models), queries_of_ratios(models)
    return {
        OURS: lambda address: asyncio.run(ours.read_ratios(address, pairs, WINDOW, NEWEST)),
        CONCURRENT: lambda address: asyncio.run(concurrent_queries.read(address, queries, NEWEST)),
        ONE_BY_ONE: lambda address: one_by_one.read(address, queries, NEWEST),
    }


def sides_for_many_shapes(models: int) -> Sides:
    """Return how each side reads queries of many shapes."""
    queries = queries_of_many_shapes(models)
    return {
        OURS: lambda address: asyncio.run(ours.read_values(address, queries, NEWEST)),
        CONCURRENT: lambda address: asyncio.run(concurrent_queries.read(address, queries, NEWEST)),
    }


def turn(read: Read, server: Filled, expected: list[Value]) -> Record:
    """Read once; the first side's values are what all others must read."""
    before = asked(server.address)
    meter, cpu, began = Meter({"prometheus": server.pid}), time.process_time(), time.monotonic()
    found = read(server.address)
    record = {"seconds": round(time.monotonic() - began, 4), "cpu": round(time.process_time() - cpu, 4), **meter.read()}
    expected[:] = expected or found
    if wrong := differences(found, expected):
        first = wrong[0]
        raise AssertionError(f"{len(wrong)} readings differ, first {found[first]} of {first}, not {expected[first]}")
    values = sum(value is not None for value in found)
    return record | {"queries": asked(server.address) - before, "values": values}


def compare(plan: Plan, sides_for: Callable[[int], Sides]) -> list[Record]:
    """Return what every turn of these sides measured."""
    records: list[Record] = []
    for size in plan.sizes:
        expected: list[Value] = []
        with prometheus_of(size) as server:
            sides = sides_for(size).items()
            turns = {name: _turn(read, server, expected) for name, read in sides if _plays(name, size)}
            records += take_turns(turns, size, plan.rounds)
    return records


def _plays(side: str, size: int) -> bool:
    return side == OURS or size <= PLAYED_BY_ALL


def _turn(read: Read, server: Filled, expected: list[Value]) -> Callable[[], Record]:
    return lambda: turn(read, server, expected)


_SAME = (
    "Every side must read the same values, or the row fails. Above "
    f"{PLAYED_BY_ALL:,} the operator is alone: the others ask as many queries as there are monitors."
)
ROWS = (
    Row(
        name="one-shape",
        number=1,
        title="Read what many monitors are due for, of one shape",
        method="Each monitor has the ratio of two counters of its own model (`metric.ratio`, `window: 5m`), and is "
        "read at one time, from a Prometheus server with ten minutes of these counters on disk; the others ask for "
        f"`sum(increase(correct_total[5m])) / sum(increase(judged_total[5m]))` of each. {_SAME}",
        sides=(OURS, CONCURRENT, ONE_BY_ONE),
        figures=FIGURES,
        measure=lambda plan: compare(plan, sides_for_ratios),
        goals=(Goal(SECONDS, 100, ONE_BY_ONE), Goal(SECONDS, 300, ONE_BY_ONE), Goal(PROMETHEUS, 100, ONE_BY_ONE)),
        sizes=SIZES,
        drawn=(SECONDS, PROMETHEUS),
    ),
    Row(
        name="many-shapes",
        number=2,
        title="The same for queries of twenty shapes, one in twenty broken",
        method="Ratios, averages, quantiles over time, offsets, comparisons, `or vector(0)`; of every twenty queries "
        f"one doesn't parse. {_SAME}",
        sides=(OURS, CONCURRENT),
        figures=FIGURES,
        measure=lambda plan: compare(plan, sides_for_many_shapes),
        goals=(Goal(SECONDS, 20, CONCURRENT), Goal(SECONDS, 30, CONCURRENT)),
        sizes=SIZES,
        drawn=(SECONDS, PROMETHEUS),
    ),
)
