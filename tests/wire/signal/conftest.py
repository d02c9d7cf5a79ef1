"""A real Prometheus, filled with a history of a day in 2026 before it starts."""

import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which

import pytest
import requests

from tests.wire.signal.polling import wait_until

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


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a Prometheus that holds the history and scrapes itself every second."""
    if not which("prometheus") or not which("promtool"):
        pytest.skip("needs the prometheus and promtool binaries")
    root = tmp_path_factory.mktemp("prometheus")
    port = free_port()
    (root / "history.txt").write_text(_history())
    fill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "history.txt", "data"]
    subprocess.run(fill, cwd=root, check=True, capture_output=True)
    (root / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
        f"scrape_configs: [{{job_name: itself, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n"
    )
    yield from _serve(root, port)


def _serve(root: Path, port: int) -> Iterator[str]:
    address = f"http://127.0.0.1:{port}"
    command = [
        "prometheus",
        f"--web.listen-address=127.0.0.1:{port}",
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        "--storage.tsdb.retention.time=100y",
    ]
    with (root / "log").open("w") as log, subprocess.Popen(command, cwd=root, stderr=log) as process:
        try:
            wait_until(lambda: _is_ready(address), 20, "Prometheus is ready")
            yield address
        finally:
            process.terminate()


def _is_ready(address: str) -> bool:
    try:
        return requests.get(f"{address}/-/ready", timeout=1).ok
    except requests.ConnectionError:
        return False
