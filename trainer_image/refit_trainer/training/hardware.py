"""The Trainer's settings for the hardware. What is for a GPU alone hasn't been run on one."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from refit_trainer.distributed import collectives
from refit_trainer.training.compute import count_cpus, is_bf16_fast, pick_device
from refit_trainer.training.encoded import Example, is_lazy, pick_extremes

MOST_WORKERS = 8
"""Processes that decode pictures and recordings for a GPU."""
AHEAD = 3
"""Batches of each process that are in shared memory: two that wait, and one that is copied to the GPU."""
SHARED_MEMORY = Path("/dev/shm")
Collate = Callable[[list[Example]], dict[str, Any]]


def hardware_settings(workers: int) -> dict[str, Any]:
    """Return the Trainer's settings: number formats, copies, and so many processes that make batches.

    On a GPU nothing of a step is waited for: batches are copied beside it, and a loss that is no number is found at the
    end instead of being looked for in each. A GPU that isn't fast in bf16 computes in fp32: networks that were trained
    in bf16 (T5) overflow in fp16, and the Trainer would leave out each step.
    """
    is_on_gpu = pick_device().type == "cuda"
    return {
        "bf16": is_bf16_fast(),
        "use_cpu": not is_on_gpu,
        "ddp_backend": "gloo" if collectives.world_size() > 1 and not is_on_gpu else None,
        "dataloader_pin_memory": is_on_gpu,
        "accelerator_config": {"non_blocking": is_on_gpu},
        "dataloader_num_workers": workers,
        "dataloader_persistent_workers": workers > 0,
        "logging_nan_inf_filter": not is_on_gpu,
    }


def count_workers(examples: Sequence[Example], collate: Collate, batch: int) -> int:
    """Return how many processes make batches beside the training: none on a CPU, which they would take from it, and
    none where rows are encoded already.
    """
    if pick_device().type != "cuda" or not is_lazy(examples):
        return 0
    longest = pick_extremes(examples)[-1]
    size = batch * sum(getattr(value, "nbytes", 0) for value in collate([longest]).values())
    shared = shutil.disk_usage(SHARED_MEMORY).free if SHARED_MEMORY.exists() else 0
    return fit_workers(size, count_cpus(), shared // collectives.world_size())


def fit_workers(batch_bytes: int, cpus: int, shared_bytes: int) -> int:
    """Return how many processes the cores and the shared memory have room for, of which a pod has 64 MiB by default."""
    return max(0, min(MOST_WORKERS, cpus - 1, shared_bytes // max(1, AHEAD * batch_bytes)))
