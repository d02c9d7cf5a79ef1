"""A new model without a restart: the server as a real process, with real models, under load."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from refit_trainer.artifacts.model_folder import digest_folder
from tests.support.trainer.server import Serve, Server, pointer

TEXTS = ["a lovely film", "dull", "the plot is thin and the acting wooden", "i'd see it again", "what a waste of time"]


def make_model(tiny: Path, folder: Path, seed: int) -> Path:
    """Write a classifier that nothing was learnt by, and that is sure of what it says all the same."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(seed)
    labels = {0: "negative", 1: "positive"}
    model = AutoModelForSequenceClassification.from_pretrained(tiny, num_labels=2, id2label=labels)
    with torch.no_grad():
        model.classifier.weight.mul_(50)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Path:
    return make_model(tiny, tmp_path_factory.mktemp("checkpoints") / "reviews-1", 1)


@pytest.fixture(scope="session")
def second(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Path:
    return make_model(tiny, tmp_path_factory.mktemp("checkpoints") / "reviews-2", 2)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pointer" / "checkpoint"


def write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    new = file.with_name(".new")
    new.write_text(text)
    new.rename(file)


def model_of(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = server.client.get("/v1/model").raise_for_status().json()
    return found


def wait_until(server: Server, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    for _ in range(1200):
        if is_so(found := model_of(server)):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def answers_with(folder: Path) -> Callable[[dict[str, Any]], bool]:
    return lambda found: found["digest"] == digest_folder(folder) and found["state"] == "serving"


class Clients:
    """Several that ask without a pause, for many inputs at once, and keep every reply."""

    def __init__(self, server: Server, count: int = 4) -> None:
        self.codes: list[int] = []
        self.replies: list[list[dict[str, Any]]] = []
        self._url = server.client.base_url
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        body = {"instances": [{"text": text} for text in TEXTS * 10]}  # more than one batch
        with httpx.Client(base_url=self._url, timeout=60) as client:
            while not self._stop.is_set():
                reply = client.post("/v1/predict", json=body)
                self.codes.append(reply.status_code)
                self.replies.append(reply.json().get("predictions", []))


def test_no_request_is_lost_or_mixed_in_a_switch_and_in_the_way_back(
    serve: Serve, published: Path, second: Path, file: Path
) -> None:
    first, other = digest_folder(published), digest_folder(second)
    write(file, pointer(published))
    server = serve(MODEL_URI_FILE=str(file), MODEL_URI_POLL_SECONDS="0.1").wait()
    with Clients(server) as clients:
        _wait_for_replies(clients, 8)
        write(file, pointer(second))
        found = wait_until(server, answers_with(second))
        assert found["kept"] == first and found["wanted"] == found["pointer"] == pointer(second)
        began = len(clients.replies)
        assert server.post("/v1/predict", text="a lovely film")["model"] == other
        _wait_for_replies(clients, began + 8)
        write(file, pointer(published))
        wait_until(server, answers_with(published))
        _wait_for_replies(clients, len(clients.replies) + 8)
    assert set(clients.codes) == {200}
    used = [{answer["model"] for answer in reply} for reply in clients.replies]
    assert all(len(models) == 1 for models in used), "a request was answered by two models"
    assert [first in used[0], other in set.union(*used), first in used[-1]] == [True] * 3
    assert server.count('refit_serve_model_changes_total{result="switched"}') == 2
    assert server.client.get("/metrics").text.count("refit_serve_model_info{") == 1
    _check_scores(clients)


def _wait_for_replies(clients: Clients, count: int) -> None:
    for _ in range(1200):
        if len(clients.replies) >= count:
            return
        time.sleep(0.05)
    raise AssertionError(f"{len(clients.replies)} replies")


def _check_scores(clients: Clients) -> None:
    """Check that what an answer says of its model is true: each model has a score of its own for each text."""
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    for reply in clients.replies:
        for text, answer in zip(TEXTS * 10, reply, strict=True):
            signed = answer["score"] if answer["label"] == "positive" else 1 - answer["score"]
            scores[text, answer["model"]].append(signed)
    for text in TEXTS:
        (a, b) = (found for (asked, _), found in scores.items() if asked == text)
        assert max(a) - min(a) < 1e-3 and max(b) - min(b) < 1e-3 and abs(a[0] - b[0]) > 1e-2


def test_a_wrong_digest_is_never_served_and_the_next_pointer_is(
    serve: Serve, published: Path, second: Path, file: Path
) -> None:
    write(file, pointer(published))
    server = serve(MODEL_URI_FILE=str(file), MODEL_URI_POLL_SECONDS="0.1", MODEL_RETRY_SECONDS="0.2").wait()
    wrong = f"{second.as_uri()}@sha256:{'0' * 64}"
    write(file, wrong)
    found = wait_until(server, lambda found: found.get("attempts", 0) >= 2)
    assert found["digest"] == digest_folder(published) and found["wanted"] == wrong
    assert found["reason"] == "refused" and f"has the digest {digest_folder(second)}" in found["error"]
    assert server.post("/v1/predict", text="dull")["model"] == digest_folder(published)
    assert server.client.get("/readyz").status_code == 200
    assert server.count('refit_serve_model_changes_total{result="refused"}') >= 2
    write(file, pointer(second))
    assert "error" not in wait_until(server, answers_with(second))


def test_the_file_counts_before_the_variable_and_the_initial_model_after_both(
    serve: Serve, published: Path, second: Path, tiny: Path, file: Path
) -> None:
    server = serve(MODEL_URI_FILE=str(file), INITIAL_MODEL_URI=published.as_uri(), MODEL_URI_POLL_SECONDS="0.1").wait()
    assert model_of(server) == {
        "pointer": "",
        "digest": digest_folder(published),
        "wanted": "",
        "state": "serving",
        "kept": None,
    }
    write(file, f"{pointer(second)}\n")
    wait_until(server, answers_with(second))
    file.unlink()
    assert wait_until(server, answers_with(published))["pointer"] == ""


def test_a_pod_that_starts_later_serves_what_the_file_says(
    serve: Serve, published: Path, second: Path, file: Path
) -> None:
    write(file, pointer(second))
    server = serve(MODEL_URI_FILE=str(file), MODEL_URI=pointer(published)).wait()
    assert answers_with(second)(model_of(server))


def test_what_was_replaced_is_dropped_in_time_and_loaded_again(
    serve: Serve, published: Path, second: Path, file: Path
) -> None:
    write(file, pointer(published))
    server = serve(MODEL_URI_FILE=str(file), MODEL_URI_POLL_SECONDS="0.1", MODEL_KEEP_SECONDS="0").wait()
    write(file, pointer(second))
    wait_until(server, lambda found: answers_with(second)(found) and found["kept"] is None)
    assert server.count("refit_serve_models_in_memory") == 1
    write(file, pointer(published))
    wait_until(server, answers_with(published))


def test_a_late_label_counts_for_the_model_that_answered(
    serve: Serve, published: Path, second: Path, file: Path
) -> None:
    write(file, pointer(published))
    server = serve(MODEL_URI_FILE=str(file), MODEL_URI_POLL_SECONDS="0.1").wait()
    server.post("/v1/predict", id="before", text="a lovely film")
    write(file, pointer(second))
    wait_until(server, answers_with(second))
    server.post("/v1/predict", id="after", text="dull")
    assert not server.post("/v1/feedback", id="before", label="positive")["judged"]
    assert server.counts()[1] == 0 and [row["id"] for row in server.rows()] == ["before"]
    assert server.post("/v1/feedback", id="after", label="negative")["judged"]
    assert server.counts()[1] == 1


def test_a_changed_model_is_noticed_before_it_is_loaded(
    serve: Serve, published: Path, checkpoint: Path, file: Path
) -> None:
    named = pointer(checkpoint)
    with (checkpoint / "model.safetensors").open("r+b") as weights:
        weights.seek(-1, os.SEEK_END)
        weights.write(b"\x7f")
    write(file, "")
    server = serve(MODEL_URI_FILE=str(file), MODEL_URI=pointer(published), MODEL_URI_POLL_SECONDS="0.1").wait()
    write(file, named)
    found = wait_until(server, lambda found: found["state"] == "failed")
    assert found["digest"] == digest_folder(published) and "has the digest" in found["error"]


def make_larger(tiny: Path, folder: Path, seed: int) -> Path:
    """Write a classifier of about 100 MB, so that what a model takes shows beside what the process takes."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    size = {"hidden_size": 512, "num_hidden_layers": 8, "num_attention_heads": 8, "intermediate_size": 2048}
    config = BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, num_labels=2, **size)
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def memory_of(server: Server, name: str) -> float:
    """Return a line of the process's status, in MiB: VmRSS now, VmHWM the most since it was cleared."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) / 1024


def test_the_peak_of_a_switch_is_what_was_reckoned_with_and_is_given_back(
    serve: Serve, tiny: Path, tmp_path: Path, file: Path
) -> None:
    from refit_serving.room import SPARE, WHILE_LOADING, file_bytes

    models = [make_larger(tiny, tmp_path / f"larger-{seed}", seed) for seed in (1, 2, 3)]
    size = file_bytes(models[0]) / (1 << 20)
    write(file, pointer(models[0]))
    server = serve(MODEL_URI_FILE=str(file), MODEL_URI_POLL_SECONDS="0.1", MODEL_KEEP_SECONDS="1").wait()
    before = memory_of(server, "VmRSS")
    peaks = []
    for model in (models[1], models[2], models[0]):
        Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")
        write(file, pointer(model))
        wait_until(server, answers_with(model))
        peaks.append(memory_of(server, "VmHWM") - before)
        wait_until(server, lambda found: found["kept"] is None)
    after = memory_of(server, "VmRSS") - before
    print(f"model {size:.0f} MiB, before {before:.0f}, peaks over it {peaks}, after it {after:.0f}")
    assert max(peaks) < size * WHILE_LOADING + SPARE / (1 << 20), "a second model took more than was checked for"
    assert after < size / 2, "what was dropped wasn't given back"
