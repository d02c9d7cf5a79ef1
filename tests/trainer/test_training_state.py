"""States beside the output: whole and of this very run, or left alone."""

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.artifacts.checkpoint import prepare_output
from refit_trainer.contract.config import Run
from refit_trainer.data.rows import Row, RowSet
from refit_trainer.storage.uris import remove
from refit_trainer.training.training_state import StateStore, states_uri
from tests.support.trainer.s3_server import BUCKET

IDENTITY = {"run": {"uid": "uid-1", "ordinal": 1}, "hyperparameters": {"epochs": 2.0}, "task": "text-classification"}
ROWS = RowSet(tuple(Row({"text": text, "label": "a"}, f"rows.jsonl:{i}") for i, text in enumerate("abc")), "now")
RUN = Run(name="reviews-3", uid="uid-3")
PLACES = ("file://{}/out", "memory://bucket{}/out", f"s3://{BUCKET}{{}}/out")


@pytest.fixture(params=PLACES, ids=["file", "object store", "s3"])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param.startswith("s3:"):
        request.getfixturevalue("s3")
    return str(request.param).format(tmp_path)


def keep(output: str, step: int, identity: dict[str, Any] = IDENTITY) -> StateStore:
    states = StateStore(output, identity)
    states.pin_rows(ROWS)
    folder = states.staging / "checkpoint"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_text(f"weights of step {step}")
    states.commit(folder, step)
    return states


def test_the_newest_state_is_found_and_the_others_are_gone(output: str) -> None:
    assert StateStore(output, IDENTITY).saved is None
    keep(output, 9)
    keep(output, 10)
    saved = StateStore(output, IDENTITY).saved
    assert saved and saved.step == 10
    assert (saved.folder / "model.safetensors").read_text() == "weights of step 10"
    shutil.rmtree(saved.folder, ignore_errors=True)
    remove(states_uri(output))
    assert StateStore(output, IDENTITY).saved is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"run": {"uid": "uid-2", "ordinal": 1}}, "another run"),
        ({"run": {"uid": "uid-1", "ordinal": 2}}, "another run"),
        ({"hyperparameters": {"epochs": 3.0}, "task": "x"}, "another hyperparameters, task"),
        ({"versions": {"torch": "9"}}, "another versions"),
    ],
)
def test_a_state_of_something_else_is_left_alone(
    output: str, change: dict[str, Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    keep(output, 10)
    with caplog.at_level(logging.INFO, "refit_trainer"):
        assert StateStore(output, IDENTITY | change).saved is None
    assert f"reason={reason}" in caplog.text


def test_a_torn_state_is_left_alone_and_the_one_before_it_counts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    output = f"file://{tmp_path}/out"
    keep(output, 10)
    root = tmp_path / ".out.unfinished"
    changes = {
        11: lambda folder: (folder / "model.safetensors").write_text("cut"),
        12: lambda folder: (folder / "model.safetensors").unlink(),
        13: lambda folder: (folder / "state.json").unlink(),
        14: lambda folder: (folder / "state.json").write_text('{"step": 14, "of"'),
        15: lambda folder: (folder / "state.json").write_text("[]"),
    }
    for step, change in changes.items():
        change(Path(shutil.copytree(root / "step-10", root / f"step-{step}")))
    with caplog.at_level(logging.INFO, "refit_trainer"):
        saved = StateStore(output, IDENTITY).saved
    assert saved and saved.step == 10
    assert caplog.text.count("reason=torn") == len(changes)


def test_a_retry_reads_the_rows_of_the_first_attempt(output: str) -> None:
    keep(output, 10)
    unread = ("rows.json",)
    more = RowSet((Row({"text": "newest", "label": "a"}, "rows.jsonl:9"), *reversed(ROWS.rows)), "later", 0, unread)
    assert StateStore(output, IDENTITY).reread_rows(lambda: more) == replace(ROWS, unread=unread)


@pytest.mark.parametrize("rows", [ROWS.rows[:2], (*ROWS.rows[:2], Row({"text": "!", "label": "a"}, "rows.jsonl:2"))])
def test_where_the_rows_have_changed_the_state_is_left_alone(output: str, rows: tuple[Row, ...]) -> None:
    keep(output, 10)
    states = StateStore(output, IDENTITY)
    assert states.reread_rows(lambda: RowSet(rows)) is None and states.saved is None


def test_what_earlier_runs_never_finished_goes(tmp_path: Path) -> None:
    begun = (
        ".reviews-2-0a1b2c3d.unfinished",
        f".reviews-1-0a1b2c3d.{'a' * 32}.partial",
    )
    others = (
        ".reviews-3-0a1b2c3d.unfinished",
        ".reviews-4-0a1b2c3d.unfinished",
        ".books-2-0a1b2c3d.unfinished",
        ".reviews-new-2-0a1b2c3d.unfinished",
        ".mine.unfinished",
        "reviews-2-0a1b2c3d",
    )
    for name in (*begun, *others):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    prepare_output(f"file://{tmp_path}/reviews-3-0a1b2c3d", RUN)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)
    prepare_output(f"file://{tmp_path}/mine-too", RUN)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)


def test_the_seal_names_no_row(tmp_path: Path) -> None:
    keep(f"file://{tmp_path}/out", 10)
    written = [path.read_text() for path in (tmp_path / ".out.unfinished").rglob("*.json")]
    assert len(written) == 2 and json.loads(written[0]) and not any('"text"' in text for text in written)
    assert states_uri(f"file://{tmp_path}/out/") == f"file://{tmp_path}/.out.unfinished"
