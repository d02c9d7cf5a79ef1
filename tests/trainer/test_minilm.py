"""The real thing: MiniLM on movie sentences, where the data folder is there."""

import json
import os
from pathlib import Path

import pytest

from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from tests.support.trainer.commands import judge_config, read_rows, train_config, write_rows

DATA = Path(os.environ.get("REFIT_DATA", "/nowhere"))
pytestmark = pytest.mark.skipif(not (DATA / "minilm").is_dir(), reason="REFIT_DATA names no prepared folder")


def test_minilm_learns_movie_reviews(tmp_path: Path) -> None:
    rows = read_rows(DATA / "movies.jsonl")
    learn, held = write_rows(tmp_path / "train.jsonl", rows[:1600]), write_rows(tmp_path / "held.jsonl", rows[-200:])
    settings = {"learning_rate": "1e-4", "epochs": "1"}
    train(json.dumps(train_config(DATA / "minilm", learn, tmp_path / "out", hyperparameters=settings)))
    report = judge(json.dumps(judge_config(tmp_path / "out", held)))
    assert report["candidate"]["metrics"]["accuracy"] > 0.7


@pytest.mark.parametrize("settings", [{"method": "head"}, {"method": "lora", "learning_rate": "5e-3"}])
def test_other_methods_learn_from_fewer_rows(tmp_path: Path, settings: dict[str, str]) -> None:
    rows = read_rows(DATA / "movies.jsonl")
    learn, held = write_rows(tmp_path / "train.jsonl", rows[:640]), write_rows(tmp_path / "held.jsonl", rows[-200:])
    train(json.dumps(train_config(DATA / "minilm", learn, tmp_path / "out", hyperparameters=settings)))
    report = judge(json.dumps(judge_config(tmp_path / "out", held)))
    assert report["candidate"]["metrics"]["accuracy"] > 0.6
