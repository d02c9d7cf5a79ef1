"""The method `incremental` with `dataset.replay`: what a model knew before isn't lost over what is new."""

import json
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from tests.support.trainer.commands import judge_config, read_rows, train_config
from tests.support.trainer.pictures import make_tiny_resnet, write_digits

INCREMENTAL = {"method": "incremental", "learning_rate": "3e-3", "batch_size": "16"}
IMAGES = {"task": "image-classification"}


def run(start: Path, rows: Path, output: Path, dataset: dict[str, Any], **changes: Any) -> dict[str, Any]:
    data = {"train": rows.as_uri(), **dataset}
    report = train(json.dumps(train_config(start, rows, output, dataset=data, **changes)))
    return {**report, "manifest": json.loads((output / "manifest.json").read_text())}


def accuracy(candidate: Path, rows: Path) -> float:
    config = judge_config(candidate, rows, dataset={"holdout": rows.as_uri()}, **IMAGES)
    return float(judge(json.dumps(config))["candidate"]["metrics"]["accuracy"])


def append(rows: Path, more: Path) -> None:
    """Put more rows with their files behind those that are there."""
    for file in (more / "files").iterdir():
        file.rename(rows / "files" / f"new-{file.name}")
    lines = (more / "rows.jsonl").read_text().replace("files/", "files/new-")
    (rows / "rows.jsonl").write_text((rows / "rows.jsonl").read_text() + lines)


def test_what_was_known_before_is_kept(tmp_path: Path) -> None:
    """A ResNet knows digits white on black; then 600 come black on white."""
    rows = write_digits(tmp_path / "rows", 0, 1000)
    full = {"method": "full", "learning_rate": "3e-3", "epochs": "4"}
    run(make_tiny_resnet(tmp_path / "resnet"), rows, tmp_path / "served", {}, hyperparameters=full, **IMAGES)
    append(rows, write_digits(tmp_path / "more", 0, 600, is_inverted=True))
    old = write_digits(tmp_path / "old", 1000, 1300)
    new = write_digits(tmp_path / "new", 1000, 1300, is_inverted=True)
    found = {}
    for replay in (0.0, 0.5):
        output = tmp_path / f"replay-{replay}"
        settings = {"hyperparameters": INCREMENTAL, **IMAGES}
        report = run(tmp_path / "served", rows, output, {"recent": 600, "replay": replay}, **settings)
        assert report["rows"] == 600 / (1 - replay)
        assert report["manifest"]["dataset"]["train"].get("replayed", 0) == report["rows"] - 600
        found[replay] = accuracy(output, old), accuracy(output, new)
    print(f"before {accuracy(tmp_path / 'served', old):.3f}; by replay, on old and new rows: {found}")
    assert found[0.5][0] > found[0.0][0] + 0.05 and found[0.5][1] > 0.7


def test_a_model_that_was_never_trained_is_refused(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="method='incremental': startFrom has no head for this task to go on from"):
        run(tiny, train_rows, tmp_path / "out", {}, hyperparameters=INCREMENTAL)


def test_the_number_of_passes_is_no_choice(published: Path, train_rows: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="hyperparameters: epochs='2': Extra inputs are not permitted"):
        run(published, train_rows, tmp_path / "out", {}, hyperparameters={**INCREMENTAL, "epochs": "2"})
    assert len(read_rows(train_rows)) == 200
