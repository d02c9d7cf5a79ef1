"""The Trainer's settings for the hardware: by device and by memory; no GPU is at hand, so a device is only named."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from refit_trainer.commands.train import train
from refit_trainer.data.blob import Blob
from refit_trainer.data.rows import Row
from refit_trainer.methods import full
from refit_trainer.training import hardware
from refit_trainer.training.encoded import LazyRows
from refit_trainer.training.hardware import count_workers, fit_workers, hardware_settings
from tests.support.trainer.commands import train_config
from tests.support.trainer.pictures import make_tiny_resnet, write_digits

MIB = 1 << 20


@pytest.mark.parametrize(
    ("batch_bytes", "cpus", "shared_bytes", "workers"),
    [
        (19 * MIB, 16, 2048 * MIB, 8),
        (19 * MIB, 4, 2048 * MIB, 3),
        (19 * MIB, 16, 64 * MIB, 1),
        (30 * MIB, 16, 64 * MIB, 0),
        (19 * MIB, 1, 2048 * MIB, 0),
        (0, 16, 0, 0),
    ],
)
def test_processes_fit_cores_and_shared_memory(batch_bytes: int, cpus: int, shared_bytes: int, workers: int) -> None:
    assert fit_workers(batch_bytes, cpus, shared_bytes) == workers


def name_gpu(monkeypatch: pytest.MonkeyPatch, has_bf16: bool = True) -> None:
    monkeypatch.setattr(hardware, "pick_device", lambda: torch.device("cuda"))
    monkeypatch.setattr(hardware, "is_bf16_fast", lambda: has_bf16)


@pytest.mark.parametrize("has_bf16", [True, False])
def test_a_gpu_computes_in_bf16_or_fp32_and_waits_for_nothing(monkeypatch: pytest.MonkeyPatch, has_bf16: bool) -> None:
    name_gpu(monkeypatch, has_bf16)
    found = hardware_settings(2)
    assert found["bf16"] == has_bf16 and not found.get("fp16")
    assert found["dataloader_pin_memory"] and found["accelerator_config"] == {"non_blocking": True}
    assert not found["logging_nan_inf_filter"] and found["dataloader_num_workers"] == 2


def test_a_cpu_never_computes_in_fp16_and_has_no_processes_beside_it() -> None:
    assert not hardware_settings(0).get("fp16")
    pictures = LazyRows([Row({"image": Blob(b"")})] * 3, lambda rows: [{"x": torch.zeros(9)}], lambda row: 0)
    assert count_workers(pictures, lambda rows: {"x": torch.zeros(9)}, 32) == 0


def test_rows_that_are_encoded_already_need_no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    name_gpu(monkeypatch)
    monkeypatch.setattr(hardware, "count_cpus", lambda: 4)
    tokens = [{"input_ids": [1, 2, 3]}] * 3
    assert count_workers(tokens, lambda rows: {"input_ids": torch.zeros(1, 3)}, 32) == 0
    pictures = LazyRows([Row({"image": Blob(b"")})] * 3, lambda rows: [{"x": torch.zeros(9)}], lambda row: 0)
    monkeypatch.setattr(hardware, "SHARED_MEMORY", Path("/"))
    assert count_workers(pictures, lambda rows: {"x": torch.zeros(9)}, 32) == 3


def learn(folder: Path, start: Path, rows: Path) -> dict[str, Any]:
    config = train_config(start, rows, folder) | {"task": "image-classification"}
    train(json.dumps(config | {"dataset": {"train": rows.as_uri()}, "hyperparameters": {"epochs": "2"}}))
    weights: dict[str, Any] = load_file(folder / "model.safetensors")
    return weights


def test_processes_beside_the_training_change_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forced upon a CPU, which never has them."""
    start, rows = make_tiny_resnet(tmp_path / "start"), write_digits(tmp_path / "rows", 0, 100)
    alone = learn(tmp_path / "alone", start, rows)
    monkeypatch.setattr(full, "count_workers", lambda *given: 2)
    beside = learn(tmp_path / "beside", start, rows)
    assert alone.keys() == beside.keys()
    assert all(torch.equal(alone[name], beside[name]) for name in alone)
