"""What is asked together is read as if asked alone: in kind, in value bit for bit, and in what is said of it."""

import asyncio
import struct
import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from shutil import which

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refit_operator.prometheus.batched import read_ratios, read_values
from refit_operator.prometheus.client import PrometheusServer
from refit_operator.prometheus.guarded import GuardedServer
from refit_operator.prometheus.rules.breaker import Breakers
from refit_operator.prometheus.rules.counting import GOOD, PART, TOTAL, counting_query
from refit_operator.prometheus.rules.reading import MultipleSeries, QueryFailed, Reading, Value, reason_of
from tests.support.prometheus.labels import APPS, BEGIN, DIES_AFTER, END, KINDS, SCRAPE, labels_history, quoted
from tests.support.prometheus.process import Prometheus

NAMES = ("right_total", "judged_total")
WINDOW = timedelta(minutes=5)
TIMES = (BEGIN + 100 * SCRAPE, BEGIN + (DIES_AFTER + 12) * SCRAPE, END - timedelta(seconds=7, milliseconds=250))
"""All is there; what ended is old; all is there, at a time between scrapes; the end."""


class Alone:
    """Readings of single queries, each asked once."""

    def __init__(self, server: GuardedServer) -> None:
        self.server = server
        self.values: dict[tuple[str, datetime], Reading] = {}
        self.ratios: dict[tuple[tuple[str, str], datetime], tuple[Reading, Reading]] = {}

    async def value(self, query: str, time: datetime) -> Reading:
        if (query, time) not in self.values:
            found = await self.server.read_window(query, (time,))
            self.values[query, time] = found if isinstance(found, QueryFailed) else found[0]
        return self.values[query, time]

    async def ratio(self, pair: tuple[str, str], time: datetime) -> tuple[Reading, Reading]:
        if (pair, time) not in self.ratios:
            found = await self.server.read_parts(counting_query(*pair, WINDOW), (time,), PART, (GOOD, TOTAL))
            self.ratios[pair, time] = (found, found) if isinstance(found, QueryFailed) else (found[0][0], found[1][0])
        return self.ratios[pair, time]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    """Give readings of a Prometheus that holds the labels' history."""
    if not which("prometheus") or not which("promtool"):
        pytest.skip("needs the prometheus and promtool binaries")
    root: Path = tmp_path_factory.mktemp("labels")
    (root / "history.txt").write_text(labels_history())
    fill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "history.txt", "data"]
    subprocess.run(fill, cwd=root, check=True, capture_output=True)
    with Prometheus(root) as process:
        server = PrometheusServer(f"http://127.0.0.1:{process.port}")
        yield Alone(GuardedServer(server, ("it", "shop"), Breakers()))
        server.close()


def bits(reading: Reading) -> object:
    """Return the reading, or of a value its bits: -0 is another one than 0."""
    return (struct.pack("d", reading.value), reading.time) if isinstance(reading, Value) else reading


async def check_values(alone: Alone, queries: Sequence[str], time: datetime) -> None:
    together = await read_values(alone.server, queries, time)
    assert [bits(found) for found in together] == [bits(await alone.value(query, time)) for query in queries]


async def check_ratios(alone: Alone, pairs: Sequence[tuple[str, str]], time: datetime) -> None:
    together = await read_ratios(alone.server, pairs, WINDOW, time)
    wanted = [await alone.ratio(pair, time) for pair in pairs]
    assert [[bits(one) for one in found] for found in together] == [[bits(one) for one in pair] for pair in wanted]


values = st.sampled_from(APPS).map(quoted) | st.sampled_from(["'a0'", "`a0`", "`a.`", '"\\x61\\u0030"', '"nobody"'])
matchers = st.one_of(
    values.map("app={}".format),
    values.map("app = {}".format),
    st.sampled_from(KINDS).map('kind="{}"'.format),
    st.sampled_from(["pod", "by"]).flatmap(
        lambda label: st.sampled_from(["p", "q", "xx", ""]).map(f'{label}="{{}}"'.format)
    ),
    st.sampled_from(['app=~"a.|a0"', 'app!="a1"', 'app!~"a.*"', 'kind=~".+"', 'missing=""', 'team="", kind!="x"']),
)
names = st.sampled_from([*NAMES, *NAMES, "nothing"])
selectors = st.builds(lambda name, inside: f"{name}{{{', '.join(inside)}}}", names, st.lists(matchers, max_size=3))
odd_selectors = st.sampled_from(
    [
        '{__name__="right_total",app="a0"}',
        '{__name__=~"right_total|judged_total",app="a0"}',
        'tagged{refit_batch="0"}',
        'tagged{refit_part="good"}',
        "right_total",
        'right_total{app="a0",app="a1"}',
        'right_total{app="a0",app="a0",}',
        'right_total{inf="x"}',
        'right_total{on="x"}',
        'right_total{app="a0"',
        'right_total{app="\\q"}',
        'right_total{app="\ud800"}',
        'right_total{app=~"("}',
        'right_total{app="a0"} offset 5m',
        "sum(right_total)",
    ]
)
pairs = st.tuples(selectors | odd_selectors, selectors | odd_selectors) | st.builds(
    lambda inside: tuple(f"{name}{{{', '.join(inside)}}}" for name in NAMES), st.lists(matchers, min_size=1, max_size=3)
)
times = st.sampled_from(TIMES[:3])

