"""What the judge says of labels that the served model does not know."""

import json
from pathlib import Path

import pytest

from refit_trainer.commands.judge import judge
from refit_trainer.commands.new_classes import measure_new_classes
from refit_trainer.commands.train import train
from refit_trainer.comparison.difference import Question
from refit_trainer.contract.config import JudgeConfig, parse_config
from refit_trainer.data.rows import Row
from refit_trainer.tasks import Prediction
from refit_trainer.tasks.text_classification import TASK
from tests.support.trainer.commands import COLUMNS, judge_config, write_rows
from tests.support.trainer.new_labels import EXTEND, OLD, Rows, accuracy, config, judged, labelled, together, weather


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
    rows = write_rows(tmp_path / "rows.jsonl", weather(0, 200) + sentences[:2])
    train(json.dumps(config(published, rows, tmp_path / "out")))
    holdout = write_rows(tmp_path / "holdout.jsonl", together(sentences[:100], weather(500, 620)))
    report = judged(tmp_path / "out", holdout, published)
    assert report["difference"]["low"] > 0
    assert report["newLabels"]["known"]["difference"]["p"] < 0.001


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "recall"])
def test_a_few_old_rows_of_a_new_class_are_few_errors_in_every_metric(metric: str, tmp_path: Path) -> None:
    """A mean over the classes with one more, that none of these rows is of, would be a third lower for one answer."""
    truths = [*(OLD[n % 2] for n in range(300)), *["weather"] * 50]
    rows = [Row({"text": f"text {n}", "label": label}) for n, label in enumerate(truths)]
    served = [Prediction(label if label in OLD else OLD[0], 0.9) for label in truths]
    candidate = [Prediction("weather" if n < 4 else label, 0.9) for n, label in enumerate(truths)]
    asked = judge_config(tmp_path, tmp_path, dataset={"holdout": tmp_path.as_uri(), "columns": COLUMNS, **EXTEND})
    config = parse_config(json.dumps(asked | {"gate": {"metric": metric, "maxKnownDrop": 0.05}}), JudgeConfig)
    labels = {"served": OLD, "candidate": (*OLD, "weather")}
    told = measure_new_classes(
        config, Question(TASK, metric, 0.95), rows, {"served": served, "candidate": candidate}, labels, 0
    )
    assert told is not None and told.known is not None and told.rows == 50
    assert told.known["served"] == 1.0 and 0.98 < told.known["candidate"] < 1.0
    assert told.known["difference"]["p"] > 0.9


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
