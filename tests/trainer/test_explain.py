"""The report and the card: of real models, whole in one file, and never in the way of a verdict."""

import json
import random
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.commands.judge import explain, judge
from refit_trainer.explain.drift import class_changes, length_changes, word_changes
from refit_trainer.explain.measures import calibration, calibration_error, confusion
from refit_trainer.explain.surrogate import fit_surrogate
from tests.support.trainer.commands import judge_config, read_rows, run_command, train_config, write_rows

VOID = {"meta", "line", "circle", "rect", "polyline", "br"}


class Balanced(HTMLParser):
    """Fails where a tag isn't closed, and collects whatever a browser would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.loaded += [str(value) for name, value in attributes if name in ("src", "href", "srcset")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self.open.pop() == tag, (tag, self.open)


@pytest.fixture(scope="module")
def judged(published: Path, holdout_rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on a checkpoint against the one that it is a copy of, as the judge leaves it."""
    folder = Path(shutil.copytree(published, tmp_path_factory.mktemp("judged") / "reviews-1"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REFIT_REPORT", "on")
        judge(json.dumps(judge_config(folder, holdout_rows, served=published)))
    assert digest_folder(folder) == digest_folder(published)
    return folder


@pytest.fixture(scope="module")
def page(judged: Path) -> str:
    return (judged / "report.html").read_text()


def test_the_page_stands_alone(page: str) -> None:
    parser = Balanced()
    parser.feed(page)
    assert parser.open == [] and parser.loaded == []
    assert "<script" not in page and "url(" not in page and "@import" not in page
    assert len(page.encode()) < 200_000
    assert 'name="viewport"' in page and "prefers-color-scheme: dark" in page


def test_the_page_shows_all_that_the_judge_knows(page: str) -> None:
    text = re.sub(r"<[^>]+>", " ", page.split("</style>")[1])
    for said in ("accuracy by slice", "movies", "tweets", "Confusion matrix", "Calibration"):
        assert said in text, said
    for said in ("What changed in the data", "Where it is wrong, and why", "LIME", "KernelSHAP"):
        assert said in text, said
    assert page.count("<article>") == page.count('class="said"') == 4


def test_the_card_is_one_that_the_hub_reads(judged: Path) -> None:
    from huggingface_hub import ModelCard

    card = ModelCard.load(judged / "README.md")
    manifest = json.loads((judged / "manifest.json").read_text())
    assert card.data.pipeline_tag == "text-classification" and card.data.library_name == "transformers"
    assert {result.metric_type for result in card.data.eval_results} >= {"accuracy", "macro_f1"}
    assert manifest["digest"] in card.text and "200 rows" in card.text


def test_texts_are_data_and_never_markup(checkpoint: Path, holdout_rows: Path, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)> {{ 7 * 7 }} <script>"
    rows = [{**row, "text": f"{evil} {row['text']}", "domain": "<b>bold"} for row in read_rows(holdout_rows)]
    config = judge_config(checkpoint, write_rows(tmp_path / "rows.jsonl", rows))
    explain(json.dumps(config))
    page = (checkpoint / "report.html").read_text()
    assert (
        "<img" not in page
        and "<script" not in page
        and "<b>bold" not in page
        and "49" not in page.split("onerror")[1][:40]
    )
    assert "&lt;b&gt;bold" in page


def test_what_cannot_be_explained_changes_no_verdict(
    checkpoint: Path, holdout_rows: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    config = json.dumps(judge_config(checkpoint, holdout_rows))
    monkeypatch.setenv("REFIT_REPORT", "on")
    monkeypatch.setattr("refit_trainer.explain.write.render", lambda _: 1 / 0)
    assert judge(config)["candidate"]["metrics"]["accuracy"] > 0
    assert "report.not_written error=ZeroDivisionError" in caplog.text
    assert not (checkpoint / "report.html").exists()
    with pytest.raises(ZeroDivisionError):
        explain(config)


def test_the_command_leaves_the_report(checkpoint: Path, holdout_rows: Path, tmp_path: Path) -> None:
    ended = run_command("explain", judge_config(checkpoint, holdout_rows), tmp_path)
    assert ended.code == 0, ended.output
    assert ended.message == {"report": f"{checkpoint.as_uri()}/report.html"}
    assert (checkpoint / "report.html").exists() and (checkpoint / "README.md").stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint", "termination-log"]


def test_words_that_tell_are_found(tiny: Path, tmp_path: Path) -> None:
    """A model that goes by whether one word is there: each method puts that word first."""
    from refit_trainer.commands.train import train
    from refit_trainer.explain.attribution import METHODS, attribute
    from refit_trainer.tasks.text_classification import TASK

    draw = random.Random(0)
    around = ["the", "film", "was", "by", "people"]
    rows = []
    for label in ["good", "bad"] * 60:
        kept = [word if draw.random() < 0.5 else "[MASK]" for word in around]
        rows.append({"text": " ".join([*kept[:3], "good" if label == "good" else "[MASK]", *kept[3:]]), "label": label})
    settings = {"learning_rate": "3e-3", "epochs": "20", "batch_size": "16"}
    config = train_config(tiny, write_rows(tmp_path / "rows.jsonl", rows), tmp_path / "out", hyperparameters=settings)
    assert train(json.dumps(config))["metrics"]["loss"] < 0.3, "it learnt nothing"
    found = attribute(TASK.load(tmp_path / "out"), "the film was good by people", "good")
    words = found.words
    assert [word.text for word in words] == ["the", "film", "was", "good", "by", "people"]
    for number, method in enumerate(METHODS):
        assert max(words, key=lambda word: word.weights[number]).text == "good", method
    assert found.agreement[0] is None and all(0 < (same or 0) <= 1 for same in found.agreement[1:])


def test_two_seeds_of_a_method_agree_on_the_order(published: Path, holdout_rows: Path) -> None:
    """With 64 samples the order of KernelSHAP's words was chance."""
    from refit_trainer.explain.attribution import attribute
    from refit_trainer.tasks.text_classification import TASK

    model = TASK.load(published)
    texts = [row["text"] for row in read_rows(holdout_rows) if 10 <= len(row["text"].split()) <= 20][:4]
    found = [attribute(model, text, model.labels[0]).agreement for text in texts]
    print(found)
    assert all(sum(one[method] or 0 for one in found) / len(found) > 0.7 for method in (1, 2))


def test_ranks_are_compared() -> None:
    from refit_trainer.explain.attribution import rank_correlation

    assert rank_correlation([1, 2, 30], [0.1, 0.2, 0.3]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert rank_correlation([1, 2], [1, 2]) is None


def test_the_page_says_how_far_seeds_agree(page: str) -> None:
    assert len(re.findall(r"<em>(?:LIME|KernelSHAP) \(-?[01]\.\d\d\)</em>", page)) == 8


def test_drift_names_what_came_and_what_went() -> None:
    texts = ["a dull film about war"] * 40 + ["lol this phone is great"] * 40
    changes = {change.name: change for change in word_changes(texts)}
    assert changes["phone"].z > 2 and changes["phone"].older == 0 and changes["phone"].newer == 1
    assert changes["film"].z < -2
    assert word_changes(["the same words"] * 50) == []
    assert [(c.name, c.older, c.newer) for c in class_changes(["a", "a", "a", "b"])] == [("a", 1, 0.5), ("b", 0, 0.5)]
    assert sum(change.older for change in length_changes([1, 2, 3, 40])) == pytest.approx(1)
    assert length_changes([]) == [] and word_changes([]) == []


def test_calibration_and_confusion_are_counted() -> None:
    bins = calibration([True, False, True, True], [0.55, 0.55, 0.95, 1.0])
    assert [(found.rows, found.right) for found in bins] == [(2, 0.5), (2, 1.0)]
    assert calibration_error(bins) == pytest.approx((2 * 0.05 + 2 * 0.025) / 4)
    assert confusion(["a", "a", "b"], ["a", "b", "b"]) == (["a", "b"], [[1, 1], [0, 1]])
    assert confusion([str(n) for n in range(20)], ["0"] * 20) == ([], [])


def test_a_tree_answers_as_a_model_that_goes_by_one_word() -> None:
    texts = [f"{word} number {n % 7}" for n in range(80) for word in ("fine", "awful")]
    found: Any = fit_surrogate(texts, ["good" if "fine" in text else "bad" for text in texts])
    assert found.fidelity == 1 and found.root.word in ("fine", "awful") and found.root.having.share == 1
    assert fit_surrogate(texts[:10], ["a"] * 10) is None and fit_surrogate(texts, ["a"] * 160) is None


def test_a_tree_that_tells_nothing_is_left_out() -> None:
    texts = [f"{word} number {n % 7}" for n in range(80) for word in ("fine", "awful")]
    draw = random.Random(0)
    assert fit_surrogate(texts, [draw.choice("aaaaaaaaab") for _ in texts]) is None, "it is always a, but by chance"
    assert fit_surrogate(texts, [f"class {n // 3}" for n in range(160)]) is None, "too few texts of any answer"
    assert fit_surrogate([f"word{n}" for n in range(80)], ["a", "b"] * 40) is None, "no word is in two texts"


def test_a_tree_asks_nothing_whose_answers_are_the_same() -> None:
    texts = [f"{word} {other}" for word in ("fine", "awful") for other in ("film", "book", "song") for _ in range(20)]
    answers = ["good" if "fine" in text else "bad" for text in texts]
    answers[0] = answers[70] = "odd"
    found: Any = fit_surrogate(texts, answers)
    assert found.root.word in ("fine", "awful") and not found.root.having.word and not found.root.without.word
