"""What a process has taken of the machine: seconds of CPU and memory, from /proc."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.pages import Record
from localcluster import processes
from localcluster.components import API_SERVER, ETCD
from localcluster.paths import layout

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(pid: int) -> float:
    """Return the seconds of CPU that a process has taken, those of children that have ended included."""
    # The name, in parentheses, may hold anything, so count from the last one.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def memory_of(pid: int, name: str = "VmRSS") -> int:
    """Return a field of a process's status in bytes: VmRSS, VmHWM."""
    return _kilobytes(Path(f"/proc/{pid}/status"), name)


def own_memory_of(pid: int) -> int:
    """Return a process's proportional share of memory, shared pages divided by those who share them, in bytes."""
    return _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss")


def _kilobytes(file: Path, name: str) -> int:
    lines = (line.split() for line in file.read_text().splitlines())
    return next((1024 * int(words[1]) for words in lines if words[0] == f"{name}:"), 0)


def control_plane() -> dict[str, int]:
    """Return the processes of the local cluster that an operator gives work to."""
    found = {part: processes.read(part.pid_file(layout())) for part in (API_SERVER, ETCD)}
    missing = [part.name for part, process in found.items() if process is None]
    assert not missing, f"{', '.join(missing)} doesn't run as a process of this host: make cluster-up"
    return {part.name.removeprefix("kube-"): process.pid for part, process in found.items() if process}


@dataclass
class Meter:
    """Seconds of CPU of some processes since it was made."""

    pids: Mapping[str, int]
    begun: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        self.begun = {name: cpu_of(pid) for name, pid in self.pids.items()}

    def read(self) -> Record:
        """Return what each has taken, as `cpu_NAME`."""
        return {f"cpu_{name}": round(cpu_of(pid) - self.begun[name], 3) for name, pid in self.pids.items()}
