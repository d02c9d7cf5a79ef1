"""A comparison in which one side can't give a right answer is refused: what it knows, and what the holdout has."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.commands.comparability import check_answers_possible
from refit_trainer.commands.judge import judge
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import find_task
from tests.support.trainer.commands import judge_config, run_command


def rename_labels(folder: Path, names: list[str]) -> Path:
    path = folder / "config.json"
    labels = {"id2label": dict(enumerate(names)), "label2id": {name: number for number, name in enumerate(names)}}
    path.write_text(json.dumps(json.loads(path.read_text()) | labels))
    (folder / "manifest.json").unlink(missing_ok=True)
    return folder


def test_a_served_model_that_says_label_0_decides_nothing(
    published: Path, checkpoint: Path, holdout_rows: Path, tmp_path: Path
) -> None:
    served = rename_labels(checkpoint, ["LABEL_0", "LABEL_1"])
    ended = run_command("judge", judge_config(published, holdout_rows, served), tmp_path)
    assert ended.code == 64, ended.output
    assert ended.message["error"].startswith("served: ")
    assert "it knows LABEL_0, LABEL_1, and the holdout has negative, positive" in ended.message["error"]


def test_a_candidate_that_says_label_0_is_refused_at_the_first_row(
    published: Path, checkpoint: Path, holdout_rows: Path
) -> None:
    candidate = rename_labels(checkpoint, ["LABEL_0", "LABEL_1"])
    with pytest.raises(BadInput, match=r"unknown label '(posi|nega)tive'; the model knows LABEL_0, LABEL_1"):
        judge(json.dumps(judge_config(candidate, holdout_rows, published)))


def test_a_served_model_without_a_head_is_named(published: Path, tiny: Path, holdout_rows: Path) -> None:
    with pytest.raises(BadInput, match=r"served: .* has no head for this task"):
        judge(json.dumps(judge_config(published, holdout_rows, tiny)))


def test_a_served_model_that_lacks_one_label_is_judged(checkpoint: Path, caplog: pytest.LogCaptureFixture) -> None:
    rename_labels(checkpoint, ["negative", "neutral"])
    rows = [Row({"text": "a", "label": label}) for label in ("negative", "positive")]
    with caplog.at_level(logging.WARNING):
        check_answers_possible(find_task("text-classification"), checkpoint, rows)
    assert "labels=positive" in caplog.text


BOX = [1, 1, 5, 5]
CASES: dict[str, tuple[str, dict[str, Any], Any, Any]] = {
    "question": ("text-classification", {"id2label": {"0": "mood=sad", "1": "mood=gay"}}, "sad", {"mood": "sad"}),
    "picture": ("image-classification", {"id2label": {"0": "cat", "1": "dog"}}, "0", "cat"),
    "objects": (
        "object-detection",
        {"id2label": {"0": "cat"}},
        [{"label": "0", "box": BOX}],
        [{"label": "cat", "box": BOX}],
    ),
    "items": ("recommendation", {}, "unheard", "one"),
}
HEADS = {
    "text-classification": "BertForSequenceClassification",
    "image-classification": "ResNetForImageClassification",
    "object-detection": "YolosForObjectDetection",
    "recommendation": "GPT2LMHeadModel",
}


@pytest.mark.parametrize("case", CASES)
def test_every_task_refuses_what_knows_none_of_the_answers(case: str, tmp_path: Path) -> None:
    name, config, foreign, known = CASES[case]
    (tmp_path / "config.json").write_text(json.dumps({"architectures": [HEADS[name]], **config}))
    (tmp_path / "items.json").write_text(json.dumps({"length": 5, "items": ["one", "two"]}))
    task = find_task(name)
    with pytest.raises(BadInput, match="can't answer any row of the holdout: it knows"):
        check_answers_possible(task, tmp_path, [Row({task.truth: foreign})])
    check_answers_possible(task, tmp_path, [Row({task.truth: foreign}), Row({task.truth: known})])


def test_letters_are_compared_in_the_models_case() -> None:
    speech = find_task("speech-recognition")
    assert speech.answers("Good day", ("A", "D", "G", "O", "Y")) == list("GOODDAY")
