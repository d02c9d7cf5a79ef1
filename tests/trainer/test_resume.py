"""A training that is stopped goes on from there, and ends as if it had never been stopped."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.commands.train import train
from refit_trainer.contract.errors import Stopped
from refit_trainer.storage.files import hash_file
from refit_trainer.training.training_state import StateStore
from tests.support.trainer.commands import finish, read_rows, run_command, start_command, train_config
from tests.support.trainer.stopping import stop_after

EARLY = {"early_stopping": "3", "early_stopping_share": "0.2"}
SETTINGS = {"learning_rate": "5e-3", "batch_size": "16", "epochs": "3"}


@pytest.mark.parametrize("weights", ["None", "Balanced"])
@pytest.mark.parametrize("settings", [SETTINGS, SETTINGS | EARLY], ids=["plain", "early stopping"])
def test_stopped_again_and_again_it_ends_with_the_same_weights(
    tiny: Path,
    train_rows: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    weights: str,
) -> None:
    dataset = {"train": train_rows.as_uri(), "classWeights": weights}
    asked = {"hyperparameters": settings, "dataset": dataset}
    whole = train(json.dumps(train_config(tiny, train_rows, tmp_path / "whole", **asked)))
    stop_after(monkeypatch, 5)
    config = json.dumps(train_config(tiny, train_rows, tmp_path / "parts", **asked))
    stops = []
    while not (tmp_path / "parts").exists():
        try:
            report = train(config)
        except Stopped as stopped:
            stops.append(str(stopped))
    total = 39 if settings == SETTINGS else 30
    assert stops == [f"stopped by SIGTERM after step {step} of {total}" for step in range(5, total, 5)]
    assert report["digest"] == whole["digest"]
    assert report["metrics"] == pytest.approx(whole["metrics"], abs=1e-5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parts", "whole"]


def test_after_a_kill_it_goes_on_from_the_last_periodic_save(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    config = train_config(tiny, train_rows, tmp_path / "out", hyperparameters=SETTINGS | {"epochs": "8"})
    process = start_command("train", config, tmp_path, REFIT_SAVE_SECONDS="0.01")
    assert process.stdout is not None
    while "state.saved" not in process.stdout.readline():
        assert process.poll() is None
    process.kill()
    finish(process, tmp_path)
    assert list((tmp_path / ".out.unfinished").glob("step-*"))
    ended = run_command("train", config, tmp_path)
    assert ended.code == 0, ended.output
    assert "train.resumed step=" in ended.output
    assert "data.encoded_found" in ended.output and "data.encoded path" not in ended.output
    whole = run_command("train", config | {"output": (tmp_path / "whole").as_uri()}, tmp_path)
    assert ended.message["digest"] == whole.message["digest"]
    assert not (tmp_path / ".out.unfinished").exists()


def test_rows_that_came_meanwhile_wait_for_the_next_run(
    tiny: Path, train_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(train_rows.read_bytes())
    dataset = train_config(tiny, rows, tmp_path)["dataset"] | {"recent": 150}
    config = json.dumps(train_config(tiny, rows, tmp_path / "out", hyperparameters=SETTINGS, dataset=dataset))
    stop_after(monkeypatch, 20)
    with pytest.raises(Stopped):
        train(config)
    with rows.open("a") as file:
        file.write(json.dumps(read_rows(train_rows)[0]) + "\n")
    report = train(config)
    whole = train_config(tiny, train_rows, tmp_path / "whole", hyperparameters=SETTINGS)
    monkeypatch.undo()
    first = train(json.dumps(whole | {"dataset": whole["dataset"] | {"recent": 150}}))
    assert (report["digest"], report["rows"]) == (first["digest"], 150)


def test_no_room_for_a_state_costs_the_resume_alone(
    tiny: Path, train_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk can't be had here; keeping the state fails as it would on one."""

    def commit(self: StateStore, folder: Path, step: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StateStore, "commit", commit)
    monkeypatch.setenv("REFIT_SAVE_SECONDS", "0.01")
    train(json.dumps(train_config(tiny, train_rows, tmp_path / "out")))
    assert "state.not_saved" in caplog.text and "No space left" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


class Payload:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("name", ["optimizer.pt", "scheduler.pt", "rng_state.pth"])
def test_a_state_runs_no_code(
    tiny: Path, train_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    config = json.dumps(train_config(tiny, train_rows, tmp_path / "out", hyperparameters=SETTINGS))
    stop_after(monkeypatch, 5)
    with pytest.raises(Stopped):
        train(config)
    folder = tmp_path / ".out.unfinished" / "step-5"
    assert not list(folder.glob("*.bin"))
    (folder / name).write_bytes(pickle.dumps(Payload(tmp_path / "marker")))
    seal = json.loads((folder / "state.json").read_text())
    seal["files"][name] = hash_file(folder / name)
    (folder / "state.json").write_text(json.dumps(seal))
    with pytest.raises(pickle.UnpicklingError):
        train(config)
    assert not (tmp_path / "marker").exists()
