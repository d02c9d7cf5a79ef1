"""The hardware: device, threads, and whether bf16 is faster."""

import math
import os
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

import torch


@cache
def pick_device() -> torch.device:
    """Return the GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@cache
def is_bf16_fast() -> bool:
    """Tell whether the processor multiplies bf16 by itself; emulated, it is slower than fp32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.get_device_capability() >= (8, 0))
    flags = Path("/proc/cpuinfo").read_text(errors="replace").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def autocast() -> AbstractContextManager[Any]:
    """Return the context to predict in: bf16 where it is fast."""
    context: AbstractContextManager[Any] = torch.autocast(
        pick_device().type, dtype=torch.bfloat16, enabled=is_bf16_fast()
    )
    return context


def limit_threads() -> int:
    """Give torch as many threads as the container may use, and return that number.

    torch counts the machine's cores and knows nothing of a container's CPU limit: more threads than that only wait.
    """
    threads = int(os.environ.get("TORCH_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or count_cpus())
    torch.set_num_threads(threads)
    return threads


def count_cpus() -> int:
    """Return how many cores the container may use."""
    cores = len(os.sched_getaffinity(0))
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (OSError, ValueError):
        return cores
    return cores if quota == "max" else max(1, min(cores, math.ceil(int(quota) / int(period))))


def seed_everything(seed: int) -> None:
    """Seed torch's random numbers, so that for example a new head has the same weights in every run."""
    torch.manual_seed(seed)
