"""The model server as a real process behind real HTTP."""

import asyncio
import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from refit_serving.batching import Batcher, ModelFailed, Overloaded
from refit_serving.feedback_files import RowFile
from refit_serving.memory import Memory, RememberedPrediction
from refit_serving.model import parse_pointer
from refit_serving.receipts import digest_input
from refit_serving.settings import Settings, read_settings
from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.contract.errors import BadInput
from tests.support.trainer.commands import read_rows
from tests.support.trainer.server import Serve, pointer


def other(label: str) -> str:
    return {"positive": "negative", "negative": "positive"}[label]


def test_predictions_labels_and_measures(serve: Serve, published: Path) -> None:
    server = serve(MODEL_URI=pointer(published)).wait()
    digest = digest_folder(published)
    answer = server.post("/v1/predict", id="a", text="a lovely film")
    assert answer["id"] == "a" and answer["model"] == digest and 0.5 <= answer["score"] <= 1
    assert server.post("/v1/predict", text="a lovely film")["label"] == answer["label"]
    many = server.post("/v1/predict", instances=[{"id": "b", "text": "dull", "domain": "movies"}, {"text": "fun"}])
    assert many["predictions"][0]["id"] == "b" and server.counts() == (4, 0, 0)

    assert server.post("/v1/feedback", id="a", label=answer["label"])["judged"]
    wrong = other(many["predictions"][0]["label"])
    assert server.post("/v1/feedback", id="b", label=wrong)["judged"]
    assert server.counts() == (4, 2, 1)
    twice = server.post("/v1/feedback", id="b", label=wrong)
    assert twice == {"judged": False, "stored": None, "duplicate": True} and server.counts() == (4, 2, 1)

    rows = {row["id"]: row for row in server.rows()}
    assert rows["a"] | {"time": ""} == {"id": "a", "text": "a lovely film", "label": answer["label"], "time": ""}
    assert rows["b"]["domain"] == "movies" and rows["b"]["time"].endswith("Z") and len(server.rows()) == 2
    assert f'refit_serve_model_info{{digest="{digest}"}} 1.0' in server.client.get("/metrics").text
    assert server.client.get("/healthz").status_code == 200


def test_a_text_that_comes_again_never_changes_sides(serve: Serve, published: Path) -> None:
    server = serve(MODEL_URI=pointer(published), HOLDOUT_SHARE="0.5").wait()
    texts = [f"film number {n}" for n in range(8)]
    told = []
    for number, text in enumerate(texts * 4):
        server.post("/v1/predict", id=str(number), text=text)
        told.append((text, server.post("/v1/feedback", id=str(number), label="positive")["stored"]))
    assert len(set(told)) == len(texts) and {side for _, side in told} == {"train", "holdout"}


def test_what_is_refused(serve: Serve, published: Path) -> None:
    server = serve(MODEL_URI=pointer(published)).wait()
    assert server.refused("/v1/predict", text=" ")[0] == 422
    assert server.refused("/v1/predict", instances=[])[0] == 422
    assert server.refused("/v1/feedback", id="a", label="postive") == (
        422,
        "unknown label 'postive'; the model knows negative, positive",
    )
    assert server.client.post("/v1/predict", content=b"{").status_code == 400
    assert server.client.post("/v1/predict", content=b"[" * 100_000).status_code == 400
    assert server.client.post("/v1/predict", json=["a film"]).status_code == 422
    assert server.client.post("/v1/predict", content=b"x" * (5 << 20)).status_code == 413
    assert server.counts() == (0, 0, 0) and not server.rows()
    assert server.post("/v1/predict", id="instances", text='"instances"')["id"] == "instances"


def test_a_full_disk_loses_no_label(serve: Serve, published: Path, tmp_path: Path) -> None:
    (tmp_path / "train").write_text("a file where the folder should be")
    server = serve(MODEL_URI=pointer(published), HOLDOUT_SHARE="0").wait()
    server.post("/v1/predict", id="a", text="a lovely film")
    code, error = server.refused("/v1/feedback", id="a", label="positive")
    assert code == 503 and "couldn't be stored" in error and server.counts() == (1, 0, 0)
    (tmp_path / "train").unlink()
    assert server.post("/v1/feedback", id="a", label="positive") == {
        "judged": True,
        "stored": "train",
        "duplicate": False,
    }


