"""Counts of a ratio from a real Prometheus: none is extrapolated, over restarts and missing scrapes."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from refit_operator.api.metric import MetricSpec
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.kubernetes_api.secrets import SecretProblem
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.reading import QueryFailed, Reading, Value, reason_of
from refit_operator.prometheus.servers import Servers
from tests.support.prometheus.history import DEATH, NOON, SCRAPE, SUBJECT
from tests.support.prometheus.process import Prometheus

BEGIN = datetime(2026, 2, 2, tzinfo=UTC)
SCRAPES = 480
END = BEGIN + SCRAPES * SCRAPE
EVENING = BEGIN + 450 * SCRAPE
FIVE = timedelta(minutes=5)


class NoSecrets:
    """For monitors that need none."""

    async def get_secret_value(self, namespace: str, name: str, key: str) -> str | SecretProblem:
        raise AssertionError("no Secret is named here")


async def window(
    address: str, now: datetime, good: str, total: str, count: int = 20, label: str = "", **metric: Any
) -> tuple[Reading, ...] | QueryFailed:
    spec = MetricSpec.model_validate({"ratio": {"good": good, "total": total}, "threshold": 0.85} | metric)
    reader = Reader(Servers(address, (), NoSecrets()), label)
    return await reader.window(SUBJECT, PrometheusSpec(), spec, count, now)


def counts(found: tuple[Reading, ...] | QueryFailed) -> list[tuple[int, int]]:
    assert not isinstance(found, QueryFailed), found
    return [(r.counts.good, r.counts.total) for r in found if isinstance(r, Value) and r.counts]


def outcomes(scrape: int) -> tuple[int, int]:
    """Return how many were right and judged in all by a scrape: bursts, with nights between them."""
    total = sum((7 * n) % 11 for n in range(scrape) if n % 120 < 90)
    return total - total // 7, total


def restarted(scrape: int, every: int) -> tuple[int, int]:
    """Return the same of a process that begins at zero again after so many scrapes."""
    (good, total), (good_before, total_before) = outcomes(scrape), outcomes(scrape - scrape % every)
    return good - good_before, total - total_before


def history() -> str:
    """Return the counters of a steady server, one that restarts, and one of which every third scrape is missing."""
    lines = []
    for kind, place in (("right", 0), ("judged", 1)):
        for server in ("steady", "restarting", "missed"):
            for scrape in range(SCRAPES):
                if server != "missed" or scrape % 3:
                    value = restarted(scrape, 50)[place] if server == "restarting" else outcomes(scrape)[place]
                    stamp = int((BEGIN + scrape * SCRAPE).timestamp())
                    lines.append(f'{kind}{{server="{server}",namespace="shop"}} {value} {stamp}')
    return "\n".join([*lines, "# EOF\n"])


@pytest.fixture(scope="module")
def counters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a Prometheus with the counters' history."""
    if not which("prometheus") or not which("promtool"):
        pytest.skip("needs the prometheus and promtool binaries")
    root: Path = tmp_path_factory.mktemp("counters")
    (root / "history.txt").write_text(history())
    fill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "history.txt", "data"]
    subprocess.run(fill, cwd=root, check=True, capture_output=True)
    with Prometheus(root) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize("server", ["steady", "restarting", "missed"])
async def test_no_outcome_is_counted_that_wasnt(counters: str, server: str) -> None:
    """Windows together have no more outcomes than there were, nor wrong ones; of a steady server hardly fewer."""
    found = await window(counters, END, f'right{{server="{server}"}}', f'judged{{server="{server}"}}')
    read = counts(found)
    good, total = map(sum, zip(*read, strict=True))
    assert not isinstance(found, QueryFailed)
    began = int((found[0].time - FIVE - BEGIN) / SCRAPE)
    (first_good, first), (last_good, last) = outcomes(began), outcomes(SCRAPES - 1)
    assert total <= last - first
    assert total - good <= (last - first) - (last_good - first_good)
    assert server != "steady" or total >= 0.9 * (last - first)


async def test_steps_of_one_size_are_counted_to_the_last(prometheus: str) -> None:
    """19 steps of 17 right of 20 between the 20 samples of five minutes, where `increase` says 20.

    Some servers count a sample at the window's very beginning, too, where the grid meets it: a twenty-first.
    """
    found = counts(await window(prometheus, NOON, "correct_total", "judged_total", 3))
    assert [total - good for good, total in found] == [3 * 19] * 3
    assert {good for good, _ in found} <= {17 * 19, 17 * 19 + 1}


async def test_servers_are_added_up(counters: str) -> None:
    one = counts(await window(counters, EVENING, 'right{server="steady"}', 'judged{server="steady"}', 3))
    three = counts(await window(counters, EVENING, "right", "judged", 3))
    assert sum(total for _, total in three) > 2 * sum(total for _, total in one) > 0


def names(found: tuple[Reading, ...] | QueryFailed) -> list[str]:
    assert not isinstance(found, QueryFailed), found
    return [reason_of(reading) for reading in found]


async def test_labels_that_stop_are_no_outage_and_an_outage_is_none_that_stop(counters: str, prometheus: str) -> None:
    night = BEGIN + 119 * SCRAPE
    steady = ('right{server="steady"}', 'judged{server="steady"}')
    assert names(await window(counters, night, *steady, 1, window="2m")) == ["TooFewSamples"]
    gone = DEATH + timedelta(minutes=20)
    assert names(await window(prometheus, gone, "dying_total", "dying_total", 1)) == ["NoData"]


async def test_a_counter_that_is_gone_gives_no_value(prometheus: str) -> None:
    """Within the ten minutes after its death is one point: stale, or with no two samples before it any more."""
    now = DEATH + timedelta(minutes=10)
    found = await window(prometheus, now, "dying_total", "dying_total", 1, window="10m", maxAge="10s")
    assert names(found)[0] in ("Stale", "NoData")


async def test_variables_and_the_namespaces_label(counters: str) -> None:
    ours = ('right{namespace="$(namespace)"}', 'judged{namespace="$(namespace)"}')
    assert names(await window(counters, EVENING, *ours, 1, label="namespace")) == ["Value"]
    refused = await window(counters, EVENING, ours[0], "judged", 1, label="namespace")
    assert isinstance(refused, QueryFailed)
    assert "each selector must have" in refused.message


async def test_the_whole_history_is_one_small_answer(counters: str) -> None:
    found = await window(counters, END, "right", "judged", 400)
    assert len(names(found)) == 400
    assert "Value" in names(found)
