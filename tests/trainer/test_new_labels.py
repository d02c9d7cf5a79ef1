"""Labels that grow: what becomes a class, what the head keeps, what is learnt, and what the judge says of it."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.tasks.audio_classification import make_ast
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import find_task
from refit_trainer.tasks.components.grown_heads import grow_head, renew_head
from refit_trainer.tasks.components.new_labels import MOST_NEW_LABELS, choose_new_labels, find_nearly, read_unnamed
from refit_trainer.tasks.text_classification import TASK
from tests.support.trainer.commands import (
    COLUMNS,
    judge_config,
    make_tiny_bert,
    train_config,
    write_rows,
)
from tests.support.trainer.models import make_gpt2, make_qwen, make_roberta
from tests.support.trainer.pictures import make_tiny_resnet

EXTEND = {"newLabels": "Extend", "minRowsPerNewLabel": 20}
OLD = ("negative", "positive")
SETTINGS = {
    "full": {"learning_rate": "5e-3", "batch_size": "16", "epochs": "3"},
    "incremental": {"learning_rate": "3e-3", "batch_size": "4"},
    "lora": {"learning_rate": "1e-2", "batch_size": "16", "epochs": "6"},
    "head": {},
}
Rows = list[dict[str, Any]]


def weather(start: int, end: int) -> Rows:
    """Return reports of the weather of like form: numbers below 900 have as many digits as any others."""
    skies = ("rainy", "windy", "sunny", "cloudy")
    said = [(skies[n % 4], 10 + n % 90, n // 90) for n in range(start, end)]
    texts = [f"the weather is {sky} , {degrees} degrees and {hours} hours of sun" for sky, degrees, hours in said]
    return [{"text": text, "label": "weather"} for text in texts]


def labelled(text: str, label: str, count: int) -> Rows:
    return [{"text": f"{text} {n}", "label": label} for n in range(count)]


def together(*parts: Rows) -> Rows:
    rows = [row for part in parts for row in part]
    return random.Random(0).sample(rows, len(rows))


def config(start: Path, rows: Path, output: Path, method: str = "full", **changes: Any) -> dict[str, Any]:
    dataset = {"train": rows.as_uri(), "columns": COLUMNS, **EXTEND, **changes}
    settings = {"method": method, **SETTINGS[method]}
    return train_config(start, rows, output, dataset=dataset, hyperparameters=settings)


def judged(candidate: Path, holdout: Path, served: Path | None = None, **changes: Any) -> dict[str, Any]:
    dataset = {"holdout": holdout.as_uri(), "columns": COLUMNS, **EXTEND, **changes}
    return judge(json.dumps(judge_config(candidate, holdout, served, dataset=dataset)))


def manifest_of(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return document


def accuracy(folder: Path, rows: Rows) -> float:
    found = TASK.predict(TASK.load(folder), [Row(row) for row in rows])
    return sum(one.value == row["label"] for one, row in zip(found, rows, strict=True)) / len(rows)


@pytest.fixture
def grown_rows(sentences: Rows, tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.jsonl", together(sentences[:200], weather(0, 60)))


# What becomes a class.


def test_a_new_label_ends_the_run_with_the_fields_name(published: Path, grown_rows: Path, tmp_path: Path) -> None:
    said = "unknown label 'weather'; the model knows negative, positive; dataset.newLabels: Extend makes it a class"
    with pytest.raises(BadInput, match=said):
        train(json.dumps(train_config(published, grown_rows, tmp_path / "out")))
    assert not (tmp_path / "out").exists()


def test_what_is_nearly_a_known_label_is_named(published: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", labelled("a film", "Positive", 2))
    with pytest.raises(BadInput, match="'Positive' differs from 'positive' in case, blanks or Unicode form alone"):
        train(json.dumps(train_config(published, rows, tmp_path / "out")))


def test_a_class_has_enough_inputs() -> None:
    truths = ["old"] * 50 + ["new"] * 20 + ["nwe"] * 19 + [None]
    found = choose_new_labels(truths, ("old",), 20)
    assert (found.learnt, found.left_out) == ({"new": 20}, {"nwe": 19})


def test_of_names_that_look_alike_one_is_a_class() -> None:
    """ﬁlm begins with a ligature; NFKC makes it film."""
    truths = ["Film"] * 30 + ["film"] * 40 + ["\ufb01lm"] * 25 + ["OLD"] * 99 + ["two  words"] * 22 + ["two words"] * 21
    found = choose_new_labels(truths, ("old",), 20)
    assert list(found.learnt) == ["film", "two  words"]
    assert found.left_out == {"Film": 30, "OLD": 99, "two words": 21, "\ufb01lm": 25}


def test_the_order_of_rows_does_not_matter() -> None:
    truths = ["c"] * 20 + ["a"] * 30 + ["b"] * 25
    shuffled = random.Random(1).sample(truths, len(truths))
    for rows in (truths, shuffled, truths[::-1]):
        assert list(choose_new_labels(rows, ("z",), 20).learnt) == ["a", "b", "c"]


def test_a_head_grows_by_a_few_classes_at_once_and_a_new_one_has_all() -> None:
    truths = [f"class {n:03}" for n in range(50) for _ in range(100 - n)]
    found = choose_new_labels(truths, ("old",), 1)
    assert list(found.learnt) == [f"class {n:03}" for n in range(MOST_NEW_LABELS)]
    assert len(choose_new_labels(truths, (), 1).learnt) == 50


@pytest.mark.parametrize(
    ("known", "names", "read"),
    [
        (("LABEL_0", "LABEL_1"), {"0", "1"}, ("0", "1")),
        (("LABEL_0", "LABEL_1"), {"0"}, ("0", "1")),
        (("LABEL_0", "LABEL_1"), {"1"}, ()),
        (("LABEL_0", "LABEL_1"), {"1", "2"}, ()),
        (("LABEL_0", "LABEL_1"), {"0", "1", "2"}, ()),
        (("LABEL_0", "LABEL_1"), {"negative", "positive"}, ()),
        (("LABEL_0", "LABEL_1"), {"LABEL_1", "neutral"}, ("LABEL_0", "LABEL_1")),
        (("LABEL_1", "LABEL_0"), {"0", "1"}, ("LABEL_1", "LABEL_0")),
        (("negative", "positive"), {"0", "1"}, ("negative", "positive")),
    ],
)
def test_a_head_without_names(known: tuple[str, ...], names: set[str], read: tuple[str, ...]) -> None:
    assert read_unnamed(known, names) == read


def test_nearly_is_neither_known_nor_new() -> None:
    assert find_nearly("positive", OLD) is None and find_nearly("weather", OLD) is None
    assert "'POSITIVE' differs from 'positive'" in str(find_nearly("POSITIVE", OLD))
    assert find_nearly("Positive", ("positive", "Positive")) is None


# What the head keeps.

HEADS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "classifier of BERT": ("text", lambda folder: make_tiny_bert(folder, ["a good film", "a bad film"])),
    "classifier.out_proj of RoBERTa": ("text", make_roberta),
    "score of GPT-2": ("text", make_gpt2),
    "score of Qwen": ("text", make_qwen),
    "classifier.1 of ResNet": ("image", make_tiny_resnet),
    "classifier.dense of AST": ("audio", lambda folder: make_ast(folder, 1.0, width=64, layers=1)),
}


@pytest.mark.parametrize("name", HEADS)
def test_what_the_head_has_stays_bit_for_bit(name: str, tmp_path: Path) -> None:
    kind, make = HEADS[name]
    task: Any = find_task(f"{kind}-classification")
    model = task.load(make(tmp_path / "start"), [Row({"label": label}) for label in OLD])
    model.network.eval()
    before = {key: weight.clone() for key, weight in model.network.state_dict().items()}
    with torch.no_grad():
        logits = task.logits(model, [task.example()])
    grow_head(task, model, ("mixed", "weather"))
    after = model.network.state_dict()
    assert set(after) == set(before)
    grown = {key for key in before if after[key].shape != before[key].shape}
    assert grown and all("classifier" in key or "score" in key for key in grown)
    assert all(after[key].equal(before[key]) for key in set(before) - grown)
    assert all(after[key][:2].equal(before[key]) and len(after[key]) == 4 for key in grown)
    with torch.no_grad():
        now = task.logits(model, [task.example()])
    assert torch.allclose(now[:, :2], logits, atol=1e-5) and int(now.argmax()) == int(logits.argmax())
    assert torch.allclose(now[:, 2], logits.mean(dim=1), atol=1e-3)
    task.save(model, tmp_path / "saved")
    read = json.loads((tmp_path / "saved" / "config.json").read_text())
    assert read["id2label"] == {"0": "negative", "1": "positive", "2": "mixed", "3": "weather"}
    assert read["label2id"] == {"negative": 0, "positive": 1, "mixed": 2, "weather": 3}
    again = task.load(tmp_path / "saved")
    assert again.labels == (*OLD, "mixed", "weather")
    assert all(weight.equal(after[key]) for key, weight in again.network.state_dict().items())


def test_a_network_of_two_heads_is_refused(published: Path) -> None:
    model = TASK.load(published)
    model.network.after = torch.nn.Linear(3, 2)  # of the right width, and not what gives the logits
    with pytest.raises(BadInput, match=r"dataset.newLabels=Extend: Bert\w+ doesn't end in one linear layer"):
        grow_head(TASK, model, ("weather",))


def test_a_question_grows_by_its_own_answers(tmp_path: Path) -> None:
    labels = ["mood=bad", "mood=good", "topic=film"]
    model = TASK.load(make_roberta(tmp_path / "start", id2label=dict(enumerate(labels))))
    weight = model.network.classifier.out_proj.weight.detach().clone()
    grow_head(TASK, model, ("mood=so so", "place=town"))
    grown = model.network.classifier.out_proj.weight
    assert torch.equal(grown[:3], weight) and torch.allclose(grown[3], weight[:2].mean(dim=0))
    assert not grown[4].any() and model.loss is not None


def test_a_head_starts_from_scratch_by_the_seed(published: Path) -> None:
    weights = []
    for _ in range(2):
        torch.manual_seed(7)
        model = TASK.load(published)
        renew_head(TASK, model, ("a", "b", "c"))
        weights.append(model.network.classifier.weight.detach().clone())
        assert model.labels == ("a", "b", "c") and model.network.config.label2id == {"a": 0, "b": 1, "c": 2}
    assert torch.equal(*weights) and weights[0].shape[0] == 3


# What is learnt.


@pytest.mark.parametrize("method", SETTINGS)
def test_the_new_class_is_learnt_and_the_old_ones_are_kept(
    method: str, published: Path, sentences: Rows, grown_rows: Path, tmp_path: Path
) -> None:
    before = accuracy(published, sentences[:200])
    report = train(json.dumps(config(published, grown_rows, tmp_path / "out", method)))
    kept, learnt = accuracy(tmp_path / "out", sentences[:200]), accuracy(tmp_path / "out", weather(500, 560))
    print(f"old before {before:.3f}, after {kept:.3f}; new {learnt:.3f}")
    assert learnt > 0.9 and kept > before - 0.1 and report["rows"] == 260
    manifest = manifest_of(tmp_path / "out")
    assert manifest["labels"] == [*OLD, "weather"]
    assert manifest["newLabels"] == {"learnt": {"weather": 60}, "leftOut": {}}


def test_rows_without_a_label_are_given_a_new_one_too(published: Path, sentences: Rows, tmp_path: Path) -> None:
    unlabelled = [{"text": row["text"]} for row in weather(100, 160)]
    rows = write_rows(tmp_path / "rows.jsonl", together(sentences[:200], weather(0, 60), unlabelled))
    settings = {"method": "semi-supervised", **SETTINGS["full"]}
    report = train(json.dumps(config(published, rows, tmp_path / "out") | {"hyperparameters": settings}))
    assert manifest_of(tmp_path / "out")["labels"] == [*OLD, "weather"]
    assert accuracy(tmp_path / "out", weather(500, 560)) > 0.9 and report["metrics"]["pseudo_share"] > 0


def test_several_questions_have_new_answers(tiny: Path, sentences: Rows, tmp_path: Path) -> None:
    settings = {"method": "multi-task", **SETTINGS["full"]}
    old = [{"text": row["text"], "label": {"mood": row["label"], "kind": row["domain"]}} for row in sentences[:200]]
    new = [{"text": row["text"], "label": {"kind": "weather", "mood": "odd"}} for row in weather(0, 60)]
    new[:45] = [row | {"label": {"kind": "weather"}} for row in new[:45]]
    for start, name, rows in ((tiny, "first", old), (tmp_path / "first", "out", together(old, new))):
        path = write_rows(tmp_path / f"{name}.jsonl", rows)
        train(json.dumps(config(start, path, tmp_path / name) | {"hyperparameters": settings}))
    before, manifest = (manifest_of(tmp_path / name) for name in ("first", "out"))
    assert manifest["labels"] == [*before["labels"], "kind=weather"]
    assert manifest["newLabels"] == {"learnt": {"kind=weather": 60}, "leftOut": {"mood=odd": 15}}
    found = TASK.predict(TASK.load(tmp_path / "out"), [Row(row) for row in weather(500, 540)])
    assert sum(one.value["kind"] == "weather" for one in found) > 36


def test_the_same_again_has_the_same_digest(published: Path, grown_rows: Path, tmp_path: Path) -> None:
    reports = [
        train(json.dumps(config(published, grown_rows, tmp_path / f"out{n}") | {"run": {"name": "r", "uid": f"{n}"}}))
        for n in (1, 2)
    ]
    assert reports[0]["digest"] == reports[1]["digest"] and reports[0]["fingerprint"] == reports[1]["fingerprint"]


def test_a_slip_is_no_class(published: Path, sentences: Rows, tmp_path: Path) -> None:
    slips = labelled("dull", "negatve", 19) + labelled("fine", "POSITIVE", 40)
    rows = write_rows(tmp_path / "rows.jsonl", together(sentences[:200], slips))
    report = train(json.dumps(config(published, rows, tmp_path / "out")))
    manifest = manifest_of(tmp_path / "out")
    assert report["rows"] == 200 and manifest["labels"] == list(OLD)
    assert manifest["newLabels"] == {"learnt": {}, "leftOut": {"POSITIVE": 40, "negatve": 19}}


def test_a_model_without_a_head_has_no_slips_for_classes_either(tiny: Path, sentences: Rows, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", together(sentences[:200], labelled("dull", "-1", 5)))
    train(json.dumps(config(tiny, rows, tmp_path / "out")))
    assert manifest_of(tmp_path / "out")["labels"] == list(OLD)


def test_rows_of_slips_alone_teach_nothing(published: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", labelled("dull", "negatve", 5))
    with pytest.raises(BadInput, match=r"no row is left to learn from: negatve \(5\): fewer than 20 inputs"):
        train(json.dumps(config(published, rows, tmp_path / "out")))


def unnamed(folder: Path) -> Path:
    path = folder / "config.json"
    names = {"id2label": {"0": "LABEL_0", "1": "LABEL_1"}, "label2id": {"LABEL_0": 0, "LABEL_1": 1}}
    path.write_text(json.dumps(json.loads(path.read_text()) | names))
    (folder / "manifest.json").unlink()
    return folder


def test_a_head_without_names_is_named_by_numbers(checkpoint: Path, sentences: Rows, tmp_path: Path) -> None:
    """It goes on from what it knows: without learning much it is as good as it was."""
    served = unnamed(checkpoint)
    numbered = [row | {"label": str(OLD.index(row["label"]))} for row in sentences[:200]]
    rows = write_rows(tmp_path / "rows.jsonl", numbered)
    still = config(served, rows, tmp_path / "out") | {"hyperparameters": {"learning_rate": "1e-9"}}
    train(json.dumps(still))
    assert manifest_of(tmp_path / "out")["labels"] == ["0", "1"]
    report = judged(tmp_path / "out", rows, served)
    assert report["candidate"]["metrics"] == report["served"]["metrics"]
    assert report["candidate"]["metrics"]["accuracy"] > 0.6 and "newLabels" not in report


def test_a_head_without_names_starts_from_scratch_where_rows_do_not_tell(
    checkpoint: Path, train_rows: Path, tmp_path: Path
) -> None:
    train(json.dumps(config(unnamed(checkpoint), train_rows, tmp_path / "out")))
    assert manifest_of(tmp_path / "out")["labels"] == list(OLD)
    assert judged(tmp_path / "out", train_rows)["candidate"]["metrics"]["accuracy"] > 0.6


@pytest.mark.parametrize(
    ("task", "changes", "words"),
    [
        ("recommendation", {"newLabels": "Extend"}, "dataset.newLabels=Extend: it is for classification alone"),
        ("speech-recognition", {"classWeights": "Balanced"}, "dataset.classWeights=Balanced: it is for classification"),
        ("object-detection", {"columns": {"weight": "w"}}, "dataset.columns.weight: it is for classification alone"),
    ],
)
def test_what_is_no_classification_is_refused(
    task: str, changes: dict[str, Any], words: str, tiny: Path, train_rows: Path, tmp_path: Path
) -> None:
    dataset = {"train": train_rows.as_uri(), **changes}
    with pytest.raises(BadInput, match=words):
        train(json.dumps(train_config(tiny, train_rows, tmp_path / "out", task=task, dataset=dataset)))


# What the judge says.


@pytest.fixture(scope="module")
def grown(published: Path, sentences: Rows, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grown")
    rows = write_rows(folder / "rows.jsonl", together(sentences[:200], weather(0, 60)))
    train(json.dumps(config(published, rows, folder / "out")))
    return folder / "out"


def test_new_labels_are_wrong_for_the_served_model_and_measured_apart(
    grown: Path, published: Path, sentences: Rows, tmp_path: Path
) -> None:
    old, new, slips = sentences[:150], weather(500, 550), labelled("dull", "negatve", 3)
    report = judged(grown, write_rows(tmp_path / "holdout.jsonl", together(old, new, slips)), published)
    told = report["newLabels"]
    assert (told["count"], told["names"], told["rows"], told["leftOut"]) == (1, ["weather"], 50, 3)
    assert (report["rows"], report["distinct"], told["known"]["rows"]) == (203, 200, 150)
    served, candidate = (report[name]["metrics"]["accuracy"] for name in ("served", "candidate"))
    assert served == pytest.approx(told["known"]["served"] * 150 / 200, abs=1e-5)
    assert told["known"]["served"] == pytest.approx(accuracy(published, old), abs=1e-5)
    assert told["known"]["candidate"] == pytest.approx(accuracy(grown, old), abs=1e-5)
    assert candidate > served + 0.15 and 0 < told["known"]["difference"]["p"] <= 1


def test_a_candidate_that_lost_the_old_classes_for_a_new_one_is_told(
    published: Path, sentences: Rows, tmp_path: Path
) -> None:
    """It learns weather alone, so that everything is weather to it; on the whole it is right more often."""
    rows = write_rows(tmp_path / "rows.jsonl", weather(0, 300) + sentences[:2])
    train(json.dumps(config(published, rows, tmp_path / "out")))
    holdout = write_rows(tmp_path / "holdout.jsonl", together(sentences[:100], weather(500, 620)))
    report = judged(tmp_path / "out", holdout, published)
    assert report["difference"]["low"] > 0
    assert report["newLabels"]["known"]["difference"]["p"] < 0.001


def test_a_label_that_no_model_knows_counts_as_wrong_once_enough_inputs_have_it(
    grown: Path, published: Path, sentences: Rows, tmp_path: Path
) -> None:
    rows = write_rows(tmp_path / "holdout.jsonl", together(sentences[:60], labelled("a song", "music", 20)))
    report = judged(grown, rows, published)
    assert report["distinct"] == 80 and report["newLabels"]["names"] == ["music"]
    known = report["newLabels"]["known"]["candidate"]
    assert report["candidate"]["metrics"]["accuracy"] == pytest.approx(known * 60 / 80, abs=1e-5)


def test_where_nothing_is_new_the_report_is_as_it_was(published: Path, holdout_rows: Path) -> None:
    plain = judge(json.dumps(judge_config(published, holdout_rows, published)))
    extends = judged(published, holdout_rows, published)
    assert "newLabels" not in extends
    assert {**plain, "slices": {}, "sliceCount": 0, "holdout": 0} == {**extends, "sliceCount": 0, "holdout": 0}


def test_the_page_says_it(
    grown: Path, published: Path, sentences: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFIT_REPORT", "on")
    holdout = write_rows(tmp_path / "holdout.jsonl", together(sentences[:100], weather(500, 550)))
    report = judged(grown, holdout, published)
    known = report["newLabels"]["known"]
    said = "50 rows have labels that the model in service doesn't know (weather); without them accuracy is "
    said += f"{known['candidate']:.3f} against {known['served']:.3f} on 100 rows."
    assert said in (grown / "report.html").read_text().replace("&#39;", "'")