single = selectors | st.sampled_from(
    ["alone", "dying", "nan_now", "infinite", "tagged", '{__name__=~"tagged.*"}', '{__name__=~"alone|dying"}']
)
instants = st.one_of(
    single,
    single.map("{} offset 5m".format),
    single.map(lambda text: f"{text} @ {int(TIMES[0].timestamp())}"),
    single.map("rate({}[5m])".format),
    single.map("max_over_time(({})[10m:1m])".format),
)
wraps = st.sampled_from(
    [
        "sum({})", "sum by (app) ({})", "avg without (pod, kind) ({})", "max({})", "count({}) > 3", "-({})",
        "{} == bool 1", "({}) > 1", "scalar({})", "1 - sum({}) # so", "sum({}) / 0", "0 * max({}) / 0", "absent({})",
        "time() - max({})", "topk(1, {})", 'sum by (refit_batch) ({})', 'count_values("refit_batch", {})',
        "({}) or vector(7)", "sum({}) and on() alone", "({}) * on (kind) ({})", "({}) unless alone", "quantile(2, {})",
        "label_replace({}, 'refit_batch', 'x', '', '')", "stddev by (kind) ({})", "({0}) / ignoring (x) ({0})",
    ]
)  # fmt: skip
plain = st.sampled_from(
    [
        "time()", "1", "-1", "0/0", "1/0", "vector(1)", "pi() + 1", "(scalar(alone))", '"text"', "alone[5m]",
        "rate(alone)", "nonsense(alone)", "sum(", "alone)", "alone) or (alone", "hour()", "1 > bool 2", "alone #", "",
        " ", "NaN", "-Inf", 'alone{x="\ud800"}', "sum by (app (alone)", "minute(vector(60))", 'alone{x=~"("}',
        "alone\n", "0x1F", "1e3",
    ]
)  # fmt: skip
queries = st.one_of(
    instants, st.builds(lambda wrap, query: wrap.replace("{0}", "{}").replace("{}", query), wraps, instants), plain
)


@settings(max_examples=150, deadline=None)
@given(st.lists(queries, max_size=80), times)
def test_queries_asked_together_are_read_as_alone(alone: Alone, asked: list[str], time: datetime) -> None:
    asyncio.run(check_values(alone, asked, time))


@settings(max_examples=150, deadline=None)
@given(st.lists(pairs, max_size=60), times)
def test_ratios_asked_together_are_read_as_alone(alone: Alone, asked: list[tuple[str, str]], time: datetime) -> None:
    asyncio.run(check_ratios(alone, asked, time))


FORMS = (
    "sum(rate({0}[5m])) / sum(rate({1}[5m]))",
    "1 - sum(increase({0}[5m])) / (sum(increase({1}[5m])) + 0)",
    "avg(max_over_time({0}[5m])) - min({1} offset 1m)",
    "-SUM ( {0} ) > 100 # of one",
    "count({0}) + sum(avg_over_time(rate({1}[1m])[5m:30s]))",
    "time() - max(timestamp({0}))",
    "stddev({0}) ^ 2 % 7",
    "sum(sum({0}))",
    "sum({0}) / scalar(sum({1}))",
    "sum({0}) or vector(3)",
    "sum by (app) ({0})",
    "sum(abs(sum({0})))",
    "sum({0} / {1})",
    "avg(topk(1, {0}))",
    "sum({0}) / on() sum({1})",
    "sum(absent({0}))",
    "max(scalar({0}) * {1})",
)
inside = st.builds(lambda app, kind: f"app={app},kind={kind}", values, st.sampled_from(KINDS).map(quoted)) | values.map(
    "app={}".format
)
twice = inside.map(lambda text: (text, text)) | st.tuples(inside, inside)


@settings(max_examples=150)
@given(st.lists(st.sampled_from(FORMS), min_size=1, max_size=3), st.lists(twice, min_size=2, max_size=30), times)
def test_queries_of_one_shape_are_read_as_alone(
    alone: Alone, forms: list[str], asked: list[tuple[str, str]], time: datetime
) -> None:
    selected = [[f"{name}{{{text}}}" for name, text in zip(NAMES, both, strict=True)] for both in asked]
    asyncio.run(check_values(alone, [form.format(*both) for form in forms for both in selected], time))


@pytest.mark.parametrize("time", TIMES[:3])
async def test_every_label_is_itself_and_no_regular_expression(alone: Alone, time: datetime) -> None:
    """In one grouped query: `a.` has its own counters, and none of `ax`."""
    asked = [
        tuple(f"{name}{{app={quoted(app)},kind={quoted(kind)}}}" for name in NAMES)
        for app, kind in product(APPS, KINDS)
    ]
    await check_ratios(alone, [(good, total) for good, total in asked], time)


async def test_names_that_are_labels_values_are_no_labels_of_a_group(alone: Alone) -> None:
    """Functions drop the name: grouped by it, there would be one series for all."""
    both = product(NAMES, NAMES)
    asked = [(f'{{__name__="{good}",app="a0"}}', f'{{__name__="{total}",app="a1"}}') for good, total in both]
    await check_ratios(alone, asked, TIMES[0])


async def test_several_series_are_counted_as_alone(alone: Alone) -> None:
    asked = ['{__name__=~"tagged.*"}', "tagged", 'judged_total{app="a0"}', "time()"]
    found = await read_values(alone.server, asked, TIMES[0])
    assert [reason_of(reading) for reading in found] == ["MultipleSeries"] * 3 + ["Value"]
    assert [reading.count for reading in found if isinstance(reading, MultipleSeries)] == [4, 2, 6]
