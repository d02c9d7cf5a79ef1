"""The dashboard drawn from a real Prometheus that has what the operator's own code exported over an hour."""

import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from refit_operator.observability import metrics
from refit_operator.observability.monitors import Monitors
from refit_operator.observability.runs import RunsShown
from tests.monitoring.dashboard import dashboard
from tests.monitoring.picture.asking import Source, Span, choose
from tests.monitoring.picture.looks import THEMES
from tests.monitoring.picture.page import Page
from tests.support.prometheus.process import Prometheus

BEGIN, EVERY, SCRAPES = 1_767_571_200, 15, 240
END = BEGIN + EVERY * (SCRAPES - 1)
BREACH, PROMOTED = 100, 160
"""Scrapes at which a breach began, and at which what it led to was promoted."""


def show(monitors: Monitors, scrape: int) -> None:
    """Set what the operator shows of a monitor at a scrape: in service, in breach, and in service again."""
    shown, now = monitors.of(("shop", "reviews")), BEGIN + scrape * EVERY
    shown.threshold, shown.interval, shown.read, shown.needed = 0.8, 30.0, float(now), 1000.0
    shown.breach = BREACH <= scrape < PROMOTED
    shown.breach_start = float(BEGIN + BREACH * EVERY) if shown.breach else None
    shown.value, shown.evidence = (0.6, 4000.0) if shown.breach else (0.9, 0.5)
    shown.low, shown.high = shown.value - 0.02, shown.value + 0.02
    shown.state = "Training" if shown.breach else "Monitoring"
    shown.hold = "RunActive" if shown.breach else None
    promoted = float(BEGIN + PROMOTED * EVERY) if scrape >= PROMOTED else None
    kept = (("Promoted", 1),) if promoted else ()
    shown.runs = RunsShown(kept=kept, active=("Training", "Running") if shown.breach else None, promoted=promoted)


def history(is_leading: bool) -> str:
    """Return every scrape as OpenMetrics; those of a process that never led have no series of the operator's work."""
    registry, monitors = CollectorRegistry(), Monitors()
    registry.register(monitors)
    if is_leading:
        for one in (value for name, value in vars(metrics).items() if name.isupper() and hasattr(value, "collect")):
            registry.register(one)
    lines: dict[str, list[str]] = defaultdict(list)
    for scrape in range(SCRAPES):
        show(monitors, scrape)
        for line in generate_latest(registry).decode().splitlines():
            if not line.startswith("#"):
                lines[line.split("{")[0].split(" ")[0]].append(f"{line} {BEGIN + scrape * EVERY}")
        lines["process_resident_memory_bytes"].append(f"process_resident_memory_bytes 1e8 {BEGIN + scrape * EVERY}")
    return "\n".join([*(line for each in lines.values() for line in each), "# EOF\n"])


def serve(folder: Path, text: str) -> Prometheus:
    """Return a server, not started yet, that has a history."""
    (folder / "history.txt").write_text(text)
    fill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "history.txt", "data"]
    subprocess.run(fill, cwd=folder, check=True, capture_output=True)
    return Prometheus(folder)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    metrics.LEADER.set(1)
    metrics.RECONCILE_TOTAL.labels("success").inc()
    metrics.QUERIES.labels("Success").inc()
    metrics.API_REQUESTS.labels("get", "pods", "200").inc()
    metrics.API_SECONDS.labels("get").observe(0.1)
    with serve(tmp_path_factory.mktemp("prometheus"), history(is_leading=True)) as server:
        yield f"http://127.0.0.1:{server.port}"


def page(address: str) -> Page:
    made = dashboard()
    drawn = Page(made, choose(Source(address, Span(BEGIN, END), {}), made), THEMES["light"])
    drawn.draw()
    return drawn


def test_every_panel_has_data_or_says_why_it_has_none(address: str) -> None:
    empty = page(address).empty
    assert set(empty) == {
        "Monitors that need attention",
        "Drift of the inputs",
        "Runs that ended",
        "Stages of runs that ended",
    }
    assert all(empty.values())


def test_variables_have_the_first_value_that_their_queries_give(address: str) -> None:
    assert page(address).source.variables == {"namespace": "shop", "monitor": "reviews"}


def test_markers_are_where_the_metrics_say(address: str) -> None:
    markers = page(address).markers
    assert markers["Breach begins"][1] == [BEGIN + BREACH * EVERY]
    assert markers["Promoted"][1] == [BEGIN + PROMOTED * EVERY]
    assert markers["Rolled back"][1] == []


def test_a_panel_without_data_is_named(tmp_path: Path) -> None:
    with serve(tmp_path, history(is_leading=False)) as server:
        empty = page(f"http://127.0.0.1:{server.port}").empty
    assert {title for title, says in empty.items() if says is None} >= {
        "Processes",
        "Workqueue",
        "Queries to Prometheus",
    }
