"""docs/reference/checklist.md and the example of docs/how-to/python.md: run as they stand there, on the real node."""

import os
import re
import subprocess
import sys
from pathlib import Path

from localcluster.paths import CHECKOUT
from tests.support.cluster.kubectl import ROOT, Space, cluster_environment
from tests.support.cluster.objects import CLAIMS, idle_target
from tests.support.cluster.runs import active_run, start
from tests.support.pages import checklist

COMMANDS = [command for row in checklist() for command in row.commands if command.startswith("kubectl ")]
WRITES = re.compile(r" (patch|annotate) ")
ACTS = re.compile(r"kubectl refit (suspend|retrain|approve|reject) ")


def plugin(folder: Path) -> Path:
    """Have kubectl find the plugin as `pip install` would have it: a program of its name on the PATH."""
    program = folder / "kubectl-refit"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT / "operator"} exec {sys.executable} -m refit_cli "$@"\n')
    program.chmod(0o755)
    return folder


def as_dry_run(command: str) -> str:
    """Return a command that changes nothing, and that the API server checks as if it did."""
    if "--dry-run" in command:
        return command
    if ACTS.match(command):
        return f"{command} --dry-run"
    return f"{command} --dry-run=server" if WRITES.search(command) else command


def said(command: str, folder: Path) -> str:
    """Return what a command prints, as a user runs it in a clone."""
    variables = cluster_environment()
    path = os.pathsep.join([str(plugin(folder)), variables["PATH"]])
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=variables | {"PATH": path}, capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_what_begins_with_kubectl_shows_what_it_says(space: Space, tmp_path: Path) -> None:
    start(space, idle_target(), mode="Approve")
    run = active_run(space, "AwaitingApproval")
    for command in COMMANDS:
        text = re.sub(r"\bRUN\b", run, as_dry_run(command)).replace("-n shop", f"-n {space.name}")
        assert said(text, tmp_path) or "jsonpath" in command, text
    assert "approval" not in space.get("rr", run)["spec"]
    assert space.get("mmon", "reviews")["spec"]["suspend"] is False


def test_the_example_in_python_applies_a_monitor_and_reads_it_back(space: Space) -> None:
    space.apply(*CLAIMS)
    (example,) = re.findall(r"^```python\n(.*?)^```", (CHECKOUT / "docs/how-to/python.md").read_text(), re.M | re.S)
    text = example.replace('"shop"', f'"{space.name}"')
    variables = cluster_environment() | {"PYTHONPATH": str(ROOT / "operator")}
    done = subprocess.run([sys.executable, "-c", text], env=variables, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "reviews 1:00:00 None\n"), done.stderr
    assert space.get("mmon", "reviews")["spec"]["metric"]["threshold"] == 0.85
    space.wait_condition("mmon/reviews", "Ready", "TargetMissing")
