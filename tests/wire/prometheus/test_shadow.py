"""What a mirror counted, read from a real Prometheus: of one candidate, and never more than there was."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which

import pytest

from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.reading import QueryFailed
from refit_operator.prometheus.servers import Servers
from refit_operator.run.rules.views.shadow import (
    COUNTERS,
    MARGIN,
    Answers,
    Labels,
    Parts,
    query_of,
    read_answers,
)
from tests.support.prometheus.history import DIGEST, SCRAPE, SUBJECT
from tests.support.prometheus.no_secrets import NoSecrets
from tests.support.prometheus.process import Prometheus

ANSWERS, SECONDS, LABELLED = (metric for metric, _, _ in COUNTERS)
BEGIN = datetime(2026, 2, 2, tzinfo=UTC)
SCRAPES = 40
END = BEGIN + SCRAPES * SCRAPE
OTHER = "sha256:" + "9" * 64
AGAIN = "sha256:" + "8" * 64
"""Of a candidate that had a shadow before: its second one starts a minute and a second after half of the scrapes."""


def sample(metric: str, pod: str, value: float, scrape: int, digest: str = DIGEST, namespace: str = "shop") -> str:
    stamp = int((BEGIN + scrape * SCRAPE).timestamp())
    labels = f'digest="{digest}",namespace="{namespace}",pod="{pod}"'
    return f"{metric.replace('}', ',' + labels + '}')} {value} {stamp}"


def agreed_by(pod: str, scrape: int) -> int | None:
    """Return what a pod has counted: one stays, one goes halfway, one begins at zero again halfway."""
    half = SCRAPES // 2
    if pod == "goes" and scrape >= half:
        return None
    return 3 * (scrape % half if pod == "restarts" else scrape)


def counted_again(pod: str, scrape: int) -> int | None:
    """Return what pods have counted before and after half of the scrapes, where the second shadow begins."""
    half = SCRAPES // 2
    later = max(0, scrape - half)
    began_again = 500 if scrape <= half else 2 * later
    return {"rests": 700, "goes-on": 100 + later, "begins-again": began_again, "new": later or None}[pod]


def history() -> str:
    lines = []
    agreed, failed = f'{ANSWERS}{{result="agreed"}}', f'{ANSWERS}{{result="failed"}}'
    for pod in ("stays", "goes", "restarts"):
        for scrape in range(SCRAPES):
            if (count := agreed_by(pod, scrape)) is not None:
                lines.append(sample(agreed, pod, count, scrape))
    lines += [sample(failed, "stays", 4, scrape) for scrape in range(SCRAPES)]
    lines += [sample(agreed, "stays", 1000, scrape, digest=OTHER) for scrape in range(SCRAPES)]
    lines += [sample(agreed, "stays", 500, scrape, namespace="bank") for scrape in range(SCRAPES)]
    for side, pace in (("served", 0.5), ("mirrored", 0.75)):
        lines += [sample(f'{SECONDS}{{side="{side}"}}', "stays", pace * n, n) for n in range(SCRAPES)]
    lines += [sample(f'{LABELLED}{{right="mirrored"}}', "stays", n // 2, n) for n in range(SCRAPES)]
    for pod in ("rests", "goes-on", "begins-again", "new"):
        for scrape in range(SCRAPES):
            if (count := counted_again(pod, scrape)) is not None:
                lines.append(sample(agreed, pod, count, scrape, digest=AGAIN))
    return "\n".join([*lines, "# EOF\n"])


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a Prometheus with the counters' history."""
    if not which("prometheus") or not which("promtool"):
        pytest.skip("needs the prometheus and promtool binaries")
    folder: Path = tmp_path_factory.mktemp("counters")
    (folder / "history.txt").write_text(history())
    fill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "history.txt", "data"]
    subprocess.run(fill, cwd=folder, check=True, capture_output=True)
    with Prometheus(folder) as server:
        yield f"http://127.0.0.1:{server.port}"


async def read(
    address: str, started: datetime = BEGIN, now: datetime = END, label: str = "", digest: str = DIGEST
) -> Answers | QueryFailed:
    reader, spec = Reader(Servers(address, (), NoSecrets()), label), PrometheusSpec()

    found = list[Parts]()
    for metric, by, parts in COUNTERS:
        counted = await reader.parts(
            replace(SUBJECT, digest=digest), spec, query_of(metric, by, started, now, label), by, parts, now
        )
        if isinstance(counted, QueryFailed):
            return counted
        found.append(counted)
    return read_answers(*found)


async def test_the_largest_value_of_each_pod_counts_also_of_one_that_is_gone(address: str) -> None:
    stays, goes, restarts = 3 * (SCRAPES - 1), 3 * (SCRAPES // 2 - 1), 3 * (SCRAPES // 2 - 1)
    found = await read(address, label="namespace")
    assert isinstance(found, Answers), found
    assert (found.agreed, found.differed, found.failed) == (stays + goes + restarts, 0, 4)
    assert found.latency_ratio == pytest.approx(1.5) and found.labels == Labels(mirrored=(SCRAPES - 1) // 2)


async def test_without_a_label_of_namespaces_the_digest_alone_tells_whose_answers_they_are(address: str) -> None:
    ours, everybodys = await read(address, label="namespace"), await read(address)
    assert isinstance(ours, Answers) and isinstance(everybodys, Answers)
    assert everybodys.agreed == ours.agreed + 500


async def test_what_was_counted_before_the_shadow_counts_no_longer(address: str) -> None:
    later = END + timedelta(hours=1)
    assert await read(address, started=later - timedelta(minutes=10), now=later) == Answers()


async def test_what_an_earlier_shadow_of_the_same_candidate_had_counts_not_again(address: str) -> None:
    started = BEGIN + SCRAPES // 2 * SCRAPE + MARGIN + timedelta(seconds=1)
    found, last = await read(address, started=started, digest=AGAIN), SCRAPES // 2 - 1
    rests, goes_on, begins_again, new = 0, last, 2 * last, last
    assert isinstance(found, Answers) and found.agreed == rests + goes_on + begins_again + new


async def test_a_server_that_is_away_is_no_answer() -> None:
    assert isinstance(await read("http://127.0.0.1:1"), QueryFailed)