async def test_too_much_waiting_is_refused_and_errors_reach_whoever_asked() -> None:
    def fail(texts: list[str]) -> Any:
        raise RuntimeError("no memory")

    batcher = Batcher(fail, 4, "example")
    waiting = asyncio.gather(*(batcher.predict(["a"] * 1000) for _ in range(2)), return_exceptions=True)
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await batcher.predict(["b"])
    await batcher.start()
    assert [(type(error), str(error)) for error in await waiting] == [(ModelFailed, "no memory")] * 2
    await batcher.stop()


def test_no_request_is_lost_while_draining(serve: Serve, published: Path) -> None:
    server = serve(MODEL_URI=pointer(published), DRAIN_SECONDS="2").wait()
    codes: list[int] = []
    stop = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=server.client.base_url) as client:
            while not stop.is_set():
                codes.append(client.post("/v1/predict", json={"text": "a lovely film"}).status_code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    ready = server.client.get("/readyz")
    assert ready.status_code == 503 and ready.headers["connection"] == "close"
    before = len(codes)
    time.sleep(0.3)
    assert len(codes) > before, "it stopped answering too early"
    stop.set()
    for thread in threads:
        thread.join()
    assert set(codes) == {200}
    assert server.process.wait(10) == 0


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "neither MODEL_URI nor INITIAL_MODEL_URI is set"),
        ({"MODEL_URI": "file:///models/a"}, "isn't <uri>@sha256:<digest>"),
        ({"MODEL_URI": f"file:///nowhere@sha256:{'0' * 64}"}, "file:///nowhere doesn't exist"),
    ],
)
def test_a_wrong_pointer_ends_the_server(serve: Serve, variables: dict[str, str], message: str) -> None:
    server = serve(**variables)
    output, _ = server.process.communicate(timeout=60)
    assert server.process.returncode == 64 and message in output
    assert message in json.loads((server.folder / "termination-log").read_text())["error"]


def test_a_changed_model_is_never_served(serve: Serve, checkpoint: Path) -> None:
    named = pointer(checkpoint)
    with (checkpoint / "model.safetensors").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x7f")
    server = serve(MODEL_URI=named)
    output, _ = server.process.communicate(timeout=60)
    assert server.process.returncode == 64 and "has the digest" in output


def test_a_model_without_a_head_is_not_served(serve: Serve, tiny: Path) -> None:
    server = serve(INITIAL_MODEL_URI=tiny.as_uri())
    output, _ = server.process.communicate(timeout=60)
    assert server.process.returncode == 64 and "has no head for text-classification" in output


def test_a_killed_servers_half_row_goes(tmp_path: Path) -> None:
    (tmp_path / "pod-1.jsonl").write_text('{"id": "1"}\n{"id": "2", "te')
    RowFile(tmp_path, "pod-1").append({"id": "3"})
    assert [row["id"] for row in read_rows(tmp_path / "pod-1.jsonl")] == ["1", "3"]


def test_memory_is_bounded() -> None:
    memory = Memory(2)
    for key in "abc":
        memory.remember(key, RememberedPrediction("text", "positive"))
    assert memory.recall("a") is None and memory.recall("c")
    for key in "abc":
        memory.mark_labelled(key, digest_input("text"))
    assert not memory.is_labelled("a") and memory.is_labelled("c") and memory.recall("c") is None
    assert memory.is_labelled("c", digest_input("text")) and not memory.is_labelled("c", digest_input("another"))


def test_the_initial_model_counts_while_no_other_is_named() -> None:
    digest = f"sha256:{'a' * 64}"
    read = lambda **given: parse_pointer(read_settings(given), given.get("MODEL_URI", ""))  # noqa: E731
    assert read(MODEL_URI="", INITIAL_MODEL_URI="file:///a") == ("file:///a", None)
    assert read(MODEL_URI=f"file:///b@{digest}", INITIAL_MODEL_URI="file:///a") == ("file:///b", digest)
    assert read(INITIAL_MODEL_URI=f"file:///a@{digest}") == ("file:///a", digest)


@pytest.mark.parametrize(("name", "value"), [("PORT", "http"), ("HOLDOUT_SHARE", "2"), ("WRITER", "../pod")])
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(BadInput, match=f"environment: {name.lower()}='{value}'"):
        read_settings({name: value})
    assert isinstance(read_settings({name: ""}), Settings)
