import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from localcluster import processes
from localcluster.processes import Process

# What is started here is to outlive the process that started it.
pytestmark = [
    pytest.mark.filterwarnings(r"ignore:subprocess \d+ is still running:ResourceWarning"),
    pytest.mark.skipif(sys.platform != "linux", reason="the assembled node is Linux's, and /proc too"),
]
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(SLEEP)
    yield child
    child.kill()
    child.wait()


def identity(child: subprocess.Popen[bytes]) -> Process:
    found = processes.identify(child.pid)
    assert found is not None
    return found


def test_a_started_process_is_found_again_by_its_pid_file(tmp_path: Path) -> None:
    pid_file = tmp_path / "pids" / "sleeper.json"
    started = processes.start(SLEEP, tmp_path / "logs" / "sleeper.log", pid_file, {})
    try:
        assert processes.read(pid_file) == started
    finally:
        processes.kill([started])
    assert processes.read(pid_file) is None


def test_a_stranger_with_the_same_pid_is_neither_ours_nor_killed(
    sleeper: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    ours_once = replace(identity(sleeper), start=identity(sleeper).start - 1)
    pid_file = tmp_path / "old.json"
    pid_file.write_text(json.dumps(asdict(ours_once)))
    assert processes.read(pid_file) is None
    processes.stop([ours_once])
    processes.kill([ours_once])
    assert sleeper.poll() is None


def test_a_pid_file_of_an_earlier_boot_names_nobody(sleeper: subprocess.Popen[bytes]) -> None:
    assert not replace(identity(sleeper), boot="another").is_alive()


def test_a_zombie_is_not_alive(sleeper: subprocess.Popen[bytes]) -> None:
    process = identity(sleeper)
    sleeper.kill()
    assert processes.wait_gone([process], 5.0)
    os.kill(sleeper.pid, 0)  # its pid is still taken, since nobody has waited for it


def test_what_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "stubborn.log"
    process = processes.start(STUBBORN, log, tmp_path / "stubborn.json", {"PYTHONUNBUFFERED": "1"})
    while "deaf" not in log.read_text():
        assert process.is_alive()
    processes.stop([process], grace_s=0.1)
    assert not process.is_alive()


@pytest.mark.parametrize("text", ["", "17", "{}", '{"pid": 1}', "[1, 2]"])
def test_a_broken_pid_file_names_nobody(text: str, tmp_path: Path) -> None:
    pid_file = tmp_path / "broken.json"
    pid_file.write_text(text)
    assert processes.read(pid_file) is None


def test_a_process_is_found_by_a_mark_in_its_environment(tmp_path: Path) -> None:
    log, mark = tmp_path / "log", {"REFIT_MARK": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    process = processes.start(STUBBORN, log, tmp_path / "pid.json", mark)
    try:
        while "deaf" not in log.read_text():  # the kernel shows an environment only some time after `exec`
            assert process.is_alive()
        assert processes.with_environment(f"REFIT_MARK={tmp_path}") == [process]
    finally:
        processes.kill([process])
