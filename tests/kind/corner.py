"""A corner of this machine with a Docker engine in it, for machines that have none.

The engine has network, mounts and process ids of its own: its bridges, firewall rules and ports meet nothing else on
the machine, and its containers end with it, however it ends. The files are the machine's: the checkout and the cache
are where they are outside.

Two processes belong to it outside: the one that holds the namespaces, whose death ends everything within, and
slirp4netns, the way out, for which the machine needs no rule.
"""

import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from localcluster import control_groups, processes
from localcluster.commands import Failed, succeeds, tail
from localcluster.keys import key
from localcluster.packages import ensure_packages
from localcluster.paths import Layout
from localcluster.processes import Process
from tests.kind import programs

HERE = Path(__file__).resolve().parent
RUNTIME = "runc_within_bounds.py"
NAMESPACES = ("--net", "--mount", "--pid")
READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 40.0


@dataclass(frozen=True)
class Corner:
    """The corner whose files are below the cache."""

    layout: Layout

    @property
    def root(self) -> Path:
        """Everything of the corner, and of what it needs."""
        return self.layout.root / "kind"

    @property
    def state(self) -> Path:
        """What this run of the engine writes; images and containers are kept elsewhere."""
        return self.root / "state"

    @property
    def control_group(self) -> str:
        """The group of all containers; that of another cache's corner has another name."""
        return f"refit-kind-{key(str(self.root))}"

    @property
    def socket(self) -> Path:
        """The engine's socket, seen only in the corner."""
        return self.state / "run" / "docker.sock"

    def holder(self) -> Process | None:
        """Return the process that holds the namespaces, if it runs: the first in the corner."""
        return processes.read(self.state / "holder.json")

    def is_up(self) -> bool:
        """Return whether the engine answers."""
        return self.holder() is not None and succeeds(self.command(["docker", "info"]))

    def environment(self) -> dict[str, str]:
        """Return the variables by which commands in the corner find the engine."""
        path = programs.environment(programs.unpacked(self.layout))["PATH"]
        return {"PATH": path, "DOCKER_HOST": f"unix://{self.socket}"}

    def command(self, words: Sequence[str]) -> list[str]:
        """Return how to run a command in the corner, in the same folder as outside."""
        holder = self.holder()
        if holder is None:
            raise Failed("the engine's corner is down; begin with: python -m tests.kind prepare")
        settings = [f"{name}={value}" for name, value in self.environment().items()]
        target = ["--target", str(holder.pid), f"--wdns={Path.cwd()}"]
        return ["nsenter", *NAMESPACES, *target, "env", *settings, *words]

    def up(self) -> None:
        """Start the engine; what a dead one left is removed first."""
        if os.geteuid() != 0:
            raise Failed("the engine's corner needs root: it makes namespaces and control groups")
        if self.is_up():
            return
        self.down()
        ensure_packages(self.root / "apt.log")
        self._write_settings()
        holder = self._start_holder()
        self._start_way_out(holder)
        self._wait()

    def down(self) -> None:
        """End the engine and all that runs in the corner; images and containers are kept for the next."""
        if holder := self.holder():
            processes.stop([holder], STOPPED_WITHIN_S)
        if way_out := processes.read(self.state / "slirp4netns.json"):
            processes.stop([way_out])
        control_groups.remove(self.control_group)
        shutil.rmtree(self.state, ignore_errors=True)

    def _write_settings(self) -> None:
        for folder in ("run", "cgroups"):
            (self.state / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / RUNTIME, self.state / RUNTIME)
        (self.state / "daemon.json").write_text(json.dumps(engine_settings(self), indent=2))

    def _start_holder(self) -> Process:
        """Start the engine in namespaces of its own, and return the first process in them."""
        tools = programs.environment(programs.unpacked(self.layout))
        folders = {"CACHE": str(self.layout.root), "STATE": str(self.state), "RUN": str(self.state / "run")}
        unshare = ["unshare", *NAMESPACES, "--fork", "--kill-child", "--mount-proc", "--propagation", "slave"]
        argv = [*unshare, "tini", "-g", "--", "bash", str(HERE / "corner.sh")]
        parent = processes.start(argv, self.log, self.state / "unshare.json", {**tools, **folders})
        holder = _child_of(parent)
        (self.state / "holder.json").write_text(json.dumps(asdict(holder)))
        return holder

    def _start_way_out(self, holder: Process) -> None:
        """Give the corner a network. The machine's own loopback stays out of its reach."""
        argv = ["slirp4netns", "--configure", "--mtu=1500", "--disable-host-loopback", str(holder.pid), "tap0"]
        tools = programs.environment(programs.unpacked(self.layout))
        processes.start(argv, self.state / "slirp4netns.log", self.state / "slirp4netns.json", tools)

    @property
    def log(self) -> Path:
        """What the engine says."""
        return self.state / "engine.log"

    def _wait(self) -> None:
        end = time.monotonic() + READY_WITHIN_S
        while not self.is_up():
            if self.holder() is None or time.monotonic() > end:
                raise Failed(f"the engine did not start; the end of {self.log}:\n{tail(self.log.read_text())}")
            time.sleep(0.3)


def engine_settings(corner: Corner) -> Mapping[str, object]:
    """Return Docker's configuration."""
    run_folder = corner.socket.parent
    return {
        "data-root": str(corner.root / "data"),
        "exec-root": str(run_folder / "exec"),
        "pidfile": str(run_folder / "dockerd.pid"),
        "hosts": [f"unix://{corner.socket}"],
        "storage-driver": "overlay2",
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
        "cgroup-parent": f"/{corner.control_group}",
        "oom-score-adjust": 0,
        "runtimes": {"within-bounds": {"path": str(corner.state / RUNTIME)}},
        "default-runtime": "within-bounds",
    }


def _child_of(parent: Process) -> Process:
    """Return the only child of a process, which may not have started it yet."""
    end = time.monotonic() + READY_WITHIN_S
    while parent.is_alive() and time.monotonic() < end:
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        if children and (child := processes.identify(int(children[0]))):
            return child
        time.sleep(0.02)
    raise Failed("no namespaces could be made for the engine")
