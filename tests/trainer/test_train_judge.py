import json
import math
import random
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy

from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from refit_trainer.methods import full
from refit_trainer.tasks.text_classification import TASK
from refit_trainer.training.hardware import hardware_settings
from tests.support.trainer.commands import ROOT, judge_config, read_rows, train_config, write_rows


def run_train(*args: Any, **changes: Any) -> dict[str, Any]:
    return train(json.dumps(train_config(*args, **changes)))


def run_judge(*args: Any, **changes: Any) -> dict[str, Any]:
    return judge(json.dumps(judge_config(*args, **changes)))


def keys(document: Any) -> Any:
    return {key: keys(value) for key, value in document.items()} if isinstance(document, dict) else None


def test_the_manifest_tells_the_run(published: Path, tiny: Path, train_rows: Path) -> None:
    manifest = json.loads((published / "manifest.json").read_text())
    assert manifest["digest"] == digest_folder(published)
    assert manifest["labels"] == ["negative", "positive"]
    assert manifest["base"] == {"uri": tiny.as_uri(), "digest": digest_folder(tiny)}
    assert manifest["dataset"]["train"]["uri"] == train_rows.as_uri()
    assert manifest["run"]["uid"] == "uid-1" and manifest["rows"] == 200
    assert manifest["hyperparameters"]["learning_rate"] == 5e-3


def test_the_reports_have_the_contracts_shape(
    published: Path, tiny: Path, train_rows: Path, holdout_rows: Path
) -> None:
    wanted = json.loads((ROOT / "tests/contract/train-report.json").read_text())
    report = run_train(tiny, train_rows, published)  # published before: the same answer, without training
    assert keys(report) == keys(wanted) and report["digest"] == digest_folder(published)

    wanted = json.loads((ROOT / "tests/contract/judge-report.json").read_text())
    report = run_judge(published, holdout_rows, published, gate={"metric": "accuracy", "maxSliceDrop": 0.05})
    assert list(report) == [name for name in wanted if name != "newLabels"]  # test_judging_new_labels.py has it
    assert set(wanted["candidate"]["metrics"]) <= set(report["candidate"]["metrics"]) == set(report["directions"])
    assert wanted["directions"].items() <= report["directions"].items()
    assert report["candidate"] == report["served"]
    assert keys(report["slices"]["tweets"]) == keys(wanted["slices"]["tweets"])
    assert report["rows"] == report["holdout"]["rows"] == 100
    assert sum(part["rows"] for part in report["slices"].values()) == 100
    assert keys(report["difference"]) == keys(wanted["difference"])
    same = {"value": 0.0, "differing": 0, "method": "exact McNemar", "confidence": 0.969603645}
    assert same.items() <= report["difference"].items()


def test_weights_are_kept_in_the_format_asked_for_and_gone_on_from_in_fp32(
    tiny: Path, train_rows: Path, tmp_path: Path
) -> None:
    """Judged on rows that it has learnt by heart, so that it is sure of them: rounding changes few answers."""
    settings = {"learning_rate": "5e-3", "batch_size": "16", "epochs": "8"}
    half, whole, after = (tmp_path / name for name in ("half", "whole", "after"))
    report = run_train(tiny, train_rows, half, hyperparameters=settings | {"save_dtype": "bfloat16"})
    run_train(tiny, train_rows, whole, hyperparameters=settings)
    assert report["digest"] == digest_folder(half)
    rounded, exact = (load_file(folder / "model.safetensors") for folder in (half, whole))
    assert all(weight.dtype == torch.bfloat16 for weight in rounded.values())
    assert all(torch.equal(rounded[name], exact[name].to(torch.bfloat16)) for name in exact)

    judged = run_judge(half, train_rows, whole)
    scores = [judged[which]["metrics"]["accuracy"] for which in ("candidate", "served")]
    assert scores[1] > 0.8 and abs(scores[0] - scores[1]) <= 0.05, judged
    run_train(half, train_rows, after, uid="uid-2", hyperparameters=settings | {"epochs": "1"})
    assert all(weight.dtype == torch.float32 for weight in load_file(after / "model.safetensors").values())


