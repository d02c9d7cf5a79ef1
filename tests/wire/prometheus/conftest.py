"""A real Prometheus, filled with a history of a day in 2026 before it starts."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from shutil import which

import pytest

from tests.prometheus.process import Prometheus

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
DIGEST = "sha256:" + "1" * 64
LABELLED = f'labelled{{monitor="reviews",namespace="shop",target="server",digest="{DIGEST}"}}'
SCRAPE = timedelta(seconds=15)
SCRAPES = 4 * 60 * 4  # four hours
DIES_AFTER = 3 * 60 * 4  # `dying_total` has three


def _value(name: str, scrape: int) -> str:
    return {
        "correct_total": f"{17 * scrape}",
        "judged_total": f"{20 * scrape}",
        "gap": f"{scrape}",
        "broken": ("NaN", "+Inf", "-Inf")[scrape % 3],
        "big": "1.5",
        "dying_total": f"{scrape}",
        LABELLED: "0.9",
        'pair{side="a"}': "1",
        'pair{side="b"}': "2",
    }[name]


def _is_there(name: str, scrape: int) -> bool:
    """The gap is a quarter of an hour long, more than Prometheus looks back."""
    return (name != "gap" or not 480 <= scrape < 540) and (name != "dying_total" or scrape < DIES_AFTER)


def _history() -> str:
    names = ["correct_total", "judged_total", "gap", "broken", "big", "dying_total"]
    names += ['pair{side="a"}', 'pair{side="b"}', LABELLED]
    start = int(BEGIN.timestamp())
    seconds = int(SCRAPE.total_seconds())
    lines = [
        f"{name} {_value(name, scrape)} {start + scrape * seconds}"
        for name in names
        for scrape in range(SCRAPES)
        if _is_there(name, scrape)
    ]
    return "\n".join([*lines, "# EOF\n"])


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a Prometheus that holds the history and scrapes itself every second."""
    if not which("prometheus") or not which("promtool"):
        pytest.skip("needs the prometheus and promtool binaries")
    root = tmp_path_factory.mktemp("prometheus")
    (root / "history.txt").write_text(_history())
    fill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "history.txt", "data"]
    subprocess.run(fill, cwd=root, check=True, capture_output=True)
    with Prometheus(root) as server:
        yield f"http://127.0.0.1:{server.port}"
