"""The judge leaves a sketch beside the candidate, and the server says with it how foreign its inputs are."""

import json
import logging
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from refit_serving.documents import COUNT, MAX_COUNT
from refit_serving.model import load_model
from refit_serving.settings import read_settings
from refit_serving.to_label import MORE_IN_DRIFT
from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.data.rows import Row
from refit_trainer.sketch.calibration import calibrate
from refit_trainer.sketch.document import KNOTS, SKETCH, WINDOW, Sketch, read_sketch
from refit_trainer.tasks.components.head_inputs import compute_features
from refit_trainer.tasks.text_classification import TASK
from tests.support.trainer.commands import judge_config, train_config, write_rows
from tests.support.trainer.models import make_gpt2
from tests.support.trainer.pictures import make_tiny_resnet, write_digits
from tests.support.trainer.server import Serve, pointer

TOKEN = "a-token-of-labellers"


@pytest.fixture(autouse=True)
def sketches_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFIT_SKETCH", "on")


@pytest.fixture
def sketched(checkpoint: Path, tmp_path: Path, sentences: list[dict[str, Any]]) -> Path:
    """A checkpoint whose judge saw 300 rows."""
    judge(json.dumps(judge_config(checkpoint, write_rows(tmp_path / "holdout" / "rows.jsonl", sentences))))
    return checkpoint


def sketch_of(folder: Path) -> Sketch:
    found = read_sketch(folder, digest_folder(folder))
    assert found is not None
    return found


def test_the_judge_leaves_a_sketch_outside_of_the_digest(
    published: Path, sketched: Path, sentences: list[dict[str, Any]]
) -> None:
    assert digest_folder(sketched) == digest_folder(published)
    found = sketch_of(sketched)
    assert len(found.mean) == 32 and 8 <= len(found.axes) <= 16 and found.rows == 300
    model = TASK.load(sketched)
    features = compute_features(TASK, model, model.network.classifier, [Row(row) for row in sentences]).numpy()
    places = (features - np.array(found.mean)) @ np.array(found.axes).T
    assert np.abs(places.mean(axis=0)).max() < 0.01 and places.var(axis=0) == pytest.approx(1, abs=0.05)


def test_few_rows_leave_no_sketch_and_fail_nothing(checkpoint: Path, holdout_rows: Path) -> None:
    assert judge(json.dumps(judge_config(checkpoint, holdout_rows)))["rows"] == 100
    assert not (checkpoint / SKETCH).exists()