def test_without_a_served_model_there_is_no_served_part(published: Path, holdout_rows: Path) -> None:
    report = run_judge(published, holdout_rows)
    assert "served" not in report and set(report["slices"]["tweets"]) == {"candidate", "rows"}


def test_a_holdout_that_was_asked_before_has_to_be_surer(published: Path, holdout_rows: Path) -> None:
    holdout = run_judge(published, holdout_rows)["holdout"]["digest"]
    gate = {"metric": "accuracy", "confidence": 0.9, "uses": {holdout: 2}}
    assert run_judge(published, holdout_rows, published, gate=gate)["difference"]["confidence"] == 0.993245254


def test_a_hundred_tiny_slices_hide_no_large_one(published: Path, holdout_rows: Path, tmp_path: Path) -> None:
    rows = [row | {"domain": "large" if n < 60 else f"tiny-{n}"} for n, row in enumerate(read_rows(holdout_rows))]
    report = run_judge(published, write_rows(tmp_path / "rows.jsonl", rows), published)
    assert next(iter(report["slices"])) == "large" and len(report["slices"]) == 41


def test_training_learns_and_starts_from_a_checkpoint(published: Path, train_rows: Path, tmp_path: Path) -> None:
    more = {"learning_rate": "5e-3", "epochs": "8", "batch_size": "16"}
    run_train(published, train_rows, tmp_path / "out", hyperparameters=more)
    report = run_judge(tmp_path / "out", train_rows, published)
    assert report["candidate"]["metrics"]["accuracy"] > 0.9
    assert report["candidate"]["metrics"]["accuracy"] >= report["served"]["metrics"]["accuracy"]


def test_the_same_run_again_gives_the_same_weights(
    published: Path, tiny: Path, train_rows: Path, tmp_path: Path
) -> None:
    report = run_train(tiny, train_rows, tmp_path / "out", uid="uid-2")
    assert report["digest"] == digest_folder(published)
    other = {"learning_rate": "5e-3", "batch_size": "16", "epochs": "2", "seed": "7"}
    assert run_train(tiny, train_rows, tmp_path / "out7", hyperparameters=other)["digest"] != report["digest"]


