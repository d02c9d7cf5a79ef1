"""Clients who leave while they wait: nothing is computed for them, and nobody waits for it."""

import asyncio
import json
import socket
import threading
from pathlib import Path

import pytest

from refit_serving.batching import Batcher, Cost, Overloaded
from refit_trainer.tasks import Prediction
from tests.support.trainer.server import Serve, pointer


class SlowModel:
    """A model that computes its first batch until it is told to go on: which batch is under way can't be seen of a real
    one.
    """

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def predict(self, inputs: list[str]) -> list[Prediction]:
        self.batches.append(inputs)
        self.begun.set()
        assert self.may_go_on.wait(30)
        return [Prediction(one, 1.0) for one in inputs]


async def leave(asked: asyncio.Task[list[Prediction]]) -> None:
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked


async def test_inputs_of_who_left_are_not_computed() -> None:
    model = SlowModel()
    batcher = Batcher(model.predict, 1, "example")
    await batcher.start()
    asked = [asyncio.create_task(batcher.predict([name])) for name in ("first", "left", "stays")]
    await asyncio.to_thread(model.begun.wait, 30)
    first, left, stays = asked
    await leave(left)
    model.may_go_on.set()
    assert [one.value for one in [*await first, *await stays]] == ["first", "stays"]
    assert [name for batch in model.batches for name in batch] == ["first", "stays"]
    await batcher.drain()
    await batcher.stop()


async def test_nobody_is_refused_for_inputs_of_who_left() -> None:
    batcher = Batcher(lambda inputs: [Prediction(one, 1.0) for one in inputs], 8, 1.0, Cost(seconds=1), 12)
    left = asyncio.create_task(batcher.predict([1.0] * 20))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await batcher.predict([1.0])
    await leave(left)
    stays = asyncio.create_task(batcher.predict([1.0]))
    await batcher.start()
    assert len(await stays) == 1
    await batcher.stop()


async def test_who_leaves_before_anything_is_computed_stops_nothing() -> None:
    batcher = Batcher(lambda inputs: [Prediction(one, 1.0) for one in inputs], 8, 1.0)
    await batcher.start()
    await asyncio.sleep(0)
    left = asyncio.create_task(batcher.predict([1.0]))
    await asyncio.sleep(0)  # its input wakes the worker, whose turn is after this
    await leave(left)
    assert len(await asyncio.wait_for(batcher.predict([2.0]), 30)) == 1
    await batcher.stop()


def test_a_request_ends_where_its_client_leaves(serve: Serve, published: Path) -> None:
    server = serve(MODEL_URI=pointer(published), MAX_BATCH="1").wait()
    body = json.dumps({"instances": [{"text": "a lovely film " * 50}] * 1000}).encode()
    head = b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
    address = (server.client.base_url.host, server.client.base_url.port or 0)
    with socket.create_connection(address, timeout=20) as client:
        client.sendall(head + body)
    server.post("/v1/predict", text="a lovely film")
    assert server.count("refit_serve_predictions_total") == 1
