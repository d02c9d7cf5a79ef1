"""Tables: columns of CSV as features, trees that fit, and trees that XGBoost must not be given."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xgboost

from benchmarks.tasks.tabular_classification import make_empty
from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import find_task
from refit_trainer.tasks.components.features import Feature, encode_rows, find_features
from tests.support.trainer.commands import judge_config, run_command, train_config

TASK = find_task("tabular-classification")
HEADER = "id,age,colour,paid,kind"
LINES = [f"{n},{n % 40},{('red', 'blue', '')[n % 3]},{n % 7}.5,{'old' if n % 40 >= 20 else 'new'}" for n in range(200)]


def config(rows: Path, output: Path, start: Path, **settings: str) -> dict[str, Any]:
    dataset = {"train": rows.as_uri(), "format": "csv", "columns": {"label": "kind"}}
    return train_config(start, rows, output, task=TASK_NAME, dataset=dataset, hyperparameters=settings)


TASK_NAME = "tabular-classification"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows as CSV, and the trees that they were learnt by."""
    folder = tmp_path_factory.mktemp("table")
    (folder / "rows.csv").write_text("\n".join([HEADER, *LINES]) + "\n")
    train(json.dumps(config(folder / "rows.csv", folder / "out", make_empty(folder / "start"), epochs="5")))
    return folder


def test_columns_of_csv_are_features(folder: Path) -> None:
    document = json.loads((folder / "out" / "config.json").read_text())
    assert document["features"] == [
        {"column": "age", "names": None},
        {"column": "colour", "names": ["blue", "red"]},
        {"column": "paid", "names": None},
    ]
    assert document["labels"] == ["new", "old"]
    dataset = {
        "holdout": (folder / "rows.csv").as_uri(),
        "format": "csv",
        "columns": {"label": "kind", "slice": "colour"},
    }
    wanted = judge_config(folder / "out", folder / "rows.csv", task=TASK_NAME, dataset=dataset)
    report = judge(json.dumps(wanted))
    assert report["candidate"]["metrics"]["accuracy"] == 1 and set(report["slices"]) == {"red", "blue"}


def test_xgboost_itself_reads_what_was_learnt(folder: Path) -> None:
    booster = xgboost.Booster(model_file=str(folder / "out" / "model.json"))
    rows = [{"age": 3, "colour": "red", "paid": 1}, {"age": 30}, {"colour": "green"}]
    matrix = encode_rows(TASK.load(folder / "out").network.features, rows)
    expected = booster.predict(xgboost.DMatrix(matrix))
    found = TASK.predict(TASK.load(folder / "out"), [Row({"features": row}) for row in rows])
    assert [one.value for one in found[:2]] == ["new", "old"]
    assert [one.score for one in found] == pytest.approx(expected.max(axis=1).tolist())


def test_a_row_learns_from_every_column_that_no_role_takes(folder: Path, tmp_path: Path) -> None:
    """Rows that refit-serve stored have an object; both are the same rows."""
    rows = [dict(zip(HEADER.split(","), line.split(","), strict=True)) for line in LINES]
    stored = [
        {"features": {name: one[name] or None for name in ("age", "colour", "paid")}, "kind": one["kind"]}
        for one in rows
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in stored))
    again = config(tmp_path / "rows.jsonl", tmp_path / "out", folder / "start", epochs="5")
    again["dataset"]["format"] = "jsonl"
    report = train(json.dumps(again))
    assert report["digest"] == digest_folder(folder / "out")


def test_names_and_numbers() -> None:
    rows = [{"a": "1", "b": 1, "c": True, "d": None}, {"a": "2.5", "b": "x", "c": False}, {"b": None}]
    features = find_features(rows)
    assert features == (Feature("a"), Feature("b", ("1", "x")), Feature("c"), Feature("d"))
    encoded = encode_rows(features, [*rows, {"a": "x", "b": "new", "z": 1}]).tolist()
    assert encoded[0][:3] == [1, 0, 1] and encoded[1][:3] == [2.5, 1, 0]
    assert all(map(math.isnan, [encoded[0][3], encoded[2][0], *encoded[3]]))


def test_a_column_of_texts_is_no_feature() -> None:
    with pytest.raises(BadInput, match='column "name" has 1001 different texts, more than 1000'):
        find_features([{"name": f"n{n}"} for n in range(1001)])


def of_tree(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    return lambda learner: change(learner["gradient_booster"]["model"]["trees"][0])


DAMAGE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a node far off": of_tree(lambda tree: tree["left_children"].__setitem__(0, 10**6)),
    "a circle": of_tree(lambda tree: tree["left_children"].__setitem__(0, 0)),
    "a node of two": of_tree(lambda tree: tree["left_children"].__setitem__(0, tree["right_children"][0])),
    "half a leaf": of_tree(lambda tree: tree["right_children"].__setitem__(len(tree["right_children"]) - 1, 1)),
    "a column far off": of_tree(lambda tree: tree["split_indices"].__setitem__(0, 3)),
    "a list too short": of_tree(lambda tree: tree["split_conditions"].pop()),
    "more nodes than there are": of_tree(lambda tree: tree["tree_param"].update(num_nodes="999")),
    "leaves of vectors": of_tree(lambda tree: tree["tree_param"].update(size_leaf_vector="9")),
    "categories": of_tree(lambda tree: tree["split_type"].__setitem__(0, 1)),
    "more classes": lambda learner: learner["learner_model_param"].update(num_class="3"),
    "more columns": lambda learner: learner["learner_model_param"].update(num_feature="9"),
    "a class far off": lambda learner: learner["gradient_booster"]["model"]["tree_info"].__setitem__(0, 2),
    "another objective": lambda learner: learner["objective"].update(name="reg:squarederror"),
    "another booster": lambda learner: learner["gradient_booster"].update(name="dart"),
    "no trees": lambda learner: learner["gradient_booster"].pop("model"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_trees_that_do_not_fit_are_refused_before_xgboost_follows_them(
    folder: Path, tmp_path: Path, damage: str
) -> None:
    broken = Path(shutil.copytree(folder / "out", tmp_path / "broken"))
    document = json.loads((broken / "model.json").read_text())
    DAMAGE[damage](document["learner"])
    (broken / "model.json").write_text(json.dumps(document))
    with pytest.raises(BadInput, match=r"model\.json: "):
        TASK.load(broken)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"learner": 1}', "[" * 100_000])
def test_what_is_no_model(folder: Path, tmp_path: Path, text: str) -> None:
    broken = Path(shutil.copytree(folder / "out", tmp_path / "broken"))
    (broken / "model.json").write_text(text)
    with pytest.raises(BadInput, match=r"model\.json: "):
        TASK.load(broken)


def test_a_folder_of_another_kind_is_refused(tiny: Path, tmp_path: Path, folder: Path) -> None:
    ended = run_command("train", config(folder / "rows.csv", tmp_path / "out", tiny), tmp_path)
    assert ended.code == 64 and "model_type 'bert' in config.json, not 'xgboost'" in ended.message["error"]


def test_a_text_does_not_learn_by_boosting(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="method='boosting': it is for tabular-classification alone"):
        train(json.dumps(train_config(tiny, train_rows, tmp_path / "out", hyperparameters={"method": "boosting"})))
