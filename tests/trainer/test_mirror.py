"""Two servers as real processes: one answers, and the other one's answers to copies of its requests are compared."""

import asyncio
import json
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from refit_serving import mirror, mirrored_labels
from refit_serving.memory import ENTRY, weigh
from refit_serving.mirror import HEADER, TIMING, Mirror, MirrorSettings
from refit_serving.mirrored_labels import MirroredLabels
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
    assert server.count("refit_serve_predictions_total") == 2


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


def answer_at_once(server: Server, *texts: str, **headers: str) -> list[str]:
    """Have requests come at the same moment, since the server is stopped while they are sent; return the replies."""
    host, port = server.client.base_url.host, server.client.base_url.port
    sent = {"Host": host, "Connection": "close", "Content-Type": "application/json", **headers}
    server.process.send_signal(signal.SIGSTOP)
    connections = [socket.create_connection((host, port)) for _ in texts]
    for connection, text in zip(connections, texts, strict=True):
        body = json.dumps({"text": text})
        lines = [f"{name}: {value}" for name, value in (sent | {"Content-Length": str(len(body))}).items()]
        connection.sendall("\r\n".join(["POST /v1/predict HTTP/1.1", *lines, "", body]).encode())
    server.process.send_signal(signal.SIGCONT)
    replies = []
    for connection in connections:
        with connection, connection.makefile() as reply:
            replies.append(reply.read())
    assert all(reply.startswith("HTTP/1.1 200") for reply in replies), replies
    return replies


def test_only_requests_that_had_the_model_for_themselves_are_timed(serve: Serve, published: Path) -> None:
    other = serve(MODEL_URI=pointer(published)).wait()
    url = str(other.client.base_url)
    server = serve(MODEL_URI=pointer(published), MIRROR_URL=url, MIRROR_POLL_SECONDS="0.1").wait()
    digest = digest_folder(published)
    until(partial(is_found, server, digest))

    def taken() -> list[float | None]:
        return [counter(server, "seconds_total", digest=digest, side=side) for side in ("served", "mirrored")]

    answer_at_once(server, *TEXTS)
    until(partial(has_counted, server, digest, len(TEXTS)))
    assert taken() == [0, 0]
    server.post("/v1/predict", text=TEXTS[0])
    until(partial(has_counted, server, digest, len(TEXTS) + 1))
    assert all(taken())


def test_a_copy_is_told_where_it_was_not_alone(serve: Serve, published: Path) -> None:
    server = serve(MODEL_URI=pointer(published)).wait()
    copy = {HEADER: "true"}
    together, alone = answer_at_once(server, *TEXTS[:2], **copy), answer_at_once(server, TEXTS[0], **copy)
    assert [", shared" in reply for reply in [*together, *alone]] == [True, True, False]


async def test_a_copy_that_was_not_alone_is_compared_and_not_timed() -> None:
    """The other server is a stand-in: a mirror asks a real one for one copy at a time."""
    said = ["total;dur=0.001, shared", "total;dur=0.001"]

    async def say_model(request: web.Request) -> web.Response:
        return web.json_response({"digest": "sha256:a"})

    async def predict(request: web.Request) -> web.Response:
        return web.json_response({"label": "x", "model": "sha256:a"}, headers={TIMING: said.pop(0)})

    app = web.Application()
    app.add_routes([web.get("/v1/model", say_model), web.post("/v1/predict", predict)])
    runner, port, registry = web.AppRunner(app), free_port(), CollectorRegistry()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    sender = Mirror(MirrorSettings(f"http://127.0.0.1:{port}", 0.02), is_same, is_same, registry)
    sender.start()

    def measure(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"refit_mirror_{name}_total", {"digest": "sha256:a"} | labels)

    def has_agreed(inputs: int) -> bool:
        return measure("answers", result="agreed") == inputs

    for agreed in range(3):
        await asyncio.to_thread(until, partial(has_agreed, agreed))
        assert (measure("seconds", side="served") or 0) == max(0, agreed - 1) * 0.5
        sender.offer(b"{}", [("1", "x")], 0.5) if said else None
    await sender.stop()
    await runner.cleanup()


def is_same(one: Any, other: Any) -> bool:
    return bool(one == other)


def test_answers_kept_for_labels_are_bounded_by_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = CollectorRegistry()
    labels = MirroredLabels(is_same, registry)
    labels.begin("sha256:a")
    large = [{"label": "cat", "box": [0.5] * 1000} for _ in range(20)]
    monkeypatch.setattr(mirrored_labels, "KEPT_BYTES", 3 * (weigh(large) + ENTRY))
    for key in ("a", "b", "c", "c", "d", "d"):
        labels.keep(key, large)
    for key in ("a", "b", "c", "d"):
        labels.judge(key, large, large)
    assert registry.get_sample_value("refit_mirror_labelled_total", {"digest": "sha256:a", "right": "both"}) == 3
    for key in ("e", "f", "g"):  # what was judged has made room
        labels.keep(key, large)
        labels.judge(key, large, large)
    assert registry.get_sample_value("refit_mirror_labelled_total", {"digest": "sha256:a", "right": "both"}) == 6


def test_answers_are_kept_for_labels_until_the_other_server_is_gone_for_good(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr("refit_serving.mirror.time.monotonic", lambda: now)
    sender = Mirror(MirrorSettings("http://127.0.0.1:1"), is_same, is_same, CollectorRegistry())
    sender._digest = "sha256:a"
    sender.labels.begin("sha256:a")
    sender.labels.keep("1", "x")
    kept = []
    for seconds in (0, mirror.GONE_SECONDS - 1, 1):
        now += seconds
        sender._rest()
        kept.append(len(sender.labels._kept))
    assert kept == [1, 1, 0] and sender.labels._bytes == 0
