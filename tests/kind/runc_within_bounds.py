#!/usr/bin/python3 -IS
"""An OCI runtime for a root that lacks a capability: it asks runc for no more than this root may give.

`docker run --privileged`, by which kind starts a node, asks for every capability there is. Where the machine's root
lacks one, as in a sandbox without CAP_SYS_RESOURCE, runc ends with "unable to apply caps: operation not permitted".
Docker calls this program instead of runc. It edits the container's config.json (for `docker exec`: the process's file)
and then becomes runc. Three things need rights that may be missing:

- capabilities: those outside the bounding set are left out;
- limits: a hard limit above ours is lowered to ours;
- the score of the killer of processes: one below ours is left out.

On a machine whose root lacks nothing it changes nothing. It needs no more than Python: it is copied to where it runs.
"""

import json
import os
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUNC = "/usr/sbin/runc"
# In the order of their numbers, as linux/capability.h has them.
NAMES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"),
    *("LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER"),
    *("SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE"),
    *("SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP"),
    *("MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF"),
    "CHECKPOINT_RESTORE",
)
MAY_EXCEED = "CAP_SYS_RESOURCE"

Document = dict[str, Any]


@dataclass(frozen=True)
class Bounds:
    """What this root can give."""

    capabilities: frozenset[str]
    oom_score: int
    hard_limits: Mapping[str, int]
    """By their names, such as RLIMIT_NOFILE; those without a limit aren't in it."""


def capabilities_in(status: str) -> frozenset[str]:
    """Return the names of the bounding set in a process's status."""
    mask = int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapBnd:")), 16)
    return frozenset(f"CAP_{name}" for number, name in enumerate(NAMES) if mask >> number & 1)


def bounds_here() -> Bounds:
    """Return what this process's root can give."""
    names = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    limits = {name: resource.getrlimit(getattr(resource, name))[1] for name in names}
    return Bounds(
        capabilities_in(Path("/proc/self/status").read_text()),
        int(Path("/proc/self/oom_score_adj").read_text()),
        {name: limit for name, limit in limits.items() if limit != resource.RLIM_INFINITY},
    )


def fitted(process: Document, bounds: Bounds) -> Document:
    """Return a process as it is asked for, lowered to what there is."""
    asked = process.get("capabilities") or {}
    kept = {kind: [name for name in names if name in bounds.capabilities] for kind, names in asked.items()}
    result = {**process, "capabilities": kept} if kept else dict(process)
    if MAY_EXCEED in bounds.capabilities:
        return result
    if result.get("oomScoreAdj", 0) < bounds.oom_score:
        result.pop("oomScoreAdj", None)
    if result.get("rlimits"):
        result["rlimits"] = [_limit_within(limit, bounds) for limit in result["rlimits"]]
    return result


def _limit_within(limit: Document, bounds: Bounds) -> Document:
    ours = bounds.hard_limits.get(limit["type"])
    return limit if ours is None else {**limit, **{key: min(limit[key], ours) for key in ("hard", "soft")}}


def value_of(words: Sequence[str], *options: str) -> str | None:
    """Return what follows an option, as the next word or after `=`."""
    for word, after in zip(words, [*words[1:], None], strict=True):
        name, equals, value = word.partition("=")
        if name in options:
            return value if equals else after
    return None


def edited_file(words: Sequence[str]) -> tuple[Path, str | None] | None:
    """Return the file that tells of the process, and the key that it has there (None: the file is the process)."""
    if {"create", "run", "restore"} & set(words):
        return Path(value_of(words, "--bundle", "-b") or ".", "config.json"), "process"
    if "exec" in words and (file := value_of(words, "--process", "-p")):
        return Path(file), None
    return None


def edit(path: Path, key: str | None, bounds: Bounds) -> None:
    """Fit the process in a JSON file."""
    content = json.loads(path.read_text())
    if key is None:
        content = fitted(content, bounds)
    elif content.get(key):
        content[key] = fitted(content[key], bounds)
    path.write_text(json.dumps(content))


def main(words: list[str]) -> None:
    """Edit, then become runc."""
    if found := edited_file(words):
        edit(*found, bounds_here())
    os.execv(RUNC, [RUNC, *words])


if __name__ == "__main__":
    main(sys.argv[1:])