def test_none_is_drawn_where_none_is_wanted(
    checkpoint: Path, tmp_path: Path, sentences: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFIT_SKETCH", "off")
    judge(json.dumps(judge_config(checkpoint, write_rows(tmp_path / "holdout" / "rows.jsonl", sentences))))
    assert not (checkpoint / SKETCH).exists()


def test_a_model_whose_head_sees_every_token_is_judged_without_one(
    tmp_path: Path, sentences: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    folder = make_gpt2(tmp_path / "gpt2")
    with caplog.at_level(logging.WARNING):
        judge(json.dumps(judge_config(folder, write_rows(tmp_path / "rows" / "rows.jsonl", sentences))))
    assert not (folder / SKETCH).exists() and "isn't given one vector for an input" in caplog.text


def test_pictures_have_a_sketch_as_well(tmp_path: Path) -> None:
    rows = write_digits(tmp_path / "rows", 0, 300)
    shape: dict[str, Any] = {"task": "image-classification", "hyperparameters": {"method": "head"}}
    start = make_tiny_resnet(tmp_path / "resnet")
    train(json.dumps(train_config(start, rows, tmp_path / "out", **shape, dataset={"train": rows.as_uri()})))
    judged: dict[str, Any] = {"task": "image-classification", "dataset": {"holdout": rows.as_uri()}}
    judge(json.dumps(judge_config(tmp_path / "out", rows, **judged)))
    assert sketch_of(tmp_path / "out").rows > 200


def test_calibrated_confidence_promises_what_came_true() -> None:
    draw = np.random.default_rng(0)
    scores = draw.uniform(0.5, 1, 3000)
    right = draw.random(3000) < scores - 0.15  # overconfident by 15 points
    found = calibrate(list(scores), [float(one) for one in right])
    promised = np.interp([0.6, 0.8, 0.95], found.confidence, found.accuracy)
    assert promised == pytest.approx([0.45, 0.65, 0.8], abs=0.06) and len(found.confidence) <= KNOTS
    assert np.interp(scores, found.confidence, found.accuracy).mean() == pytest.approx(right.mean(), abs=0.01)


@pytest.mark.parametrize("scores", [[0.9] * 30, [0.9], [0.5, 0.6]])
def test_confidences_that_are_few_or_all_alike_are_calibrated(scores: list[float]) -> None:
    assert calibrate(scores, [1.0] * len(scores)).accuracy[-1] == 1


def test_the_server_knows_where_each_input_lies(sketched: Path, sentences: list[dict[str, Any]]) -> None:
    """Of inputs of all lengths, which a batch has in another order than they were asked in."""
    model = load_model(read_settings({"MODEL_URI": pointer(sketched)}))
    found = sketch_of(sketched)
    texts = [row["text"] for row in sentences[:40]]
    bare = TASK.load(sketched)
    features = compute_features(TASK, bare, bare.network.classifier, [Row({"text": text}) for text in texts]).numpy()
    places = (features - np.array(found.mean)) @ np.array(found.axes).T
    given = [one.place for one in model.predict(texts)]
    assert np.array(given) == pytest.approx(places, abs=0.1)
    assert [one.value for one in model.predict(texts)] == [
        one.value for one in TASK.predict(bare, [Row({"text": text}) for text in texts])
    ]


def ask(server: Any, texts: list[str]) -> list[dict[str, Any]]:
    return list(server.post("/v1/predict", instances=[{"text": text} for text in texts])["predictions"])


def value(server: Any, name: str) -> float | None:
    lines = server.client.get("/metrics").text.splitlines()
    return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), None)


def test_the_server_exports_drift_confidence_labels_and_an_estimate(
    serve: Serve, sketched: Path, sentences: list[dict[str, Any]]
) -> None:
    server = serve(MODEL_URI=pointer(sketched)).wait()
    texts = [row["text"] for row in sentences]
    answers = ask(server, texts[: WINDOW - 1])
    assert (
        value(server, "refit_serve_input_drift_ratio") is None
        and value(server, "refit_serve_estimated_accuracy") is None
    )
    answers += ask(server, texts[WINDOW - 1 : WINDOW])
    usual = value(server, "refit_serve_input_drift_ratio")
    assert usual is not None and usual < 1
    estimate = value(server, "refit_serve_estimated_accuracy")
    assert estimate is not None and 0 <= estimate <= 1
    assert value(server, "refit_serve_prediction_confidence_count") == WINDOW
    for label in ("negative", "positive"):
        counted = value(server, f'refit_serve_predictions_by_label_total{{label="{label}"}}') or 0.0
        assert counted == sum(answer["label"] == label for answer in answers)
    ask(server, [f"{number} 999 1 2 3" for number in range(WINDOW)])
    foreign = value(server, "refit_serve_input_drift_ratio")
    print(f"usual {usual:.2f}, foreign {foreign}")
    assert foreign is not None and foreign > 1
    assert server.counts() == (2 * WINDOW, 0, 0)


def test_a_damaged_sketch_harms_no_answer(serve: Serve, sketched: Path) -> None:
    (sketched / SKETCH).write_text('{"version": 1, "mean": ["')
    server = serve(MODEL_URI=pointer(sketched)).wait()
    assert server.post("/v1/predict", text="a lovely film")["label"]
    assert (
        value(server, "refit_serve_input_drift_ratio") is None
        and value(server, "refit_serve_prediction_confidence_count") == 1
    )


def test_a_sketch_of_another_width_is_left_alone(serve: Serve, sketched: Path) -> None:
    odd = json.loads((sketched / SKETCH).read_text())
    odd |= {"mean": odd["mean"][:8], "axes": [axis[:8] for axis in odd["axes"]]}
    (sketched / SKETCH).write_text(json.dumps(odd))
    server = serve(MODEL_URI=pointer(sketched)).wait()
    assert ask(server, ["a lovely film"] * WINDOW) and value(server, "refit_serve_input_drift_ratio") is None


