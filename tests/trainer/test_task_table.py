"""What holds for every task of the table in `task_cases`: the contract, bad rows, resuming, determinism, serving."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.commands.comparability import check_answers_possible
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput, Stopped
from refit_trainer.data.rows import Row
from refit_trainer.tasks import Task, find_task
from refit_trainer.tasks.components.row_check import check_row
from refit_trainer.training import resume
from tests.support.trainer.commands import judge_config, read_rows, run_command, train_config, write_rows
from tests.support.trainer.server import Serve
from tests.support.trainer.task_cases import CASES, TaskCase

LEARNT = 200


class Played:
    """A case in a folder of its own: rows, a start without a head, and the model that was trained from it."""

    def __init__(self, case: TaskCase, folder: Path) -> None:
        self.case, self.folder = case, folder
        self.task: Task = find_task(case.task)
        self.columns = {role: role for role in self.task.roles.required}
        self.rows = write_rows(folder / "rows.jsonl", case.rows(LEARNT))
        self.start = case.make(folder / "start")
        self.first = self.train(self.start, folder / "first")

    def config(self, start: Path, output: Path, rows: Path | None = None, **settings: str) -> dict[str, Any]:
        dataset = {"train": (rows or self.rows).as_uri(), "columns": self.columns}
        changes = {"task": self.case.task, "dataset": dataset, "hyperparameters": {**self.case.settings, **settings}}
        return train_config(start, rows or self.rows, output, **changes)

    def train(self, start: Path, output: Path, rows: Path | None = None, **settings: str) -> dict[str, Any]:
        return train(json.dumps(self.config(start, output, rows, **settings)))

    def judge_config(self, candidate: Path, served: Path | None = None, rows: Path | None = None) -> dict[str, Any]:
        dataset = {"holdout": (rows or self.rows).as_uri(), "columns": self.columns}
        changes = {"task": self.case.task, "dataset": dataset, "gate": {"metric": self.case.metric}}
        return judge_config(candidate, rows or self.rows, served, **changes)

    def judge(self, candidate: Path, served: Path | None = None) -> dict[str, Any]:
        return judge(json.dumps(self.judge_config(candidate, served)))


@pytest.fixture(scope="module", params=CASES, ids=[case.name for case in CASES])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(request.param, tmp_path_factory.mktemp(request.param.name))


def test_it_learns_what_its_rows_say_and_both_models_are_judged_on_the_same(played: Played, tmp_path: Path) -> None:
    case = played.case
    played.train(played.start, tmp_path / "little", **case.little)
    report = played.judge(played.folder / "first", tmp_path / "little")
    candidate, served = (report[model]["metrics"][case.metric] for model in ("candidate", "served"))
    sign = 1 if played.task.metrics[case.metric] else -1
    assert sign * candidate > sign * case.reached > sign * served, (candidate, served)
    assert report["difference"]["value"] == pytest.approx(candidate - served, abs=1e-5)
    low, high = report["difference"]["low"], report["difference"]["high"]
    assert low < candidate - served < high and (low > 0 if sign > 0 else high < 0)
    assert report["directions"] == {name: "Higher" if up else "Lower" for name, up in played.task.metrics.items()}
    assert set(report["candidate"]["metrics"]) == set(played.task.metrics)


def test_the_same_run_again_gives_the_same_digest(played: Played, tmp_path: Path) -> None:
    again = played.train(played.start, tmp_path / "again")
    assert again["digest"] == played.first["digest"]


def test_stopped_again_and_again_it_ends_with_the_same_weights(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not played.case.by_steps:
        pytest.skip("it learns in one go, in seconds")
    whole = played.train(played.folder / "first", tmp_path / "whole", epochs="1")
    ask, made = resume._RequestSaves.on_step_end, {"steps": 0}

    def stop_sometimes(self: Any, args: Any, state: Any, control: Any, **given: Any) -> None:
        made["steps"] += 1
        if made["steps"] % 5 == 0:
            os.kill(os.getpid(), signal.SIGTERM)
        ask(self, args, state, control, **given)

    monkeypatch.setattr(resume._RequestSaves, "on_step_end", stop_sometimes)
    stops = 0
    while not (tmp_path / "parts").exists():
        try:
            parts = played.train(played.folder / "first", tmp_path / "parts", epochs="1")
        except Stopped:
            stops += 1
    assert stops >= 2 and parts["digest"] == whole["digest"]


def test_adapters_are_merged_and_the_start_is_left_as_it_was(played: Played, tmp_path: Path) -> None:
    if not played.case.by_steps:
        with pytest.raises(BadInput, match="learns by 'boosting' alone"):
            played.train(played.start, tmp_path / "out", method="lora")
        return
    report = played.train(
        played.folder / "first", tmp_path / "out", method="lora", learning_rate="1e-2", save_dtype="bfloat16"
    )
    assert 0 < report["metrics"]["trained_share"] < 1 and report["digest"] != played.first["digest"]
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {path.name for path in (played.folder / "first").iterdir()} - {"report.html", "README.md"}
    judged = played.judge(tmp_path / "out")["candidate"]["metrics"][played.case.metric]
    sign = 1 if played.task.metrics[played.case.metric] else -1
    assert sign * judged > sign * played.case.reached


def test_every_bad_row_is_named_at_once(played: Played, tmp_path: Path) -> None:
    good, bad = played.case.rows(1)[0], played.case.bad
    rows = write_rows(tmp_path / "rows.jsonl", [good | changes for changes, _ in bad])
    with pytest.raises(BadInput) as refused:
        played.train(played.start, tmp_path / "out", rows)
    assert str(refused.value).splitlines() == [f"rows.jsonl:{n}: {said}" for n, (_, said) in enumerate(bad, start=1)]


def test_a_truth_that_the_model_does_not_know(played: Played, tmp_path: Path) -> None:
    if played.case.foreign is None:
        assert played.task.known_labels(played.folder / "first") == ()
        return
    truth, said = played.case.foreign
    rows = write_rows(tmp_path / "rows.jsonl", [played.case.rows(1)[0] | {played.task.truth: truth}])
    with pytest.raises(BadInput) as refused:
        played.train(played.folder / "first", tmp_path / "out", rows)
    assert str(refused.value) == f"rows.jsonl:1: {said}"
    with pytest.raises(BadInput, match="can't answer any row of the holdout: it knows"):
        check_answers_possible(played.task, played.folder / "first", [Row({played.task.truth: truth})])


def test_a_model_without_a_head_is_neither_judged_nor_served(played: Played, tmp_path: Path, serve: Serve) -> None:
    ended = run_command("judge", played.judge_config(played.start), tmp_path)
    assert ended.code == 64 and "has no head for this task" in ended.message["error"], ended.output
    server = serve(INITIAL_MODEL_URI=played.start.as_uri(), TASK=played.case.task)
    assert server.process.wait(60) == 64


def test_weights_that_are_lacking_are_named(played: Played, tmp_path: Path) -> None:
    if not played.case.by_steps:
        pytest.skip("it has no weights: test_tables.py has what trees may lack")
    import shutil

    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(played.folder / "first", tmp_path / "broken"))
    (folder / "manifest.json").unlink()
    weights = load_file(folder / "model.safetensors")
    lacking = next(name for name in sorted(weights) if "layer" in name)
    save_file({name: one for name, one in weights.items() if name != lacking}, folder / "model.safetensors")
    with pytest.raises(BadInput, match="the weights lack") as refused:
        played.judge(folder)
    assert lacking in str(refused.value)


def test_the_report_page_and_the_card_are_written(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFIT_REPORT", "on")
    monkeypatch.setenv("REFIT_SKETCH", "on")
    played.train(played.start, tmp_path / "out", epochs="1")
    played.judge(tmp_path / "out", played.folder / "first")
    page, card = ((tmp_path / "out" / name).read_text() for name in ("report.html", "README.md"))
    assert played.case.metric in page and f"Task: {played.case.task}" in card


def test_it_is_served_and_what_is_labelled_can_be_learnt(serve: Serve, played: Played, tmp_path: Path) -> None:
    server = serve(INITIAL_MODEL_URI=(played.folder / "first").as_uri(), TASK=played.case.task, HOLDOUT_SHARE="0")
    server.wait()
    row, name = played.case.rows(1)[0], played.task.input
    answer = server.post("/v1/predict", id="a", **{name: row[name]})
    assert 0 <= answer["score"] <= 1
    labelled = server.post("/v1/feedback", id="a", label=row[played.task.truth])
    assert labelled == {"judged": True, "stored": "train", "duplicate": False}
    tally = played.task.tally(answer["label"], row[played.task.truth])
    counted = server.count("refit_serve_prediction_errors_total"), server.count("refit_serve_prediction_units_total")
    assert counted == pytest.approx((tally.errors, tally.units))
    if played.task.truth in ("label", "labels"):
        named = played.task.answers(answer["label"], ())
        assert [server.count(f'refit_serve_predictions_by_label_total{{label="{name}"}}') for name in named] == [
            1.0
        ] * len(named)
    (stored,) = read_rows(server.folder / "train" / "pod-1.jsonl")
    assert {role: stored[role] for role in played.columns} == {role: row[role] for role in played.columns}
    assert check_row(played.task, played.task.known_labels(played.folder / "first"))(stored) is None
    for changes, said in played.case.bad:
        wrong = {**row, **changes}
        body = {"id": "b", "label": wrong[played.task.truth]} | ({name: wrong[name]} if name in changes else {})
        code, error = server.refused("/v1/feedback", **body)
        assert code in (422, 403) and (code == 403 or error == said), (changes, error)


def test_a_cut_text_is_counted(played: Played, tmp_path: Path) -> None:
    if played.task.input != "text":
        with pytest.raises(BadInput, match="aren't cut"):
            played.train(played.start, tmp_path / "out", max_length="8")
        return
    model = played.task.load(played.folder / "first")
    played.task.limit_length(model, 8)
    rows = [Row(row) for row in played.case.rows(40)]
    cut = played.task.count_cut(model, rows)
    whole = played.task.count_cut(played.task.load(played.folder / "first"), rows)
    assert 0 < cut <= 40 and whole < cut
    assert len(played.task.predict(model, rows)) == 40
