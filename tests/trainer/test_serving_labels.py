"""Only answers that were given can be labelled, whoever labels, and whichever pod gave them."""

from pathlib import Path

import httpx
import pytest

from refit_serving.labellers import read_tokens
from refit_serving.receipts import Answer, Receipts, digest_input, read_key
from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.contract.errors import BadInput
from tests.support.local import free_port
from tests.support.trainer.server import Serve, Server, pointer

TOKEN = "a-token-of-labellers"
GIVEN = Answer("a", digest_input("a film"), {"box": [1.0, 2]}, "sha256:1")


@pytest.fixture
def server(serve: Serve, published: Path) -> Server:
    return serve(MODEL_URI=pointer(published)).wait()


def test_invented_labels_are_neither_stored_nor_counted(server: Server) -> None:
    answer = server.post("/v1/predict", id="real", text="a lovely film")
    stolen = {"text": "a film", "predicted": "positive", "model": answer["model"], "label": "negative"}
    for number in range(100):
        body = stolen | {"id": f"invented-{number}"}
        assert server.refused("/v1/feedback", **body)[0] == 403
        assert server.refused("/v1/feedback", **body, receipt=answer["receipt"])[0] == 403
    assert (
        server.counts() == (1, 0, 0)
        and not server.rows()
        and server.count("refit_serve_feedback_unproved_total") == 200
    )


def test_what_is_remembered_needs_no_receipt_and_counts_once(server: Server) -> None:
    answer = server.post("/v1/predict", id="a", text="a lovely film")
    assert server.post("/v1/feedback", id="a", label=answer["label"])["judged"]
    for again in ({}, {"receipt": answer["receipt"]}, {"receipt": answer["receipt"], "text": "a lovely film"}):
        assert server.post("/v1/feedback", id="a", label=answer["label"], **again)["duplicate"]
    assert server.counts() == (1, 1, 1) and len(server.rows()) == 1


def test_an_id_that_was_labelled_in_advance_takes_its_true_label(server: Server) -> None:
    assert server.refused("/v1/feedback", id="order", text="so dull", label="positive")[0] == 403
    server.post("/v1/predict", id="order", text="an invented text")
    server.post("/v1/feedback", id="order", label="positive")
    answer = server.post("/v1/predict", id="order", text="so dull")
    taken = server.post("/v1/feedback", id="order", label="negative", receipt=answer["receipt"])
    assert taken["judged"] and taken["stored"] and not taken["duplicate"]
    assert {row["text"]: row["label"] for row in server.rows()}["so dull"] == "negative"


def test_an_id_of_two_inputs_is_told_apart_by_receipts(server: Server) -> None:
    first = server.post("/v1/predict", id="order", text="so dull")
    server.post("/v1/predict", id="order", text="an invented text")
    code, error = server.refused("/v1/feedback", id="order", label="negative")
    assert code == 409 and "different inputs" in error
    assert server.post("/v1/feedback", id="order", label="negative", receipt=first["receipt"], text="so dull")["judged"]
    assert [(row["text"], row["label"]) for row in server.rows()] == [("so dull", "negative")]


def test_a_receipt_holds_in_another_pod_and_after_a_restart(serve: Serve, published: Path, tmp_path: Path) -> None:
    key = {"RECEIPT_KEY_FILE": str(tmp_path / "keys" / "receipts")}
    one, two = (serve(MODEL_URI=pointer(published), **key, WRITER=f"pod-{n}") for n in (1, 2))
    answer = one.wait().post("/v1/predict", id="a", text="a film")
    told = {"id": "a", "label": "positive", "receipt": answer["receipt"]}
    assert two.wait().refused("/v1/feedback", **told, text="another film")[0] == 403
    taken = two.post("/v1/feedback", **told, text="a film")
    assert taken["judged"] and taken["stored"] and two.counts() == (0, 1, float(answer["label"] == "positive"))
    assert (tmp_path / "keys" / "receipts").stat().st_mode & 0o007 == 0


def test_a_receipt_of_another_key_proves_nothing(serve: Serve, published: Path) -> None:
    one, two = (serve(MODEL_URI=pointer(published)) for _ in range(2))
    receipt = one.wait().post("/v1/predict", id="a", text="a film")["receipt"]
    code, error = two.wait().refused("/v1/feedback", id="a", text="a film", label="positive", receipt=receipt)
    assert code == 403 and "RECEIPT_KEY_FILE" in error


def test_another_models_answer_is_stored_and_not_counted(serve: Serve, published: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a key of the deployment")
    server = serve(MODEL_URI=pointer(published), RECEIPT_KEY_FILE=str(tmp_path / "key")).wait()
    receipts = Receipts(b"a key of the deployment")
    other = receipts.write(Answer("a", digest_input("a film"), "positive", "sha256:other"))
    taken = server.post("/v1/feedback", id="a", text="a film", label="positive", receipt=other)
    assert taken["stored"] and not taken["judged"]
    same = receipts.write(Answer("b", digest_input("a film"), "negative", digest_folder(published)))
    assert server.post("/v1/feedback", id="b", label="positive", receipt=same) == {
        "judged": True,
        "stored": None,
        "duplicate": False,
    }


@pytest.mark.parametrize("place", [0, 10, -50, -1])
def test_a_changed_receipt_proves_nothing(place: int) -> None:
    receipts = Receipts(b"key")
    receipt = receipts.write(GIVEN)
    assert receipts.read(receipt) == GIVEN
    changed = receipt[:place] + ("A" if receipt[place] != "A" else "B") + receipt[place:][1:]
    assert receipts.read(changed) is None and receipts.read("") is None and receipts.read("é.é") is None


def test_feedback_has_a_token_and_a_port_of_its_own(serve: Serve, published: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"an-older-token-of-labellers\n{TOKEN}\n")
    port = free_port()
    server = serve(
        MODEL_URI=pointer(published), FEEDBACK_PORT=str(port), FEEDBACK_TOKEN_FILE=str(tmp_path / "token")
    ).wait()
    server.post("/v1/predict", id="a", text="a film")

    def label(port: int, **headers: str) -> httpx.Response:
        url = f"http://{server.client.base_url.host}:{port}/v1/feedback"
        return httpx.post(url, json={"id": "a", "label": "positive"}, headers=headers)

    assert label(server.client.base_url.port or 0, Authorization=f"Bearer {TOKEN}").status_code == 404
    assert label(port).status_code == label(port, Authorization="Bearer another-token").status_code == 401
    assert not server.rows()
    assert label(port, Authorization=f"Bearer {TOKEN}").json()["judged"]


def test_a_key_is_made_once(tmp_path: Path) -> None:
    assert read_key(tmp_path / "key") == read_key(tmp_path / "key") and read_key(None) != read_key(None)
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("content", ["", "short"])
def test_what_is_no_key_or_token_ends_the_server(tmp_path: Path, content: str) -> None:
    (tmp_path / "file").write_text(content)
    with pytest.raises(BadInput, match=r"RECEIPT_KEY_FILE=.* has . bytes"):
        read_key(tmp_path / "file")
    with pytest.raises(BadInput, match=r"FEEDBACK_TOKEN_FILE=.* needs tokens"):
        read_tokens(tmp_path / "file")
    with pytest.raises(BadInput, match="FEEDBACK_TOKEN_FILE="):
        read_tokens(tmp_path / "nowhere")
