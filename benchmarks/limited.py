"""Memory limited by the kernel, as a pod's is: a control group for this process and what it starts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


@contextmanager
def limited_memory(most: int) -> Iterator[bool]:
    """Limit this process, and those that it starts, to so many bytes; give whether that can be had on this machine."""
    found = _make_group(most)
    if found is None:
        yield False
        return
    group, before = found
    try:
        yield True
    finally:
        (before / "cgroup.procs").write_text(str(os.getpid()))
        group.rmdir()


def _make_group(most: int) -> tuple[Path, Path] | None:
    """Enter a new group; return it and the one before, None where there is no right to."""
    own = dict(line.split(":", 2)[1:] for line in Path("/proc/self/cgroup").read_text().splitlines())
    is_second = not (ROOT / "memory").exists()
    root, file = (ROOT, "memory.max") if is_second else (ROOT / "memory", "memory.limit_in_bytes")
    group, before = root / f"refit-benchmark-{os.getpid()}", root / own["" if is_second else "memory"].lstrip("/")
    try:
        group.mkdir()
        (group / file).write_text(str(most))
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except (OSError, KeyError):
        if group.exists():
            group.rmdir()
        return None
    return group, before
