"""Run a program and, when it fails, say which and show the end of what it wrote."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

TAIL_LINES = 25
DOWN = "python3 -m localcluster down"
"""The command that ends a cluster, for messages."""


class Failed(RuntimeError):
    """A step of the local cluster failed; the message is printed."""


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    log: Path | None = None,
) -> str:
    """Run a program and return its standard output; with `log`, both streams go to that file instead.

    Raises `Failed` with the end of the output.
    """
    words = [str(word) for word in argv]
    full_env = {**os.environ, **(env or {})}
    if log is not None:
        return _run_logged(words, full_env, cwd, log)
    done = subprocess.run(words, env=full_env, cwd=cwd, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"`{_shown(words)}` failed ({done.returncode}):\n{tail(done.stdout + done.stderr)}")
    return done.stdout


def _run_logged(words: list[str], env: dict[str, str], cwd: Path | None, log: Path) -> str:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as sink:
        done = subprocess.run(words, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, check=False)
    if done.returncode != 0:
        raise Failed(f"`{_shown(words)}` failed ({done.returncode}); the end of {log}:\n{tail(log.read_text())}")
    return ""


def succeeds(argv: Sequence[str | Path], timeout_s: float = 60.0) -> bool:
    """Return whether a program exists and exits 0 in time."""
    try:
        words = [str(word) for word in argv]
        return subprocess.run(words, capture_output=True, check=False, timeout=timeout_s).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def output(argv: Sequence[str | Path], timeout_s: float = 60.0) -> str:
    """Return what a program writes to its standard output; empty where it doesn't exist or fails."""
    try:
        words = [str(word) for word in argv]
        done = subprocess.run(words, capture_output=True, check=False, timeout=timeout_s, text=True)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def tail(text: str) -> str:
    """Return the last lines of a log, indented."""
    return "\n".join(f"    {line}" for line in text.splitlines()[-TAIL_LINES:])


def _shown(words: list[str]) -> str:
    line = " ".join(words)
    return line if len(line) <= 160 else line[:157] + "..."
