"""Two servers as real processes: one answers, and the other one's answers to copies of its requests are compared."""

import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from refit_serving.settings import read_settings
from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.contract.errors import BadInput
from refit_trainer.tasks import find_task
from tests.support.local import free_port
from tests.support.trainer.server import Serve, Server, pointer

TEXTS = ["a lovely film", "dull", "the plot is thin and the acting wooden", "i'd see it again", "what a waste of time"]


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(1200):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("not within a minute")


def counter(server: Server, name: str, **labels: str) -> float | None:
    """Return a counter of the mirror; None where it isn't exported."""
    wanted = ",".join(f'{label}="{value}"' for label, value in labels.items())
    lines = server.client.get("/metrics").text.splitlines()
    found = (line for line in lines if line.startswith(f"refit_mirror_{name}{{{wanted}}}"))
    return next((float(line.split()[-1]) for line in found), None)


def results(server: Server, digest: str) -> list[float | None]:
    return [counter(server, "answers_total", digest=digest, result=name) for name in ("agreed", "differed", "failed")]


def is_found(server: Server, digest: str) -> bool:
    return results(server, digest)[0] is not None


def has_counted(server: Server, digest: str, inputs: int) -> bool:
    return sum(number or 0 for number in results(server, digest)) == inputs


@pytest.fixture
def turned(checkpoint: Path) -> Path:
    """The published checkpoint, with its two labels exchanged: it disagrees with every answer."""
    config = checkpoint / "config.json"
    text = config.read_text()
    config.write_text(text.replace("negative", "?").replace("positive", "negative").replace("?", "positive"))
    return checkpoint


def test_a_model_agrees_with_itself_and_differs_from_one_that_says_the_opposite(
    serve: Serve, published: Path, turned: Path
) -> None:
    same = serve(MODEL_URI=pointer(published)).wait()
    opposite = serve(MODEL_URI=pointer(turned)).wait()
    for other, folder, index in ((same, published, 0), (opposite, turned, 1)):
        digest = digest_folder(folder)
        url = str(other.client.base_url)
        server = serve(MODEL_URI=pointer(published), MIRROR_URL=url, MIRROR_POLL_SECONDS="0.1").wait()
        until(partial(is_found, server, digest))
        for text in TEXTS:
            server.post("/v1/predict", text=text)
        server.post("/v1/predict", instances=[{"text": text} for text in TEXTS])
        until(partial(has_counted, server, digest, 10))
        assert results(server, digest)[index] == 10
        sides = [counter(server, "seconds_total", digest=digest, side=side) for side in ("served", "mirrored")]
        assert all(side and side > 0 for side in sides)


def test_a_server_that_mirrors_to_itself_copies_each_request_once(serve: Serve, published: Path) -> None:
    """A shadow has the variables of the server that it is a copy of."""
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    server = serve(MODEL_URI=pointer(published), PORT=port, MIRROR_URL=url, MIRROR_POLL_SECONDS="0.1")
    server.client.base_url = url
    server.wait()
    digest = digest_folder(published)
    until(lambda: results(server, digest)[0] is not None)
    server.post("/v1/predict", text=TEXTS[0])
    until(lambda: results(server, digest) == [1, 0, 0])
    assert server.count("predictions_total") == 2


def test_live_requests_are_answered_while_the_other_server_hangs(serve: Serve, published: Path) -> None:
    other = serve(MODEL_URI=pointer(published)).wait()
    url = str(other.client.base_url)
    server = serve(MODEL_URI=pointer(published), MIRROR_URL=url, MIRROR_POLL_SECONDS="0.1").wait()
    digest = digest_folder(published)
    until(lambda: results(server, digest)[0] is not None)
    other.process.send_signal(signal.SIGSTOP)
    for _ in range(40):
        for text in TEXTS:
            assert server.post("/v1/predict", text=text)["label"]
    assert server.count("refit_mirror_dropped_total") >= 90
    other.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize(
    ("task", "answer", "same", "different"),
    [
        ("text-classification", "positive", ["positive"], ["negative", None]),
        ("text-classification", {"a": "x", "b": "y"}, [{"b": "y", "a": "x"}], [{"a": "x"}, {}, {"a": "x", "b": "z"}]),
        ("multi-label", ["a", "b"], [["b", "a"]], [["a"], [], ["a", "b", "c"]]),
        ("regression", 100.0, [100, 104.9, 95.1], [106, 94, -100]),
        ("recommendation", ["a", "b"], [["a", "c"]], [["b", "a"]]),
        ("speech-recognition", "a b", ["a b"], ["a", "a c", ""]),
        ("text-generation", "yes", ["yes"], ["no"]),
    ],
)
def test_what_agrees_by_task(task: str, answer: Any, same: list[Any], different: list[Any]) -> None:
    agrees = find_task(task).agrees
    assert all(agrees(answer, other, 0.05) and agrees(other, answer, 0.05) for other in same)
    assert not any(agrees(answer, other, 0.05) or agrees(other, answer, 0.05) for other in different)


def test_objects_that_a_model_is_not_sure_of_count_for_nothing() -> None:
    agrees = find_task("object-detection").agrees
    sure = {"label": "cat", "score": 0.9, "box": [0, 0, 10, 10]}
    unsure = {"label": "dog", "score": 0.2, "box": [20, 20, 30, 30]}
    assert agrees([sure, unsure], [sure], 0.05) and agrees([sure], [sure, unsure], 0.05)
    assert not agrees([sure], [], 0.05) and not agrees([], [sure], 0.05)


@pytest.mark.parametrize("wrong", ["reviews-shadow:8080", "ftp://reviews", "http://", "http://a b", "http://a/?x=1"])
def test_what_is_no_url_is_refused(wrong: str) -> None:
    with pytest.raises(BadInput, match="mirror_url"):
        read_settings({"MIRROR_URL": wrong})
