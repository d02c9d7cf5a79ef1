"""What the server holds is bounded: by bytes, characters, pixels and seconds, in all and by request."""

import asyncio
import base64
import io
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from refit_serving.batching import Batcher, Cost, Overloaded, Speed
from refit_serving.inputs import Inputs, count_characters
from refit_serving.memory import Memory, RememberedPrediction, weigh
from refit_serving.refusals import InvalidRequest
from refit_trainer.commands.train import train
from refit_trainer.data.audio import write_wav
from refit_trainer.tasks import Prediction, find_task
from tests.support.trainer.commands import train_config
from tests.support.trainer.pictures import make_tiny_resnet, write_digits
from tests.support.trainer.server import Serve, Server, pointer


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of pictures that has hardly learnt anything."""
    folder = tmp_path_factory.mktemp("pictures")
    config = train_config(make_tiny_resnet(folder / "base"), write_digits(folder / "rows", 0, 60), folder / "model")
    config["task"], config["dataset"] = "image-classification", {"train": (folder / "rows").as_uri(), "format": "jsonl"}
    train(json.dumps(config | {"hyperparameters": {"epochs": "1"}}))
    return folder / "model"


def blank(width: int, height: int) -> str:
    """Return a PNG of a few kilobytes, whatever its size in pixels."""
    contents = io.BytesIO()
    Image.new("L", (width, height)).save(contents, "PNG")
    return base64.b64encode(contents.getvalue()).decode()


@contextmanager
def connected(server: Server, number: int, start: bytes) -> Iterator[list[socket.socket]]:
    """Connections that have each sent the start of a request."""
    with ExitStack() as stack:
        address = (server.client.base_url.host, server.client.base_url.port or 0)
        found = [stack.enter_context(socket.create_connection(address, timeout=20)) for _ in range(number)]
        for one in found:
            one.sendall(start)
        yield found


def half_a_body(size: int, sent: int) -> bytes:
    return b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size + b" " * sent


@pytest.mark.parametrize("letter", ["a", "\N{CYRILLIC SMALL LETTER A}", "\N{GRINNING FACE}"])
def test_remembered_texts_count_by_their_bytes(letter: str) -> None:
    memory = Memory(10_000, max_bytes=1 << 20)
    for number in range(100):
        memory.remember(str(number), RememberedPrediction(letter * 25_000, "positive"))
    kept = [known.value for n in range(100) if (known := memory.recall(str(n)))]
    assert 5 <= len(kept) < 42 and sum(map(sys.getsizeof, kept)) < 1 << 20


def test_what_is_deep_in_a_value_counts_and_so_do_its_names() -> None:
    assert count_characters({"name": ["four", {"inner": 1}]}) == 1 + 4 + 1 + 4 + 1 + 5 + 1
    assert weigh({"x" * 1000: [{"inner": "y" * 1000}]}) > 2000


def test_a_history_counts_with_its_items() -> None:
    memory = Memory(10_000, max_bytes=1 << 20)
    for number in range(20):
        memory.remember(str(number), RememberedPrediction([f"item {n}" for n in range(2000)], "positive"))
    assert memory.recall("0") is None and memory.recall("19")


def test_long_inputs_and_labels_are_refused(serve: Serve, published: Path) -> None:
    server = serve(MODEL_URI=pointer(published), MAX_CHARACTERS="1000").wait()
    code, error = server.refused("/v1/predict", text="a" * 1001)
    assert (code, error) == (422, "text has 1001 characters, more than 1000")
    code, error = server.refused("/v1/feedback", id="a", label=["a"] * 1001)
    assert (code, error) == (422, "label has 1002 characters, more than 1000")


def test_pictures_are_refused_by_their_head(serve: Serve, pictures: Path) -> None:
    server = serve(INITIAL_MODEL_URI=pictures.as_uri(), TASK="image-classification").wait()
    assert server.refused("/v1/predict", image=blank(8000, 8000)) == (
        422,
        "image has 8000x8000 pixels, more than 25000000",
    )
    three = [{"image": blank(5000, 4000)}] * 3
    code, error = server.refused("/v1/predict", instances=three)
    assert code == 422 and error == "the request has 60000000 pixels or samples, more than 50000000"


def test_pictures_are_decoded_beside_the_event_loop(serve: Serve, pictures: Path) -> None:
    server = serve(INITIAL_MODEL_URI=pictures.as_uri(), TASK="image-classification").wait()
    base, image = server.client.base_url, blank(5000, 4900)

    def ask() -> None:
        httpx.post(f"{base}/v1/predict", json={"image": image}, timeout=60)

    asking = [threading.Thread(target=ask) for _ in range(6)]
    for thread in asking:
        thread.start()
    seconds = []
    while any(thread.is_alive() for thread in asking):
        started = time.monotonic()
        assert server.client.get("/healthz").status_code == 200
        seconds.append(time.monotonic() - started)
    assert max(seconds) < 1.5


def test_a_picture_that_is_cut_fails_alone(serve: Serve, pictures: Path) -> None:
    server = serve(INITIAL_MODEL_URI=pictures.as_uri(), TASK="image-classification").wait()
    whole = base64.b64decode(blank(300, 300))
    cut = base64.b64encode(whole[: len(whole) - 40]).decode()
    code, error = server.refused("/v1/predict", image=cut)
    assert code == 422 and error.startswith("image can't be read as an image")


def test_recordings_are_refused_by_their_head() -> None:
    inputs = Inputs(find_task("audio-classification"), 1000, 1000)
    quiet = write_wav(np.zeros(1000), 2_000_000_011)
    with pytest.raises(InvalidRequest, match="2000000011 samples a second"):
        inputs.read(base64.b64encode(quiet.read()).decode())
    long = write_wav(np.zeros(200_000), 1000)
    with pytest.raises(InvalidRequest, match="200 s, more than 120"):
        inputs.read(base64.b64encode(long.read()).decode())


@pytest.mark.parametrize(
    ("start", "answer"),
    [
        (b"", b""),
        (b"POST /v1/predict HTTP/1.1\r\nHo", b""),
        (half_a_body(1000, 10), b"HTTP/1.1 408 "),
        (half_a_body(5 << 20, 10), b"HTTP/1.1 413 "),
        (half_a_body(1000, 10).replace(b"/v1/predict", b"/nowhere"), b"HTTP/1.1 404 "),
    ],
    ids=["nothing", "head", "body", "too large", "not read"],
)
def test_a_half_sent_request_is_closed(serve: Serve, published: Path, start: bytes, answer: bytes) -> None:
    server = serve(MODEL_URI=pointer(published), READ_SECONDS="1", KEEP_ALIVE_SECONDS="1").wait()
    with connected(server, 1, start) as (one,):
        started, found = time.monotonic(), b""
        while more := _receive(one):
            found += more
        assert found[: len(answer)] == answer and time.monotonic() - started < 5


def _receive(one: socket.socket) -> bytes:
    try:
        return one.recv(65536)
    except ConnectionResetError:
        return b""


def test_half_sent_requests_keep_nobody_out(serve: Serve, published: Path) -> None:
    server = serve(MODEL_URI=pointer(published), MAX_CONNECTIONS="8", MAX_HELD_BYTES=str(1 << 20)).wait()
    with connected(server, 30, b"POST /v1/pre"), connected(server, 5, half_a_body(1 << 20, 600_000)):
        for _ in range(3):
            with httpx.Client(base_url=server.client.base_url) as client:
                assert client.get("/healthz").status_code == 200
                assert client.post("/v1/predict", json={"text": "a film"}).status_code == 200


def test_who_is_refused_is_told_when_to_come_back(serve: Serve, published: Path) -> None:
    server = serve(MODEL_URI=pointer(published), MAX_WAIT_SECONDS="0.001").wait()

    def ask(number: int) -> httpx.Response:
        return server.client.post("/v1/predict", json={"instances": [{"text": f"film {number}"}] * 200})

    with ThreadPoolExecutor(8) as callers:
        replies = list(callers.map(ask, range(40)))
    assert {reply.status_code for reply in replies} == {200, 503}
    assert all(int(reply.headers["retry-after"]) >= 1 for reply in replies if reply.status_code == 503)


def test_a_batch_that_had_to_wait_for_a_processor_says_little_of_the_speed() -> None:
    speed = Speed(0.01)
    for units, seconds in ((1, 0.02), (2, 4.0), (40, 0.8)):
        speed.measure(units, seconds)
        assert speed.seconds <= 0.02
    for _ in range(2):  # but it stays slow
        speed.measure(40, 80.0)
    assert speed.seconds == 2.0


async def test_what_waits_is_bounded_by_seconds_and_a_batch_by_its_cost() -> None:
    batches = []

    def predict(inputs: list[float]) -> list[Prediction]:
        batches.append(inputs)
        return [Prediction(one, 1.0) for one in inputs]

    batcher = Batcher(predict, 32, 1.0, Cost(lambda value: value, batch=10, seconds=1), max_wait_seconds=12)
    waiting = asyncio.gather(batcher.predict([4, 4, 4]), batcher.predict([11, 1]))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded, match="24 s"):
        await batcher.predict([1])
    await batcher.start()
    await waiting
    await batcher.stop()
    assert batches == [[4, 4], [4], [11], [1]]
