"""Training again on what a refused run was trained on: nothing is, and every other change is trained on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from refit_trainer import __main__ as command
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.constants import EXIT_DONE, EXIT_UNCHANGED
from refit_trainer.contract.errors import Unchanged, WorkerExited
from tests.support.trainer.commands import judge_config, read_rows, run_command, train_config, write_rows

SETTINGS = {"learning_rate": "5e-3", "batch_size": "16", "epochs": "2"}
Changed = Callable[[Path, Path, Path], dict[str, Any]]


@pytest.fixture(scope="module")
def refused(published: Path) -> dict[str, str]:
    """What the operator hands on of a run that the gate refused."""
    return {json.loads((published / "manifest.json").read_text())["fingerprint"]: "reviews-1-0a1b2c3d"}


def again(start: Path, rows: Path, output: Path, **changes: Any) -> dict[str, Any]:
    return train_config(start, rows, output, uid="uid-2", **changes)


def test_the_same_again_is_not_trained(
    tiny: Path, train_rows: Path, refused: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Elsewhere, by another run, with a default that is written out: what is learnt from is the same."""
    rows = write_rows(tmp_path / "moved" / "feedback.jsonl", read_rows(train_rows))
    same = SETTINGS | {"learning_rate": "0.005", "seed": "42"}
    with caplog.at_level("INFO", "refit_trainer"), pytest.raises(Unchanged) as found:
        train(json.dumps(again(tiny, rows, tmp_path / "out", hyperparameters=same, refused=refused)))
    assert found.value.fingerprint in refused
    assert "train.unchanged since=reviews-1-0a1b2c3d" in caplog.text and "model.loaded" not in caplog.text
    assert not (tmp_path / "out").exists()


def _one_row_changed(tiny: Path, rows: Path, folder: Path) -> dict[str, Any]:
    changed = read_rows(rows)
    changed[7]["label"] = "positive" if changed[7]["label"] == "negative" else "negative"
    return again(tiny, write_rows(folder / "rows.jsonl", changed), folder / "out")


def _one_row_more(tiny: Path, rows: Path, folder: Path) -> dict[str, Any]:
    more = [*read_rows(rows), {"text": "one more", "label": "positive"}]
    return again(tiny, write_rows(folder / "rows.jsonl", more), folder / "out")


def _the_newest_rows(tiny: Path, rows: Path, folder: Path) -> dict[str, Any]:
    document = again(tiny, rows, folder / "out")
    return document | {"dataset": document["dataset"] | {"recent": 199}}


def _a_hyperparameter(tiny: Path, rows: Path, folder: Path) -> dict[str, Any]:
    return again(tiny, rows, folder / "out", hyperparameters=SETTINGS | {"seed": "7"})


def _another_method(tiny: Path, rows: Path, folder: Path) -> dict[str, Any]:
    return again(tiny, rows, folder / "out", hyperparameters={"batch_size": "16", "method": "head"})


CHANGES: dict[str, Changed] = {
    "one row's label": _one_row_changed,
    "one row more": _one_row_more,
    "which rows": _the_newest_rows,
    "a hyperparameter": _a_hyperparameter,
    "the method": _another_method,
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_has_changed_is_trained_on(
    name: str, tiny: Path, train_rows: Path, refused: dict[str, str], tmp_path: Path
) -> None:
    report = train(json.dumps(CHANGES[name](tiny, train_rows, tmp_path) | {"refused": refused}))
    assert report["digest"] and report["fingerprint"] not in refused


def test_another_start_is_trained_from(
    published: Path, train_rows: Path, refused: dict[str, str], tmp_path: Path
) -> None:
    report = train(json.dumps(again(published, train_rows, tmp_path / "out", refused=refused)))
    assert report["fingerprint"] not in refused


def test_the_commands_say_so_and_exit_0(
    tiny: Path, train_rows: Path, holdout_rows: Path, refused: dict[str, str], published: Path, tmp_path: Path
) -> None:
    ended = run_command("train", again(tiny, train_rows, tmp_path / "out", refused=refused), tmp_path)
    assert (ended.code, ended.message) == (0, {"unchanged": next(iter(refused))}), ended.output
    document = judge_config(tmp_path / "out", holdout_rows, published, mayBeUnchanged=True)
    ended = run_command("judge", document, tmp_path)
    holdout = judge(json.dumps(judge_config(published, holdout_rows)))["holdout"]["digest"]
    assert (ended.code, list(ended.message), ended.message["holdout"]["digest"]) == (0, ["holdout"], holdout)


def test_what_was_trained_is_judged_though_it_might_have_been_unchanged(published: Path, holdout_rows: Path) -> None:
    assert "candidate" in judge(json.dumps(judge_config(published, holdout_rows, mayBeUnchanged=True)))


def test_a_worker_tells_its_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stands in for the workers of several GPUs, which no test machine has."""
    log = tmp_path / "termination-log"
    monkeypatch.setenv("REFIT_TERMINATION_LOG", str(log))
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "uid-2")

    def worker(text: str) -> dict[str, Any]:
        raise Unchanged("sha256:1")

    def machine(text: str) -> dict[str, Any]:
        raise WorkerExited(EXIT_UNCHANGED)

    assert command.run(worker) == EXIT_UNCHANGED
    assert command.run(machine) == EXIT_DONE
    assert json.loads(log.read_text()) == {"unchanged": "sha256:1"}
