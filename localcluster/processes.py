"""Start programs that outlive us, and later end exactly those.

A pid file holds the pid, its start time and the boot it belongs to. A pid alone may be another process's by then; with
its start time it is ours or it is gone.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Process:
    """A process that cannot be mistaken for another."""

    pid: int
    start: int
    boot: str

    def is_alive(self) -> bool:
        """Return whether this very process still runs (a zombie does not)."""
        return self.boot == boot_id() and start_time(self.pid) == self.start


def boot_id() -> str:
    """Return the id of this boot of the machine."""
    return BOOT_ID.read_text().strip()


def start_time(pid: int) -> int | None:
    """Return when a process started, in clock ticks since boot; None when there is none, or only a zombie."""
    try:
        # The name, in parentheses, may hold anything, so count from the last one.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def identify(pid: int) -> Process | None:
    """Return the process that has this pid now."""
    start = start_time(pid)
    return None if start is None else Process(pid, start, boot_id())


def with_environment(setting: str) -> list[Process]:
    """Return the processes that were started with NAME=VALUE in their environment."""
    found = [identify(pid) for pid in pids() if setting.encode() in _environment(pid)]
    return [process for process in found if process is not None]


def pids() -> list[int]:
    """Return the ids of all processes there are now."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def start(argv: Sequence[str], log: Path, pid_file: Path, env: Mapping[str, str]) -> Process:
    """Start a program in a session of its own and write its pid file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as sink:
        child = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env={**os.environ, **env},
            start_new_session=True,
            cwd=log.parent,
        )
    process = identify(child.pid) or Process(child.pid, 0, boot_id())
    pid_file.write_text(json.dumps(asdict(process)))
    return process


def read(pid_file: Path) -> Process | None:
    """Return the process a pid file names, if it still runs."""
    try:
        process = Process(**json.loads(pid_file.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return process if process.is_alive() else None


def stop(processes: Sequence[Process], grace_s: float = 10.0) -> None:
    """End processes: SIGTERM, then SIGKILL for what is left after the grace period."""
    _send(processes, signal.SIGTERM)
    if not wait_gone(processes, grace_s):
        kill(processes)


def kill(processes: Sequence[Process]) -> None:
    """End processes at once and wait until they are gone."""
    _send(processes, signal.SIGKILL)
    wait_gone(processes, 5.0)


def wait_gone(processes: Sequence[Process], timeout_s: float) -> bool:
    """Wait until none of the processes runs; False when the time is up."""
    end = time.monotonic() + timeout_s
    while any(process.is_alive() for process in processes):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _send(processes: Sequence[Process], number: signal.Signals) -> None:
    for process in processes:
        if process.is_alive():
            try:
                os.kill(process.pid, number)
            except ProcessLookupError:
                continue
