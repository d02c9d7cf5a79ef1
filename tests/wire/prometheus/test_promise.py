"""The promise of falseRuns through a real Prometheus: counters at the threshold, restarts and missing scrapes."""

import random
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which
from statistics import fmean, stdev

import pytest

from refit_operator.api.metric import MetricSpec
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.kubernetes_api.secrets import SecretProblem
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.evidence import weigh
from refit_operator.prometheus.rules.reading import Counts, QueryFailed, Value
from refit_operator.prometheus.servers import Servers
from tests.support.prometheus.history import SCRAPE, SUBJECT
from tests.support.prometheus.process import Prometheus

TAU, PROMISED, GROUP = 0.85, 40, 5
SERVERS, WINDOWS = 24, 120
WINDOW = timedelta(minutes=5)
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
SCRAPES = int((WINDOWS + 2) * WINDOW / SCRAPE)
END = BEGIN + SCRAPES * SCRAPE


class NoSecrets:
    """For monitors that need none."""

    async def get_secret_value(self, namespace: str, name: str, key: str) -> str | SecretProblem:
        raise AssertionError("no Secret is named here")


def lines_of(server: int) -> tuple[list[str], list[str], Counts]:
    """Return the samples of a server that judges up to two groups of outcomes a scrape, and what it judged in all.

    It loses its counters once an hour, and each tenth scrape of it fails.
    """
    chance = random.Random(server)
    right, judged = [], []
    good = total = all_good = all_total = 0
    for scrape in range(SCRAPES):
        groups = chance.randrange(3)
        fine = GROUP * sum(chance.random() < TAU for _ in range(groups))
        all_good, all_total = all_good + fine, all_total + GROUP * groups
        good, total = (good + fine, total + GROUP * groups) if chance.random() > 1 / 240 else (0, 0)
        if chance.random() > 0.1:
            stamp = int((BEGIN + scrape * SCRAPE).timestamp())
            right.append(f'kept_right{{server="{server}"}} {good} {stamp}')
            judged.append(f'kept_judged{{server="{server}"}} {total} {stamp}')
    return right, judged, Counts(all_good, all_total)


TRUTH = [lines_of(server) for server in range(SERVERS)]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a Prometheus with the counters' history."""
    if not which("prometheus") or not which("promtool"):
        pytest.skip("needs the prometheus and promtool binaries")
    root: Path = tmp_path_factory.mktemp("promise")
    samples = [line for right, _, _ in TRUTH for line in right] + [line for _, judged, _ in TRUTH for line in judged]
    (root / "history.txt").write_text("\n".join([*samples, "# EOF\n"]))
    fill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "history.txt", "data"]
    subprocess.run(fill, cwd=root, check=True, capture_output=True)
    with Prometheus(root) as server:
        yield f"http://127.0.0.1:{server.port}"


async def windows_of(address: str, server: int) -> list[Counts | None]:
    """Return what the operator reads of a server: all windows, in one range query."""
    ratio = {part: f'kept_{name}{{server="{server}"}}' for part, name in (("good", "right"), ("total", "judged"))}
    spec = MetricSpec.model_validate({"ratio": ratio, "threshold": TAU})
    reader = Reader(Servers(address, (), NoSecrets()), "")
    found = await reader.window(SUBJECT, PrometheusSpec(), spec, WINDOWS, END)
    assert not isinstance(found, QueryFailed), found
    return [reading.counts if isinstance(reading, Value) else None for reading in found]


def first_run(windows: list[Counts | None]) -> int:
    """Return after how many windows a run starts, judged after each from all before it; all of them where none does."""
    ends = [end for end, window in enumerate(windows, 1) if window and window.good < TAU * window.total]
    return next((end for end in ends if weigh(windows[:end], TAU, True).reaches(PROMISED)), len(windows))


async def test_the_promise_is_kept_with_what_prometheus_says(address: str) -> None:
    """Outcomes come by the five; counted one by one, without the discount, they would break it."""
    read = [await windows_of(address, server) for server in range(SERVERS)]
    times = [first_run(windows) for windows in read]
    assert all(sum(window is not None for window in windows) > 0.9 * WINDOWS for windows in read)
    assert fmean(times) + 2 * stdev(times) / SERVERS**0.5 >= PROMISED


async def test_no_server_has_more_outcomes_than_it_judged(address: str) -> None:
    for server, (_, _, truth) in enumerate(TRUTH):
        found = [window for window in await windows_of(address, server) if window]
        good, total = sum(window.good for window in found), sum(window.total for window in found)
        assert 0.75 * truth.total < total <= truth.total
        assert total - good <= truth.total - truth.good