def test_early_stopping_keeps_the_best_weights(
    tiny: Path, train_rows: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows learnt by heart cost the slice's loss, which at last is far above the best one, that of the kept weights."""
    settings = {"learning_rate": "5e-3", "batch_size": "16", "epochs": "20"}
    settings |= {"early_stopping": "6", "early_stopping_share": "0.2"}
    with caplog.at_level("INFO", "refit_trainer"):
        report = run_train(tiny, train_rows, tmp_path / "out", hyperparameters=settings)
    losses = [float(text) for text in re.findall(r"eval_loss=([\d.]+)", caplog.text)]
    best = report["metrics"]["slice_loss"]
    print(losses, best)
    assert best == pytest.approx(min(losses), abs=1e-4) and losses[-1] > best + 0.2
    assert "train.stopped_early" in caplog.text

    rows = read_rows(train_rows)
    model = TASK.load(tmp_path / "out")
    held = random.Random(42).sample(rows, len(rows))[: len(rows) // 5]
    labels = torch.tensor([model.labels.index(row["label"]) for row in held])
    model.network.eval()
    with torch.inference_mode():
        kept = float(cross_entropy(TASK.logits(model, [row["text"] for row in held]), labels))
    assert kept == pytest.approx(best, abs=0.05)


def test_a_diverged_training_publishes_nothing(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"the training diverged: hyperparameters.learning_rate=1e\+30 is too high"):
        run_train(tiny, train_rows, tmp_path / "out", hyperparameters={"learning_rate": "1e30"})
    assert not (tmp_path / "out").exists()


def test_a_training_whose_loss_is_no_number_publishes_nothing(
    tiny: Path, train_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights stay numbers, as where each step is left out; losses are logged as on a GPU, none replaced."""
    measure = full.ResumableTrainer.compute_loss
    monkeypatch.setattr(
        full.ResumableTrainer, "compute_loss", lambda *given, **more: measure(*given, **more) + math.nan
    )
    monkeypatch.setattr(
        full, "hardware_settings", lambda workers: hardware_settings(workers) | {"logging_nan_inf_filter": False}
    )
    with pytest.raises(BadInput, match=r"the training's loss is nan.* hyperparameters.learning_rate below 0.005"):
        run_train(tiny, train_rows, tmp_path / "out", hyperparameters={"learning_rate": "5e-3"})
    assert not (tmp_path / "out").exists()


def test_a_text_is_cut_at_max_length_in_service_too(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    run_train(tiny, train_rows, tmp_path / "out", hyperparameters={"epochs": "0.1", "max_length": "9"})
    assert json.loads((tmp_path / "out" / "tokenizer_config.json").read_text())["model_max_length"] == 9


def test_texts_that_are_cut_are_counted(
    tiny: Path, train_rows: Path, holdout_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_train(tiny, train_rows, tmp_path / "out", hyperparameters={"epochs": "0.1", "max_length": "20"})
    tokenizer = TASK.load(tmp_path / "out").processor
    train, held = (
        sum(len(tokenizer.tokenize(row["text"])) + 2 > 20 for row in read_rows(path))
        for path in (train_rows, holdout_rows)
    )
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["dataset"]["train"]["cut"] == train > 10
    monkeypatch.setenv("REFIT_REPORT", "on")
    assert run_judge(tmp_path / "out", holdout_rows)["holdout"]["cut"] == held > 5
    page = (tmp_path / "out" / "report.html").read_text()
    assert f"{held} of the inputs are longer than what the model is given, and cut." in page


def test_what_is_not_read_stands_in_manifest_report_and_page(
    tiny: Path, train_rows: Path, holdout_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rows, name in ((train_rows, "more.json"), (holdout_rows, "old & <b>.jsonl.zst")):
        shutil.copytree(rows.parent, tmp_path / rows.parent.name)
        (tmp_path / rows.parent.name / name).write_text("more")
    train, held = (tmp_path / rows.parent.name for rows in (train_rows, holdout_rows))
    run_train(tiny, train, tmp_path / "out", hyperparameters={"epochs": "0.1"})
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["dataset"]["train"]["unread"] == {"count": 1, "names": ["more.json"]}
    monkeypatch.setenv("REFIT_REPORT", "on")
    assert run_judge(tmp_path / "out", held)["holdout"]["unread"] == {"count": 1, "names": ["old & <b>.jsonl.zst"]}
    page = (tmp_path / "out" / "report.html").read_text()
    assert "In the folder of the rows, and not read: old &amp; &lt;b&gt;.jsonl.zst." in page
    assert "in the same folder not read: 1" in page


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learning_rat": "1"}, "hyperparameters: learning_rat='1': Extra inputs are not permitted"),
        ({"learning_rate": "fast"}, "learning_rate='fast': Input should be a valid number"),
        ({"learning_rate": "nan"}, "learning_rate='nan'"),
        ({"epochs": "-1"}, "epochs='-1': Input should be greater than 0"),
        ({"batch_size": "1.5"}, "batch_size='1.5'"),
        ({"method": "magic"}, "hyperparameters.method='magic': unknown; this image knows boosting, full, head, "),
    ],
)
def test_a_wrong_hyperparameter_is_named(
    tiny: Path, train_rows: Path, tmp_path: Path, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(BadInput) as refused:
        run_train(tiny, train_rows, tmp_path / "out", hyperparameters=settings)
    assert message in str(refused.value)


def test_what_is_unknown_is_refused(published: Path, train_rows: Path, holdout_rows: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"task='mind-reading': unknown; this image knows .*text-classification"):
        run_train(published, train_rows, tmp_path / "out", task="mind-reading")
    with pytest.raises(BadInput, match=r"gate.metric='beauty': text-classification has accuracy, macro_f1"):
        run_judge(published, holdout_rows, gate={"metric": "beauty"})


def test_one_label_is_no_classification(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    rows = [row for row in read_rows(train_rows) if row["label"] == "positive"]
    with pytest.raises(BadInput, match="two labels or more, and the rows have positive"):
        run_train(tiny, write_rows(tmp_path / "rows.jsonl", rows), tmp_path / "out")


def test_a_label_that_the_model_does_not_know(published: Path, train_rows: Path, tmp_path: Path) -> None:
    rows = [*read_rows(train_rows), {"text": "so so", "label": "neutral"}]
    with pytest.raises(BadInput, match=r"rows.jsonl:201: unknown label 'neutral'"):
        run_train(published, write_rows(tmp_path / "rows.jsonl", rows), tmp_path / "out")


def test_another_model_than_the_digest_says(
    published: Path, train_rows: Path, holdout_rows: Path, tmp_path: Path
) -> None:
    wrong = {"uri": published.as_uri(), "digest": f"sha256:{'0' * 64}"}
    with pytest.raises(BadInput, match=f"has the digest {digest_folder(published)}, not sha256:000"):
        run_train(published, train_rows, tmp_path / "out", startFrom=wrong)
    with pytest.raises(BadInput, match=r"served: file://.* has the digest"):
        judge(json.dumps(judge_config(published, holdout_rows) | {"served": wrong}))
    assert not (tmp_path / "out").exists()


def test_a_changed_candidate_is_refused(checkpoint: Path, holdout_rows: Path) -> None:
    (checkpoint / "config.json").write_text((checkpoint / "config.json").read_text() + "\n")
    with pytest.raises(BadInput, match="but its manifest says"):
        run_judge(checkpoint, holdout_rows)


def test_a_stock_scripts_folder_is_adopted(published: Path, holdout_rows: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(published, tmp_path / "stock"))
    (folder / "manifest.json").unlink()
    (folder / "training_args.bin").write_bytes(b"pickle")
    (folder / "model.safetensors").chmod(0o600)
    (folder / "checkpoint-7").mkdir()
    (folder / "checkpoint-7" / "optimizer.pt").write_bytes(b"pickle")
    report = run_judge(folder, holdout_rows)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert report["candidate"]["digest"] == manifest["digest"] == digest_folder(published)
    assert manifest["run"]["uid"] == "uid-1" and not (folder / "training_args.bin").exists()
    assert (folder / "model.safetensors").stat().st_mode & 0o777 == 0o644


def test_weights_that_are_missing_are_told(checkpoint: Path, holdout_rows: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(checkpoint / "model.safetensors")
    save_file({n: w for n, w in weights.items() if "layer.1.output" not in n}, checkpoint / "model.safetensors")
    (checkpoint / "manifest.json").unlink()
    with pytest.raises(BadInput, match=r"the weights lack bert.encoder.layer.1.output"):
        run_judge(checkpoint, holdout_rows)


def test_both_models_are_judged_on_the_rows_that_were_there_first(
    published: Path, holdout_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from refit_trainer.tasks.text_classification import TextClassification

    rows, seen = Path(shutil.copy(holdout_rows, tmp_path / "rows.jsonl")), []
    predict = TextClassification.predict

    def append_and_predict(self: Any, model: Any, found: Any) -> Any:
        with rows.open("a") as file:
            file.write('{"text": "one more", "label": "positive"}\n')
        seen.append(found)
        return predict(self, model, found)

    monkeypatch.setattr(TextClassification, "predict", append_and_predict)
    assert run_judge(published, rows, published)["rows"] == 100
    assert seen[0] is seen[1]
