"""The task object-detection on scenes of real scans, through the commands and the server that all tasks go through."""

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.images import write_png
from refit_trainer.data.rows import Row
from refit_trainer.tasks import Prediction, Tally, find_task
from refit_trainer.tasks.components.average_precision import measure_average_precision
from refit_trainer.tasks.components.objects import Object, count_matches, intersection_over_union, read_objects
from tests.support.trainer.commands import judge_config, read_rows, train_config, write_rows
from tests.support.trainer.scenes import make_tiny_detr, make_tiny_yolos, write_scenes
from tests.support.trainer.server import Serve

TASK = find_task("object-detection")
SETTINGS = {"learning_rate": "2e-3", "batch_size": "32", "epochs": "22"}
DIGITS = "01"
ONE = {"label": "1", "box": [2, 3, 10, 20]}


def config(start: Path, rows: Path, output: Path, **changes: Any) -> str:
    wanted = {"task": "object-detection", "dataset": {"train": rows.as_uri()}, "hyperparameters": SETTINGS}
    return json.dumps(train_config(start, rows, output, **(wanted | changes)))


def judged(candidate: Path, rows: Path, served: Path | None = None) -> dict[str, Any]:
    changes = {"task": "object-detection", "dataset": {"holdout": rows.as_uri()}, "gate": {"metric": "map_50"}}
    return judge(json.dumps(judge_config(candidate, rows, served, **changes)))


