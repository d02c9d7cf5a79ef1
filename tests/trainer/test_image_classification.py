"""The task image-classification on real scans, through the commands and the server that texts go through."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from tests.support.trainer.commands import judge_config, read_rows, train_config
from tests.support.trainer.pictures import make_tiny_resnet, png, write_digits
from tests.support.trainer.server import Serve

SETTINGS = {"learning_rate": "3e-3", "batch_size": "32", "epochs": "4"}
COLUMNS = {"image": "image", "label": "label"}


def config(start: Path, rows: Path, output: Path, **changes: Any) -> str:
    dataset = {"train": rows.as_uri(), "format": "jsonl", "columns": COLUMNS}
    return json.dumps(
        train_config(start, rows, output, task="image-classification", dataset=dataset, hyperparameters=SETTINGS)
        | changes
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    start = make_tiny_resnet(folder / "resnet")
    train(config(start, write_digits(folder / "train", 0, 1000), folder / "out"))
    return folder / "out"


def judged(candidate: Path, rows: Path, served: Path | None = None) -> dict[str, Any]:
    dataset = {"holdout": rows.as_uri(), "columns": COLUMNS}
    return judge(json.dumps(judge_config(candidate, rows, served, task="image-classification", dataset=dataset)))


def test_a_resnet_drifts_and_comes_back(trained: Path, tmp_path: Path) -> None:
    before = judged(trained, write_digits(tmp_path / "black", 1000, 1300))["candidate"]["metrics"]["accuracy"]
    inverted = write_digits(tmp_path / "inverted", 1000, 1300, is_inverted=True)
    rows = write_digits(tmp_path / "train", 0, 1000, is_inverted=True)
    train(config(trained, rows, tmp_path / "out"))
    report = judged(tmp_path / "out", inverted, trained)
    served, candidate = (report[name]["metrics"]["accuracy"] for name in ("served", "candidate"))
    print(f"before {before:.3f}, after the drift {served:.3f}, retrained {candidate:.3f}")
    assert before > 0.85 and served < before - 0.2 and candidate > 0.85


def test_images_have_no_length(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"hyperparameters.max_length=9: images aren't cut"):
        rows = write_digits(tmp_path / "rows", 0, 20)
        train(config(trained, rows, tmp_path / "out", hyperparameters={"max_length": "9"}))


def test_an_image_is_served_and_its_label_stored(serve: Serve, trained: Path) -> None:
    server = serve(INITIAL_MODEL_URI=trained.as_uri(), TASK="image-classification", HOLDOUT_SHARE="0").wait()
    image = base64.b64encode(png(200)).decode()
    answer = server.post("/v1/predict", id="a", image=image)
    assert answer["label"] in "0123456789" and answer["model"] == digest_folder(trained)
    assert server.post("/v1/feedback", id="a", label="3")["stored"] == "train"
    (row,) = read_rows(server.folder / "train" / "pod-1.jsonl")
    assert row["label"] == "3" and (server.folder / "train" / row["image"]).read_bytes() == png(200)
    train(config(trained, server.folder / "train", server.folder / "out", hyperparameters={"epochs": "1"}))
    assert server.count("refit_serve_prediction_units_total") == 1
    assert server.count("refit_serve_prediction_errors_total") == float(answer["label"] != "3")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"text": "a film"}, "image is missing"),
        ({"image": "!"}, "image isn't base64"),
        ({"image": base64.b64encode(b"text").decode()}, "image can't be read as an image"),
    ],
)
def test_what_is_no_image_is_refused(serve: Serve, trained: Path, body: dict[str, Any], message: str) -> None:
    server = serve(INITIAL_MODEL_URI=trained.as_uri(), TASK="image-classification").wait()
    code, error = server.refused("/v1/predict", **body)
    assert code == 422 and error.startswith(message)