def test_rows_are_handed_out_once_and_their_labels_are_stored_and_not_judged(
    serve: Serve, sketched: Path, tmp_path: Path, sentences: list[dict[str, Any]]
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    server = serve(MODEL_URI=pointer(sketched), FEEDBACK_TOKEN_FILE=str(tmp_path / "token"), HOLDOUT_SHARE="0.5").wait()
    server.client.headers["Authorization"] = f"Bearer {TOKEN}"
    answers = {one["id"]: one for one in ask(server, [row["text"] for row in sentences[:60]])}

    def hand_out(count: int = 100) -> list[dict[str, Any]]:
        reply = server.client.get("/to-label", params={"count": count})
        assert reply.headers["cache-control"] == "no-store"
        return list(reply.raise_for_status().json()["rows"])

    first = hand_out(4)
    assert [row["why"] for row in first] == ["uncertain", "foreign", "uncertain", "foreign"]
    rows = first + hand_out()
    assert (
        hand_out() == [] and value(server, "refit_serve_rows_handed_out_total") == len(rows) < 60
    )  # those of the holdout stay
    assert len({row["text"] for row in rows}) == len(rows)
    assert first[0]["score"] == min(answers[row["id"]]["score"] for row in rows)

    row = first[0]
    taken = server.post("/v1/feedback", **row, label="positive")
    assert taken == {"judged": False, "stored": "train", "duplicate": False} and server.counts() == (60, 0, 0)
    assert server.post("/v1/feedback", **row, label="negative")["duplicate"]
    own = {"id": row["id"], "label": "positive", "receipt": answers[row["id"]]["receipt"]}
    assert server.post("/v1/feedback", **own)["judged"]  # the client's own label is one of a fair sample
    assert server.post("/v1/feedback", **own)["duplicate"]


def test_more_rows_are_handed_out_while_the_inputs_drift(
    serve: Serve, sketched: Path, tmp_path: Path, sentences: list[dict[str, Any]]
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    server = serve(MODEL_URI=pointer(sketched), FEEDBACK_TOKEN_FILE=str(tmp_path / "token")).wait()
    server.client.headers["Authorization"] = f"Bearer {TOKEN}"

    def hand_out(**query: int) -> int:
        return len(server.client.get("/to-label", params=query).raise_for_status().json()["rows"])

    ask(server, [row["text"] for row in sentences[:WINDOW]])
    assert hand_out() == COUNT
    ask(server, [f"{number} 999 1 2 3" for number in range(WINDOW)])
    drift = value(server, "refit_serve_input_drift_ratio")
    assert drift is not None and drift > 1
    assert hand_out() == COUNT * MORE_IN_DRIFT <= MAX_COUNT and hand_out(count=3) == 3


def test_rows_are_for_known_labellers_alone(serve: Serve, sketched: Path, tmp_path: Path) -> None:
    open_to_all = serve(MODEL_URI=pointer(sketched)).wait()
    ask(open_to_all, ["a lovely film"])
    reply = open_to_all.client.get("/to-label")
    assert reply.status_code == 403 and "FEEDBACK_TOKEN_FILE" in reply.json()["error"]
    (tmp_path / "token").write_text(TOKEN)
    server = serve(MODEL_URI=pointer(sketched), FEEDBACK_TOKEN_FILE=str(tmp_path / "token")).wait()
    ask(server, ["a lovely film"])
    known = {"Authorization": f"Bearer {TOKEN}"}

    def get(headers: dict[str, str], **query: Any) -> httpx.Response:
        return server.client.get("/to-label", headers=headers, params=query)

    assert get({}).status_code == get({"Authorization": "Bearer another-token-here"}).status_code == 401
    for count in (0, 101, -1, "many", "1" * 5000):
        assert get(known, count=count).status_code == 422
    assert get(known, count=100).status_code == 200
