"""The GPU's benchmark, played with tiny models on whatever is there: each part measures what it says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.gpu import SECONDS
from benchmarks.gpu.__main__ import measure
from benchmarks.gpu.play import PARTS, play
from benchmarks.gpu.sizes import DRY
from benchmarks.pages import read_lines


def test_start() -> None:
    found = play("start", DRY)
    assert 0 < found["seconds_to_the_first_step"] < found["seconds_in_all"]


def test_accuracy() -> None:
    found = play("accuracy", DRY)
    assert found["seconds_to_it"] > 0 and found["goal"] <= found["best_accuracy"] <= 1


def test_serving() -> None:
    found = play("serving", DRY)
    assert found["requests_a_second"] > 0 and 0 < found["p50_ms"] <= found["p99_ms"]


@pytest.mark.parametrize("method", ["lora", "full"])
def test_fine_tuning(method: str) -> None:
    found = play(method, DRY)
    assert found["steps_counted"] == DRY.steps - DRY.uncounted and found["tokens_a_second"] > 0
    assert found["weights"] > 32 * 300


def test_two_ranks() -> None:
    found = play("two-ranks", DRY)
    assert found["works"] is True, found


def test_the_script_records_what_it_measured(tmp_path: Path) -> None:
    assert set(PARTS) == set(SECONDS)
    command = [sys.executable, "-m", "benchmarks.gpu", "accuracy", "--dry-run", "--into", str(tmp_path / "gpu.jsonl")]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    [record] = read_lines(tmp_path / "gpu.jsonl")
    assert record == json.loads(ended.stdout) and record["part"] == "accuracy" and record["best_accuracy"] > 0


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_nothing_is_measured_but_dry(tmp_path: Path) -> None:
    assert not measure(["start"], tmp_path / "gpu.jsonl", is_dry=False)
    [record] = read_lines(tmp_path / "gpu.jsonl")
    assert record == {"part": "start", "failed": "there is no GPU: --dry-run plays the parts on a CPU"}