def one_image(folder: Path, *rows: dict[str, Any]) -> Path:
    """Write rows about one grey image of 32x24 pixels."""
    folder.mkdir()
    (folder / "a.png").write_bytes(write_png(Image.new("RGB", (32, 24), "grey")).read())
    write_rows(folder / "rows.jsonl", [{"image": "a.png"} | row for row in rows])
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scenes, an untrained YOLOS, and what it is after some training."""
    folder = tmp_path_factory.mktemp("scenes")
    start = make_tiny_yolos(folder / "start")
    write_scenes(folder / "holdout", range(1200, 1797), 80, DIGITS, seed=1)
    train(config(start, write_scenes(folder / "train", range(1200), 640, DIGITS), folder / "out"))
    return folder


def test_it_learns_where_digits_are(folder: Path) -> None:
    """In the scenes that it was trained on: what it makes of others so early differs with the processor."""
    metrics = judged(folder / "out", folder / "train")["candidate"]["metrics"]
    print(metrics)
    assert metrics["map_50"] > 0.2 and metrics["map_50"] > metrics["map"] > 0
    assert json.loads((folder / "out" / "manifest.json").read_text())["labels"] == ["0", "1"]


def test_all_that_is_wrong_is_told_at_once(folder: Path, tmp_path: Path) -> None:
    wrong = ["here", {"bbox": [[1, 1, 2, 2]], "categories": []}, [ONE, 7], [{"label": True, "box": [1, 1, 2, 2]}]]
    boxes = [[1, 2, 3], [1, 2, "a", 4], [1, 2, float("nan"), 4], [1, 2, 0, 4], [1, 2, 3, -4], [20, 3, 14, 4]]
    rows = [*({"objects": value} for value in wrong), *({"objects": [ONE | {"box": box}]} for box in boxes)]
    fine = [{"objects": []}, {"objects": [ONE]}, {"objects": [ONE | {"box": [22, 4, 10.6, 20.4]}]}]
    unknown = {"objects": [ONE, ONE | {"label": "7"}, ONE | {"label": "8"}]}
    with pytest.raises(BadInput) as refused:
        train(config(folder / "out", one_image(tmp_path / "rows", *rows, unknown, *fine), tmp_path / "out"))
    assert str(refused.value).splitlines() == [
        "rows.jsonl:1: objects is 'here', not a list of objects",
        "rows.jsonl:2: objects is {'bbox': [[1, 1, 2, 2]], 'categories': []}, not a list of objects",
        'rows.jsonl:3: objects[1] is 7, not {"label": …, "box": …}',
        "rows.jsonl:4: objects[0] has the label True, not a name",
        "rows.jsonl:5: objects[0] has the box [1, 2, 3], not [x, y, width, height]",
        "rows.jsonl:6: objects[0] has 'a' in its box, not a number",
        "rows.jsonl:7: objects[0] has nan in its box, not a number",
        "rows.jsonl:8: objects[0] has the box [1, 2, 0, 4]: width and height must be over 0",
        "rows.jsonl:9: objects[0] has the box [1, 2, 3, -4]: width and height must be over 0",
        "rows.jsonl:10: objects[0].box is [20.0, 3.0, 14.0, 4.0], outside of the image of 32x24 pixels",
        "rows.jsonl:11: objects[1] has the unknown label '7'; objects[2] has the unknown label '8'; "
        "the model knows 0, 1",
    ]


def test_images_without_objects_and_of_any_size_teach_too(folder: Path, tmp_path: Path) -> None:
    rows = one_image(tmp_path / "rows", {"objects": []})
    found = {"b.png": [ONE], "c.png": [], "d.png": [ONE]}
    for number, name in enumerate(found):
        (rows / name).write_bytes(write_png(Image.new("RGB", (40 + number, 40), "white")).read())
    write_rows(rows / "more.jsonl", [{"image": name, "objects": objects} for name, objects in found.items()])
    settings = {"batch_size": "2", "early_stopping": "1", "early_stopping_share": "0.3", "epochs": "2"}
    train(config(folder / "out", rows, tmp_path / "out", hyperparameters=settings))
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["rows"] == 4


def test_without_any_object_there_is_nothing_to_learn(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="the rows have no object whose label it could learn"):
        train(config(folder / "start", one_image(tmp_path / "rows", {"objects": []}), tmp_path / "out"))


@pytest.mark.parametrize("method", ["head", "semi-supervised"])
def test_methods_for_classification_alone_are_refused(folder: Path, tmp_path: Path, method: str) -> None:
    with pytest.raises(BadInput, match=f"method='{method}': it is for classification alone, and task='object-det"):
        train(config(folder / "out", folder / "train", tmp_path / "out", hyperparameters={"method": method}))


@pytest.mark.parametrize("method", ["incremental", "lora"])
def test_other_methods_learn_on(folder: Path, tmp_path: Path, method: str) -> None:
    rows = write_scenes(tmp_path / "rows", range(1200), 32, DIGITS, seed=3)
    train(config(folder / "out", rows, tmp_path / "out", hyperparameters={"method": method}))
    metrics = judged(tmp_path / "out", folder / "holdout")["candidate"]["metrics"]
    assert set(metrics) == set(TASK.metrics)


def test_hugging_faces_metadata_is_read(folder: Path, tmp_path: Path) -> None:
    rows = read_rows(folder / "holdout" / "rows.jsonl")[:20]
    shutil.copytree(folder / "holdout" / "files", tmp_path / "rows" / "files")
    columns = {"bbox": "box", "categories": "label"}
    named = [
        {"file_name": row["image"]}
        | {"objects": {name: [one[own] for one in row["objects"]] for name, own in columns.items()}}
        for row in rows
    ]
    write_rows(tmp_path / "rows" / "metadata.jsonl", named)
    write_rows(tmp_path / "same" / "rows.jsonl", rows)
    shutil.copytree(folder / "holdout" / "files", tmp_path / "same" / "files")
    changes = {"task": "object-detection", "gate": {"metric": "map_50"}}
    dataset = {"holdout": (tmp_path / "rows").as_uri(), "format": "imagefolder"}
    found = judge(json.dumps(judge_config(folder / "out", tmp_path / "rows", dataset=dataset, **changes)))
    assert found["candidate"] == judged(folder / "out", tmp_path / "same")["candidate"] and found["rows"] == 20


def test_objects_are_served_and_true_ones_counted(serve: Serve, folder: Path) -> None:
    server = serve(INITIAL_MODEL_URI=(folder / "out").as_uri(), TASK="object-detection", HOLDOUT_SHARE="0").wait()
    row = read_rows(folder / "holdout" / "rows.jsonl")[0]
    contents = (folder / "holdout" / row["image"]).read_bytes()
    answer = server.post("/v1/predict", id="a", image=base64.b64encode(contents).decode())
    assert answer["model"] == digest_folder(folder / "out")
    assert all(set(one) == {"label", "score", "box"} and one["label"] in DIGITS for one in answer["label"])
    outside = server.refused("/v1/feedback", id="a", label=[ONE | {"box": [30, 2, 9, 9]}])
    assert outside == (422, "objects[0].box is [30.0, 2.0, 9.0, 9.0], outside of the image of 32x32 pixels")
    assert server.post("/v1/feedback", id="a", label=row["objects"])["judged"]
    wanted = TASK.tally(answer["label"], row["objects"])
    assert server.counts() == (1, 1, float(not wanted.errors))
    assert server.count("refit_serve_prediction_errors_total") == wanted.errors
    assert server.count("refit_serve_prediction_units_total") == wanted.units
    (stored,) = read_rows(server.folder / "train" / "pod-1.jsonl")
    assert stored["objects"] == row["objects"]
    assert (server.folder / "train" / stored["image"]).read_bytes() == contents


def test_the_report_shows_which_objects_became_frequent(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder / "out", tmp_path / "out")
    monkeypatch.setenv("REFIT_REPORT", "on")
    judged(tmp_path / "out", folder / "holdout", folder / "out")
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<h3>Classes</h3>" in page and "Confusion matrix" not in page
    assert "by slice" not in page and "+0.000, no difference" in page and "may be chance" not in page


@pytest.mark.parametrize("kind", ["Detr", "RTDetr"])
def test_a_detr_sees_images_of_many_shapes(tmp_path: Path, kind: str) -> None:
    """Told where the padding is, it learns boxes as shares of the image; no answer depends on the images beside it."""
    import torch

    make_tiny_detr(tmp_path / "detr", kind)
    shapes = [(40, 20), (40, 40), (20, 40)]
    images = [write_png(Image.linear_gradient("L").resize(shape)) for shape in shapes]
    rows = [Row({"image": image, "objects": [ONE | {"box": [0, 0, 10, 20]}]}) for image in images]
    model = TASK.load(tmp_path / "detr", rows)
    batch = TASK.collator(model)(TASK.encode(model, rows))
    assert batch["pixel_mask"].shape == batch["pixel_values"].shape[:1] + batch["pixel_values"].shape[2:]
    assert [target["boxes"].tolist() for target in batch["labels"]] == [
        [pytest.approx([5 / width, 10 / height, 10 / width, 20 / height])] for width, height in shapes
    ]
    assert torch.isfinite(model.network(**batch).loss)
    answers = TASK.predict(model, rows)
    assert all(answer.value for answer in answers) and {one["label"] for one in answers[0].value} == {"1"}
    TASK.save(model, tmp_path / "out")
    again = TASK.load(tmp_path / "out")
    assert again.labels == model.labels == ("1",)
    for row, answer in zip(rows, answers, strict=True):
        assert TASK.predict(again, [row])[0].score == pytest.approx(answer.score, rel=0.02)


def test_what_is_the_same_object() -> None:
    one = Object("1", (0, 0, 10, 10))
    assert (
        intersection_over_union(one.box, (5, 0, 10, 10)) == pytest.approx(1 / 3)
        and intersection_over_union(one.box, (20, 0, 5, 5)) == 0
    )
    assert count_matches([one, one], [one]) == 1
    assert (
        count_matches([Object("1", (0, 0, 10, 6))], [one]) == 1
        and count_matches([Object("1", (0, 0, 10, 4))], [one]) == 0
    )
    assert count_matches([Object("7", one.box)], [one]) == 0
    both = [Object("1", (0, 0, 10, 8), 0.6), Object("1", (0, 0, 10, 10), 0.9)]
    assert count_matches(both, [one, Object("1", (0, 0, 10, 7))]) == 2


@pytest.mark.parametrize(
    ("answer", "truth", "tally"),
    [
        ([ONE | {"score": 0.9}], [ONE], Tally(0, 1)),
        ([ONE | {"score": 0.4}], [ONE], Tally(1, 1)),
        ([ONE | {"score": 0.9}, ONE | {"score": 0.6}], [ONE], Tally(1, 2)),
        ([ONE | {"score": 0.9, "label": "0"}], [ONE], Tally(2, 2)),
        ([ONE | {"score": 0.3}], [], Tally(0, 1)),
        ("nothing", [ONE], Tally(1, 1)),
    ],
)
def test_an_answer_is_right_where_both_sides_are_the_same(answer: Any, truth: Any, tally: Tally) -> None:
    assert TASK.tally(answer, truth) == tally


def test_precision_is_cocos() -> None:
    true = [[Object("1", (0, 0, 10, 10))], [Object("1", (0, 0, 10, 10)), Object("0", (20, 0, 10, 10))]]
    assert measure_average_precision(true, true) == {
        "map_50": pytest.approx(1),
        "map": pytest.approx(1),
        "recall_100": 1,
    }
    found = [[Object("1", (0, 0, 10, 8), 0.9)], [Object("0", (20, 0, 10, 10), 0.8)]]
    measured = measure_average_precision(found, true)
    assert measured["map_50"] == pytest.approx((51 / 101 + 1) / 2)  # half of the ones: 51 of COCO's 101 recalls
    assert measured["recall_100"] == pytest.approx((0.5 * 0.7 + 1) / 2)  # at 7 of the 10 overlaps, 0.5 to 0.8


def test_where_no_object_is_true_only_sure_ones_are_wrong() -> None:
    rows = [Row({"objects": []}), Row({"objects": []})]
    sure, unsure = Prediction([ONE | {"score": 0.7}], 0.7), Prediction([ONE | {"score": 0.2}], 0.2)
    assert TASK.measure(rows, [unsure, unsure])["map_50"] == 1 and TASK.measure(rows, [unsure, sure])["map_50"] == 0
    assert TASK.measure([Row({"objects": [ONE]})], [Prediction([], 0.0)]) == dict.fromkeys(TASK.metrics, 0.0)
    assert read_objects(None) == []
