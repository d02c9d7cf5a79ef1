"""Model folders with random damage, deep in their JSON and in the head of the weights: models, or refused by name."""

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.trainer import commands
from tests.support.trainer.damage import DAMAGE, DEEP_DAMAGE, damage, is_model, watch

BOUNDED = settings(max_examples=min(settings().max_examples, 400))
"""Each example loads a model; all of them together take about a minute."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from refit_trainer.commands.train import train

    folder = tmp_path_factory.mktemp("folders")
    rows = commands.read_rows(commands.SENTENCES)[:60]
    tiny = commands.make_tiny_bert(folder / "tiny", [row["text"] for row in rows])
    config = commands.train_config(tiny, commands.write_rows(folder / "rows.jsonl", rows), folder / "model")
    train(json.dumps(config | {"hyperparameters": {"epochs": "1"}}))
    sys.addaudithook(watch)
    return folder / "model"


@BOUNDED
@given(st.lists(DAMAGE | DEEP_DAMAGE, min_size=1, max_size=2))
def test_a_damaged_folder(published: Path, damages: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(published, Path(scratch) / "model"))
        for one in damages:
            damage(folder, *one)
        is_model(folder)
