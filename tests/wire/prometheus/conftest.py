"""A real Prometheus, filled with a history of a day in 2026 before it starts."""

import subprocess
from collections.abc import Iterator
from shutil import which

import pytest

from tests.support.prometheus.history import history
from tests.support.prometheus.process import Prometheus


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a Prometheus that holds the history and scrapes itself every second."""
    if not which("prometheus") or not which("promtool"):
        pytest.skip("needs the prometheus and promtool binaries")
    root = tmp_path_factory.mktemp("prometheus")
    (root / "history.txt").write_text(history())
    fill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "history.txt", "data"]
    subprocess.run(fill, cwd=root, check=True, capture_output=True)
    with Prometheus(root) as server:
        yield f"http://127.0.0.1:{server.port}"
