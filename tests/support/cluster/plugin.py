"""kubectl-refit as a user runs it, against the real cluster."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from tests.support.cluster.kubectl import ROOT, Space, cluster_environment


@dataclass(frozen=True)
class Answered:
    """How a command ended, and what it printed."""

    code: int
    out: str

    @property
    def data(self) -> Any:
        """What -o json printed."""
        return json.loads(self.out)


def refit(space: Space, *words: str, limit_s: float = 60) -> Answered:
    """Run a command in the test's namespace; errors are part of what it printed."""
    paths = os.pathsep.join([str(ROOT / "operator"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "refit_cli", *words, "--namespace", space.name],
        env=cluster_environment() | {"PYTHONPATH": paths, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )
    return Answered(done.returncode, done.stdout + done.stderr)
