"""Whatever fails among requests that are computed together fails alone."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from refit_serving.batching import Batcher, ModelFailed, Unanswerable
from refit_trainer.tasks import Prediction
from tests.support.trainer.server import Serve, pointer

CUT_EMOJI = rb'{"text": "good \ud83d day"}'
BYTES_OF_HALF_AN_EMOJI = b'{"text": "good \xed\xa0\xbd day"}'
WELL_FORMED = b'{"text": "good day"}'


def test_a_text_that_is_cut_in_an_emoji_harms_no_neighbour(serve: Serve, published: Path) -> None:
    server = serve(MODEL_URI=pointer(published)).wait()

    def ask(body: bytes) -> tuple[bytes, int]:
        return body, server.client.post("/v1/predict", content=body).status_code

    with ThreadPoolExecutor(16) as callers:
        answers = set(callers.map(ask, ([CUT_EMOJI, BYTES_OF_HALF_AN_EMOJI] + [WELL_FORMED] * 14) * 10))
    assert answers == {(WELL_FORMED, 200), (CUT_EMOJI, 422), (BYTES_OF_HALF_AN_EMOJI, 400)}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("predict", rb'{"text": "a", "id": "\ud83d"}'),
        ("predict", rb'{"text": "a", "domain": "\udc00"}'),
        ("predict", rb'{"instances": [{"text": "a"}, {"text": "\ud83d"}]}'),
        ("feedback", rb'{"id": "a", "label": "\ud83d"}'),
        ("feedback", rb'{"id": "a", "label": "positive", "text": "\uD83D"}'),
    ],
)
def test_half_a_character_is_refused_wherever_it_is(serve: Serve, published: Path, path: str, body: bytes) -> None:
    server = serve(MODEL_URI=pointer(published)).wait()
    reply = server.client.post(f"/v1/{path}", content=body)
    assert reply.status_code == 422 and "half of a character" in reply.json()["error"]


def read(inputs: list[str]) -> list[Prediction]:
    """A model that no batch with a `bad` input passes, and that fails altogether once it has read `end`."""
    if "bad" in inputs:
        raise ValueError("a bad input")
    if "end" in inputs:
        read.__dict__["has_ended"] = True
    if read.__dict__.get("has_ended"):
        raise RuntimeError("the device is lost")
    return [Prediction(one, 1.0) for one in inputs]


async def answers(*inputs: str) -> list[Any]:
    """Return what each of the inputs gets, all of them in one batch."""
    read.__dict__.clear()
    batcher = Batcher(read, len(inputs), "example")
    waiting = asyncio.gather(*(batcher.predict([one]) for one in inputs), return_exceptions=True)
    await asyncio.sleep(0)
    await batcher.start()
    found = await waiting
    await batcher.stop()
    return [one if isinstance(one, Exception) else one[0].value for one in found]


async def test_where_a_batch_fails_its_members_are_answered_one_by_one() -> None:
    first, bad, last = await answers("a", "bad", "b")
    assert (first, last) == ("a", "b")
    assert isinstance(bad, Unanswerable) and str(bad) == "a bad input"


async def test_a_model_that_fails_its_example_too_blames_no_request() -> None:
    found = await answers("a", "end")
    assert all(isinstance(one, ModelFailed) for one in found[1:])


async def test_what_takes_too_much_memory_blames_no_request() -> None:
    def fail(inputs: list[str]) -> list[Prediction]:
        raise MemoryError

    batcher = Batcher(fail, 2, "example")
    await batcher.start()
    with pytest.raises(ModelFailed):
        await batcher.predict(["a"])
    await batcher.stop()
