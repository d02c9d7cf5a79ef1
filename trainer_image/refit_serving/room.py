"""Whether a second model finds room in memory beside the one that answers, before anything of it is loaded.

A container that goes over its limit is killed, and its requests with it. What a model takes is estimated from its
files: as many bytes as the active model takes for each byte of its own. What is free is read from the cgroup, or the
machine where that sets no limit, and from the GPU.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from refit_trainer.tasks import LoadedModel

CGROUP = Path("/sys/fs/cgroup")
MEMINFO = Path("/proc/meminfo")
SPARE = 64 << 20
"""Bytes that stay free: requests go on while the model is loaded."""
WHILE_LOADING = 1.25
"""Of what a model takes: loading takes more at its peak. tests/trainer/test_in_place.py holds it against a process."""


class NoRoom(Exception):
    """Another model doesn't fit beside the one that answers."""


def check_room(folder: Path, active: LoadedModel, active_bytes: int) -> None:
    """Raise NoRoom where the model in a folder doesn't fit in the memory that is free.

    `active_bytes` are those of the active model's files, 0 where they aren't known.
    """
    needed = int(file_bytes(folder) * growth(active, active_bytes) * WHILE_LOADING) + SPARE
    free = {"memory of the container": free_memory()} | ({"the GPU's memory": gpu} if (gpu := _free_gpu()) else {})
    for name, room in free.items():
        if room is not None and room < needed:
            raise NoRoom(
                f"a second model needs about {_mib(needed)} of {name}, and {_mib(room)} are free: raise its limit, or "
                "use serving.update: RollingUpdate"
            )


def file_bytes(folder: Path) -> int:
    """Return the bytes of a folder's files, of which weights are nearly all."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def growth(active: LoadedModel, active_bytes: int) -> float:
    """Return how many bytes a model takes in memory for each byte of its files: 2 for bf16 that is computed in fp32."""
    network = active.network
    has_tensors = active_bytes and hasattr(network, "parameters") and hasattr(network, "buffers")
    tensors = [*network.parameters(), *network.buffers()] if has_tensors else []  # boosted trees have none
    taken = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    return max(1.0, taken / active_bytes) if active_bytes else 1.0


def free_memory(cgroup: Path = CGROUP, meminfo: Path = MEMINFO) -> int | None:
    """Return the bytes that this container may still take; None where nothing says. Files in cache count as free."""
    found = [_free_v2(cgroup), _free_v1(cgroup / "memory"), _available(meminfo)]
    known = [free for free in found if free is not None]
    return min(known) if known else None


def _free_v2(folder: Path) -> int | None:
    return _free(folder, "memory.max", "memory.current", "inactive_file")


def _free_v1(folder: Path) -> int | None:
    return _free(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def _free(folder: Path, limit: str, usage: str, cached: str) -> int | None:
    try:
        most, used = int((folder / limit).read_text()), int((folder / usage).read_text())
        stat = _numbers((folder / "memory.stat").read_text().replace(" ", ": "))
    except (OSError, ValueError):
        return None  # "max" is no limit
    return max(0, most - used + stat.get(cached, 0))


def _available(meminfo: Path) -> int | None:
    try:
        kib = _numbers(meminfo.read_text()).get("MemAvailable")
    except OSError:
        return None
    return None if kib is None else kib << 10


def _numbers(text: str) -> Mapping[str, int]:
    lines = (line.partition(":") for line in text.splitlines())
    return {name: int(rest.split()[0]) for name, _, rest in lines if rest.split()[:1] and rest.split()[0].isdigit()}


def _free_gpu() -> int | None:
    import torch

    if not torch.cuda.is_available():
        return None
    free, _ = torch.cuda.mem_get_info()
    return int(free + torch.cuda.memory_reserved() - torch.cuda.memory_allocated())


def _mib(size: Any) -> str:
    return f"{size / (1 << 20):,.0f} MiB"
