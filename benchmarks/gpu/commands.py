"""`refit-train` as the operator runs it: how long until it learns, and two processes on one device."""

import time
from pathlib import Path
from typing import Any

from benchmarks.gpu.models import make_encoder
from benchmarks.gpu.sizes import Sizes
from tests.support.local import free_port
from tests.support.trainer.commands import SENTENCES, finish, read_rows, start_command, train_config, write_rows

SETTINGS = {"learning_rate": "1e-4", "batch_size": "32", "epochs": "1"}
WITHIN_S = 100


def configure(folder: Path, sizes: Sizes) -> dict[str, Any]:
    """Write model and rows; return a training of few steps, each of which is logged."""
    rows = write_rows(folder / "rows.jsonl", read_rows(SENTENCES)[:200])
    return train_config(make_encoder(folder / "model", sizes), rows, folder / "out", hyperparameters=SETTINGS)


def play_start(sizes: Sizes, folder: Path) -> dict[str, Any]:
    """Return the seconds from the start of the process to its first step, and to its end."""
    config = configure(folder, sizes)
    started = time.monotonic()
    process = start_command("train", config, folder)
    assert process.stdout
    first = next((time.monotonic() for line in process.stdout if "train.step step=1 " in line), None)
    output, _ = process.communicate(timeout=WITHIN_S)
    if process.returncode or first is None:
        raise RuntimeError(f"refit-train ended with {process.returncode}: {output[-300:]}")
    in_all = time.monotonic() - started
    return {"seconds_to_the_first_step": round(first - started, 2), "seconds_in_all": round(in_all, 2)}


def play_two_ranks(sizes: Sizes, folder: Path) -> dict[str, Any]:
    """Train as two machines that see one device do; say so where that is refused, as NCCL does with one GPU."""
    config = configure(folder, sizes)
    shared = {"NNODES": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "CUDA_VISIBLE_DEVICES": "0"}
    homes = [folder / str(machine) for machine in range(2)]
    for home in homes:
        home.mkdir()
    started = time.monotonic()
    running = [start_command("train", config, home, NODE_RANK=home.name, **shared) for home in homes]
    ended = [finish(process, home, WITHIN_S) for process, home in zip(running, homes, strict=True)]
    seconds = round(time.monotonic() - started, 2)
    if not any(one.code for one in ended):
        return {"works": True, "seconds_in_all": seconds}
    told = next((one.message["error"] for one in ended if "error" in one.message), f"exit code {ended[0].code}")
    return {"works": False, "seconds_in_all": seconds, "said": " ".join(told.split())[:200]}
