"""Ten minutes of many models' counters, for a Prometheus server to start with, and their monitors' queries."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.prometheus.process import Prometheus

BEGIN, SCRAPE, SCRAPES = datetime(2026, 1, 5, tzinfo=UTC), timedelta(seconds=15), 40
NEWEST = BEGIN + (SCRAPES - 1) * SCRAPE
GOOD, TOTAL, WINDOW = 'correct_total{model="%s"}', 'judged_total{model="%s"}', timedelta(minutes=5)
ACCURACY = f"sum(increase({GOOD}[5m])) / sum(increase({TOTAL}[5m]))"
BROKEN = 'sum(rate(correct_total{model="%s"}[5m])'


def model(number: int) -> str:
    """Return a model's name."""
    return f"model-{number:06}"


def lines(models: int) -> Iterator[str]:
    """Yield the history in OpenMetrics: every model judges ten predictions a scrape, and has an accuracy of its own."""
    start, step = int(BEGIN.timestamp()), int(SCRAPE.total_seconds())
    for name, share in (("correct_total", True), ("judged_total", False), ("accuracy", None)):
        yield f"# TYPE {name.removesuffix('_total')} {'gauge' if share is None else 'counter'}"
        for number in range(models):
            good = 7 + number % 4
            each = good / 10 if share is None else good if share else 10
            head = f'{name}{{model="{model(number)}"}}'
            for scrape in range(SCRAPES):
                yield f"{head} {each if share is None else each * scrape} {start + scrape * step}"
    yield "# EOF"


@dataclass(frozen=True)
class Filled:
    """A Prometheus server that holds the history of so many models."""

    address: str
    pid: int
    asked: Prometheus


@contextmanager
def prometheus_of(models: int) -> Iterator[Filled]:
    """Start one, filled; it scrapes nothing."""
    with TemporaryDirectory(prefix="refit-scale-") as name:
        folder = Path(name)
        with (folder / "history.txt").open("w") as file:
            file.writelines(f"{line}\n" for line in lines(models))
        fill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "history.txt", "data"]
        subprocess.run(fill, cwd=folder, check=True, capture_output=True)
        server = Prometheus(folder)
        (folder / "prometheus.yml").write_text("global: {}\n")
        with server:
            yield Filled(f"http://127.0.0.1:{server.port}", server.process.pid, server)


SHAPES: Sequence[str] = (
    ACCURACY,
    'avg(accuracy{model="%s"})',
    'max(accuracy{model="%s"})',
    'min(accuracy{model="%s"})',
    'accuracy{model="%s"}',
    'sum(rate(correct_total{model="%s"}[5m])) / sum(rate(judged_total{model="%s"}[5m]))',
    'sum(rate(correct_total{model="%s"}[2m])) / sum(rate(judged_total{model="%s"}[2m]))',
    'sum(increase(correct_total{model="%s"}[2m])) / sum(increase(judged_total{model="%s"}[2m]))',
    '1 - avg(accuracy{model="%s"})',
    'avg(avg_over_time(accuracy{model="%s"}[5m]))',
    'max(max_over_time(accuracy{model="%s"}[5m]))',
    'min(min_over_time(accuracy{model="%s"}[5m]))',
    'avg(quantile_over_time(0.5, accuracy{model="%s"}[5m]))',
    'sum(rate(judged_total{model="%s"}[5m]))',
    'sum(irate(judged_total{model="%s"}[1m]))',
    'clamp_max(avg(accuracy{model="%s"}), 1)',
    'avg(accuracy{model="%s"} offset 1m)',
    'avg by (model) (accuracy{model="%s"})',
    'avg(accuracy{model="%s"}) > 0',
    'avg(accuracy{model="%s"}) or vector(0)',
)
"""Twenty, as users write them."""


def query(shape: str, number: int) -> str:
    """Return a monitor's query: its shape, of its model."""
    return shape.replace("%s", model(number))


def ratios(models: int) -> list[tuple[str, str]]:
    """Return the two selectors of each monitor's ratio."""
    return [(query(GOOD, number), query(TOTAL, number)) for number in range(models)]


def queries_of_ratios(models: int) -> list[str]:
    """Return a query for each ratio's value."""
    return [query(ACCURACY, number) for number in range(models)]


def queries_of_many_shapes(models: int) -> list[str]:
    """Return the queries of monitors of all shapes, of which one in twenty doesn't parse."""
    shapes = (BROKEN if number % 20 == 19 else SHAPES[number // 20 % len(SHAPES)] for number in range(models))
    return [query(shape, number) for number, shape in enumerate(shapes)]
