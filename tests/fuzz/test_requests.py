"""Requests to the model server: whatever they are, the answer is one of 200, 4xx and 503, and a neighbour gets its own.

The server is the real one, behind real HTTP, with a small model.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.trainer import commands
from tests.support.trainer.server import Server

TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
"""With halves of characters, unlike hypothesis's own."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
LIKELY: st.SearchStrategy[Any] = st.sampled_from(["a film", "positive", "negative", "a", "", " ", 0, 1.5, [], {}, None])
VALUES = LIKELY | JSON
FIELDS = ("text", "id", "domain", "slice", "group", "label", "receipt", "predicted", "model", "value")
BODIES = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, VALUES))
DOCUMENTS = BODIES | st.fixed_dictionaries({"instances": st.lists(BODIES | JSON, max_size=4) | VALUES}) | JSON
RAW = st.binary(max_size=60) | DOCUMENTS.map(lambda document: json.dumps(document).encode())
NEIGHBOUR = {"instances": [{"text": "a lovely film"}, {"text": "so dull"}]}
BOUNDED = settings(max_examples=min(settings().max_examples, 150))
"""Each example is two requests; all of them together take about a minute."""
FINE = {200, 400, 401, 403, 404, 405, 408, 409, 413, 422, 503}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    from refit_trainer.commands.train import train

    folder = tmp_path_factory.mktemp("requests")
    rows = commands.read_rows(commands.SENTENCES)[:60]
    tiny = commands.make_tiny_bert(folder / "tiny", [row["text"] for row in rows])
    config = commands.train_config(tiny, commands.write_rows(folder / "rows.jsonl", rows), folder / "model")
    train(json.dumps(config | {"hyperparameters": {"epochs": "1"}}))
    found = Server(folder, INITIAL_MODEL_URI=(folder / "model").as_uri())
    yield found.wait()
    found.stop()


def send(server: Server, path: str, body: bytes) -> None:
    reply = server.client.post(f"/v1/{path}", content=body)
    assert reply.status_code in FINE, (body, reply.text)
    answers = server.post("/v1/predict", **NEIGHBOUR)["predictions"]
    assert [answer["label"] in ("positive", "negative") for answer in answers] == [True, True]


@BOUNDED
@given(RAW)
@example(rb'{"text": "good \ud83d day"}')
@example(b'{"text": "a", "x": ' + b"[" * 2000 + b"]" * 2000 + b"}")
@example(b'{"text": "a", "id": 1e999}')
@example(b'{"text": "a", "id": NaN}')
@example(b'{"text": "a", "id": ' + b"9" * 5000 + b"}")
@example(b'{"instances": [' + b"[]," * 100_000 + b"[]]}")
@example(b"\xff\xfe{\x00}\x00")
def test_predict(server: Server, body: bytes) -> None:
    send(server, "predict", body)


@BOUNDED
@given(RAW)
@example(b'{"id": "a", "label": ' + b'{"a":' * 2000 + b"1" + b"}" * 2001)
@example(b'{"id": "a", "label": [[]]}')
@example(b'{"id": "a", "label": "positive", "receipt": "\xc3\xa9.\xc3\xa9"}')
def test_feedback(server: Server, body: bytes) -> None:
    send(server, "feedback", body)


@BOUNDED
@given(label=VALUES, changes=BODIES)
def test_feedback_to_an_answer(server: Server, label: Any, changes: dict[str, Any]) -> None:
    receipt = server.post("/v1/predict", id="a", text="a film")["receipt"]
    body = {"id": "a", "label": label, "receipt": receipt, **changes}
    send(server, "feedback", json.dumps(body).encode())
