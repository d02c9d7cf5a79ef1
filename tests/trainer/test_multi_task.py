"""The method `multi-task`: how people feel, and at what length they wrote it, by one encoder."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from refit_trainer.artifacts.model_folder import verify_folder
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks.components.question_heads import UNANSWERED, answer_questions, encode_answers, grouped_loss
from refit_trainer.tasks.components.questions import check_answers, columns_by_question, split_by_question
from refit_trainer.tasks.text_classification import TASK
from tests.support.trainer.commands import judge_config, read_rows, train_config, write_rows
from tests.support.trainer.server import Server

SETTINGS = {"method": "multi-task", "learning_rate": "2e-3", "batch_size": "16", "epochs": "12"}
LABELS = ("feeling=bad", "feeling=good", "length=long", "length=short")
COLUMNS = columns_by_question(LABELS)


def ask_both(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ask each row for its feeling and whether it is short; every third row lacks the first answer.

    A word at the beginning tells the feeling, five times: so small a model learns the length alone otherwise.
    """
    words = {"positive": "good ", "negative": "bad "}
    return [
        row
        | {
            "text": words[row["label"]] * 5 + row["text"],
            "label": {
                "feeling": None if i % 3 == 0 else row["label"],
                "length": "short" if len(row["text"]) < 60 else "long",
            },
        }
        for i, row in enumerate(rows)
    ]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory, sentences: list[dict[str, Any]]) -> Path:
    return write_rows(tmp_path_factory.mktemp("both") / "train.jsonl", ask_both(sentences[:200]))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, tiny: Path, rows: Path) -> Path:
    output = tmp_path_factory.mktemp("models") / "both"
    train(json.dumps(train_config(tiny, rows, output, hyperparameters=SETTINGS)))
    return output


def test_the_checkpoint_is_an_ordinary_classifier_whose_labels_name_the_questions(both: Path) -> None:
    verify_folder(both, None, "both")
    labels = TASK.known_labels(both)
    assert labels and set(columns_by_question(labels)) == {"feeling", "length"}
    assert {"length=long", "length=short"} < set(labels)


def test_the_judge_measures_over_all_answers_and_each_question(
    both: Path, sentences: list[dict[str, Any]], tmp_path: Path
) -> None:
    holdout = write_rows(tmp_path / "holdout.jsonl", ask_both(sentences[:200]))
    metrics = judge(json.dumps(judge_config(both, holdout, both)))["candidate"]["metrics"]
    print(metrics)
    shares = [200 - 67, 200]
    parts = [metrics["accuracy_feeling"], metrics["accuracy_length"]]
    mean = sum(part * share for part, share in zip(parts, shares, strict=True)) / sum(shares)
    assert metrics["accuracy"] == pytest.approx(mean, abs=1e-5)
    assert min(parts) > 0.8, "the most frequent answers are right for 0.54 and 0.63"


def test_it_learns_on_by_other_methods_and_leaves_a_report(
    both: Path, rows: Path, sentences: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"method": "incremental", "learning_rate": "1e-3"}
    train(json.dumps(train_config(both, rows, tmp_path / "on", uid="uid-2", hyperparameters=settings)))
    monkeypatch.setenv("REFIT_REPORT", "on")
    holdout = write_rows(tmp_path / "holdout.jsonl", ask_both(sentences[200:]))
    judge(json.dumps(judge_config(tmp_path / "on", holdout, both, run={"name": "on", "uid": "uid-2", "ordinal": 2})))
    page = (tmp_path / "on" / "report.html").read_text()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("</style>")[1]))
    assert "accuracy_feeling" in text and "accuracy_length" in text and "on the same 100 rows" in text
    for question, others in (("feeling", "short"), ("length", "good")):
        part = text.split(f"{question}: Confusion matrix")[1].split("Calibration")[0]
        assert others not in part, part
    assert text.count("Calibration") == 2


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("good", "label is 'good', not an object of answers by question"),
        ({"feeling": None}, "not an object of answers"),
        ({"feeling": 0.5}, "the answer to 'feeling' is 0.5, not a name"),
        ({"fee=ling": "good"}, "question 'fee=ling' is empty or has a '='"),
        ({"feeling": "so so"}, "unknown label 'feeling=so so'; the model knows feeling=bad"),
    ],
)
def test_bad_answers_are_told(label: Any, said: str) -> None:
    assert said in str(check_answers(label, LABELS))


@pytest.mark.parametrize("method", ["full", "lora", "semi-supervised"])
def test_a_new_head_for_several_questions_is_asked_for_by_name(
    method: str, tiny: Path, rows: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=r"train.jsonl:1: label is \{'feeling': None.*\}, not a name"):
        train(json.dumps(train_config(tiny, rows, tmp_path / "out", hyperparameters={"method": method})))


def test_a_model_of_one_question_is_refused(published: Path, rows: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="unknown label 'feeling="):
        train(json.dumps(train_config(published, rows, tmp_path / "out", hyperparameters=SETTINGS)))


def test_one_layer_learns_one_question(both: Path, rows: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="method='head': the model answers several questions"):
        train(json.dumps(train_config(both, rows, tmp_path / "out", hyperparameters={"method": "head"})))


def test_names_that_look_like_answers_are_refused(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    named = [row | {"label": f"mood={row['label']}"} for row in read_rows(train_rows)]
    with pytest.raises(BadInput, match="names with a '=' are those of several questions"):
        train(json.dumps(train_config(tiny, write_rows(tmp_path / "rows.jsonl", named), tmp_path / "out")))


def test_an_answer_that_lacks_teaches_nothing() -> None:
    """The loss is the mean of what was answered, each among its own question's labels; of nothing it is 0."""
    logits = torch.tensor([[0.0, 2.0, 9.0, 1.0], [1.0, 1.0, 5.0, 5.0], [3.0, 1.0, 0.0, 0.0]])
    rows = [{"feeling": "good"}, {"length": "long"}, {"feeling": "good"}]
    labels = torch.tensor([encode_answers(row, LABELS, COLUMNS) for row in rows])
    assert labels.tolist() == [[1, UNANSWERED], [UNANSWERED, 0], [1, UNANSWERED]]
    outputs, loss = type("Outputs", (), {"logits": logits}), grouped_loss(COLUMNS)
    pairs = ((0.0, 2.0, 1), (5.0, 5.0, 0), (3.0, 1.0, 1))
    expected = -sum(torch.tensor([one, other]).log_softmax(0)[right] for one, other, right in pairs) / 3
    assert float(loss(outputs, labels)) == pytest.approx(float(expected))
    assert float(loss(outputs, torch.full_like(labels, UNANSWERED))) == 0


def test_shares_of_a_batch_add_up_to_its_loss() -> None:
    """Rows have different numbers of answers, so that the mean over the shares isn't the mean over the answers."""
    torch.manual_seed(0)
    logits, loss = torch.randn(4, 4), grouped_loss(COLUMNS)
    labels = torch.tensor([[1, 0], [0, 1], [1, UNANSWERED], [UNANSWERED, 1]])
    whole = float(loss(type("Outputs", (), {"logits": logits}), labels))
    shares = [
        float(loss(type("Outputs", (), {"logits": logits[at]}), labels[at], torch.tensor(6)))
        for at in (slice(0, 2), slice(2, 4))
    ]
    assert sum(shares) == pytest.approx(whole, abs=1e-6)


def test_each_question_is_answered_and_the_least_sure_one_counts() -> None:
    [found] = answer_questions(torch.tensor([[0.0, 9.0, 1.0, 1.0]]), LABELS, COLUMNS)
    assert found.value == {"feeling": "good", "length": "long"} and found.score == pytest.approx(0.5)
    asked = {"feeling": "good", "length": "short"}
    alone = [said for _, said in split_by_question([Row({"label": asked})], [found])]
    assert [said.value for said in alone] == ["feeling=good", "length=long"]
    assert [said.score for said in alone] == pytest.approx([0.99988, 0.5], abs=1e-5), "each is as sure as itself"
    tally = TASK.tally(found.value, {"feeling": "good", "length": "short"})
    assert (tally.errors, tally.units) == (1, 2)


def test_the_server_answers_all_questions_and_takes_what_is_known(both: Path, tmp_path: Path) -> None:
    server = Server(tmp_path, INITIAL_MODEL_URI=both.as_uri()).wait()
    try:
        [said] = server.post("/v1/predict", instances=[{"id": "a", "text": "a fine little film"}])["predictions"]
        assert set(said["label"]) == {"feeling", "length"}
        server.post("/v1/feedback", id="a", label={"length": "short"})
        assert server.count("refit_serve_predictions_judged_total") == 1
        code, message = server.refused("/v1/feedback", id="b", text="so so", label={"feeling": "odd"})
        assert code in (400, 422) and "unknown label 'feeling=odd'" in message
        assert [row["label"] for row in server.rows()] == [{"length": "short"}]
    finally:
        server.stop()
