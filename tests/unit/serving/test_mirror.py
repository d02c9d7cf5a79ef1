"""Copies of live requests: what is counted of their answers, what is dropped, and that nothing ever waits for them.

The other server is a stand-in behind real HTTP: it can be slow, wrong, gone and another model at will.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from refit_serving import mirror as module
from refit_serving.mirror import HEADER, Mirror, MirrorSettings
from refit_serving.mirrored_labels import KEPT, RIGHT, MirroredLabels
from tests.support.local import free_port

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64


class Other:
    """The server that gets the copies: it answers each text with itself, as the model `digest`."""

    def __init__(self) -> None:
        self.port = free_port()
        self.digest = ONE
        self.bodies: list[Any] = []
        self.headers: list[str | None] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.answer: Callable[[], Awaitable[web.Response]] | None = None
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.add_routes([web.get("/v1/model", self._model), web.post("/v1/predict", self._predict)])
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
        self._runner = None

    async def _model(self, request: web.Request) -> web.Response:
        return web.json_response({"digest": self.digest})

    async def _predict(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        self.headers.append(request.headers.get(HEADER))
        await self.may_answer.wait()
        if self.answer:
            return await self.answer()
        if "instances" in body:
            return web.json_response({"predictions": [self._reply(one) for one in body["instances"]]})
        return web.json_response(self._reply(body))

    def _reply(self, body: Any) -> dict[str, Any]:
        return {"label": body["text"], "model": self.digest}


class Scene:
    def __init__(self, other: Other, seconds: float = 10, is_on: bool = True) -> None:
        self.other, self.registry = other, CollectorRegistry()
        settings = MirrorSettings(f"http://127.0.0.1:{other.port}/" if is_on else "", 0.02, seconds)
        self.mirror = Mirror(settings, lambda a, b: a == b, lambda a, b: a == b, self.registry)
        self.labels = self.mirror.labels

    def offer(self, *answers: str, text: str = "a") -> None:
        many = {"instances": [{"text": text}] * len(answers)}
        body = json.dumps(many if len(answers) > 1 else {"text": text}).encode()
        self.mirror.offer(body, [(str(number), answer) for number, answer in enumerate(answers)], 0.5)

    def results(self, digest: str = ONE) -> tuple[float, ...]:
        counts = (self.measure("answers", digest=digest, result=name) for name in ("agreed", "differed", "failed"))
        return tuple(count or 0.0 for count in counts)

    def measure(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"refit_mirror_{name}_total", labels)

    async def found(self, digest: str = ONE) -> None:
        await until(lambda: self.measure("answers", digest=digest, result="agreed") is not None)

    async def counted(self, *results: float, digest: str = ONE) -> None:
        await until(lambda: self.results(digest) == results)


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(2000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not within 20 s")


@pytest.fixture
async def other() -> AsyncIterator[Other]:
    made = Other()
    await made.start()
    yield made
    made.may_answer.set()
    await made.stop()


@pytest.fixture
async def scene(other: Other) -> AsyncIterator[Scene]:
    made = Scene(other)
    made.mirror.start()
    yield made
    await made.mirror.stop()


async def test_the_same_answers_agree_and_others_differ_input_by_input(scene: Scene) -> None:
    await scene.found()
    scene.offer("a")
    scene.offer("a", "b", "a")
    await scene.counted(3, 1, 0)
    assert scene.other.bodies == [{"text": "a"}, {"instances": [{"text": "a"}] * 3}]
    assert scene.measure("seconds", digest=ONE, side="served") == 1.0
    assert 0 < (scene.measure("seconds", digest=ONE, side="mirrored") or 0) < 20


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("total;dur=0.25", 0.00025),
        ("db;dur=7, total;dur=0.5", 0.0005),
        ("total;dur=1e9", None),
        ("total;dur=999999999", None),
        ("total;dur=nan", None),
        ("total", None),
        ("", None),
    ],
)
async def test_how_long_it_took_is_the_other_servers_word_up_to_the_round_trip(
    scene: Scene, said: str, seconds: float | None
) -> None:
    async def give() -> web.Response:
        return web.json_response({"label": "a", "model": ONE}, headers={module.TIMING: said})

    await scene.found()
    scene.other.answer = give
    scene.offer("a")
    await scene.counted(1, 0, 0)
    found = scene.measure("seconds", digest=ONE, side="mirrored") or 0.0
    assert found == seconds if seconds else 0 < found < 20


def test_what_a_server_says_of_its_time_is_understood() -> None:
    (said,) = module.timing(0.0123456).values()
    found = module.DURATION.search(said)
    assert found and float(found[1]) == 12.346


async def test_ids_that_come_twice_are_two_inputs(scene: Scene) -> None:
    await scene.found()
    body = json.dumps({"instances": [{"text": "a"}, {"text": "b"}]}).encode()
    scene.mirror.offer(body, [("same", "a"), ("same", "b")], 0.5)
    await scene.counted(2, 0, 0)


async def test_a_copy_says_that_it_is_one_so_that_it_is_not_copied_again(scene: Scene) -> None:
    await scene.found()
    scene.offer("a")
    await scene.counted(1, 0, 0)
    assert scene.other.headers == ["true"]


async def test_without_a_url_nothing_is_copied_or_exported(other: Other) -> None:
    scene = Scene(other, is_on=False)
    scene.mirror.start()
    scene.offer("a")
    await scene.mirror.stop()
    assert not other.bodies and scene.measure("dropped") == 0 and scene.results() == (0, 0, 0)


async def test_nothing_is_kept_while_nothing_answers_there(other: Other) -> None:
    await other.stop()
    scene = Scene(other)
    scene.mirror.start()
    scene.offer("a")
    await other.start()
    await scene.found()
    scene.offer("b")
    await scene.counted(0, 1, 0)
    assert scene.measure("dropped") == 0
    await scene.mirror.stop()


async def test_what_does_not_fit_is_dropped_and_counted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.found()
    scene.other.may_answer.clear()
    scene.offer("a")
    await until(lambda: bool(scene.other.bodies))
    for _ in range(module.WAITING + 7):
        scene.offer("a")
    assert scene.measure("dropped") == 7
    scene.other.may_answer.set()
    await scene.counted(module.WAITING + 1, 0, 0)


async def test_the_bytes_that_wait_are_bounded(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD_BYTES", 1000)
    await scene.found()
    scene.other.may_answer.clear()
    scene.offer("a")
    await until(lambda: bool(scene.other.bodies))
    for _ in range(3):
        scene.offer("x", text="x" * 400)
    assert scene.measure("dropped") == 1
    scene.other.may_answer.set()
    await scene.counted(1, 2, 0)
    scene.offer("x", text="x" * 900)  # what was copied has made room
    await scene.counted(1, 3, 0)


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=503),
        web.Response(status=307, headers={"Location": "/v1/model"}),
        web.Response(text="no JSON"),
        web.Response(text="[]"),
        web.Response(text='{"predictions": []}'),
        web.Response(text=f'{{"model": "{ONE}"}}'),
        web.Response(text="[" * 100_000),
        web.Response(text='"' + "x" * (module.MAX_ANSWER + 1) + '"'),
    ],
    ids=["503", "redirect", "no JSON", "a list", "none of one", "no label", "deep", "long"],
)
async def test_an_answer_that_is_none_has_failed(scene: Scene, answer: web.Response) -> None:
    await scene.found()

    async def give() -> web.Response:
        return web.Response(status=answer.status, headers=answer.headers, text=answer.text)

    scene.other.answer = give
    scene.offer("a")
    await scene.counted(0, 0, 1)
    scene.other.answer = None
    scene.offer("a")
    await scene.counted(1, 0, 1)


async def test_an_answer_that_takes_too_long_has_failed(other: Other) -> None:
    scene = Scene(other, seconds=0.1)
    scene.mirror.start()
    await scene.found()
    other.may_answer.clear()
    scene.offer("a")
    await scene.counted(0, 0, 1)
    other.may_answer.set()
    await scene.mirror.stop()


async def test_answers_that_cannot_be_compared_have_failed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(one: Any, other: Any) -> bool:
        raise TypeError("a label and a list")

    monkeypatch.setattr(scene.mirror, "_agrees", refuse)
    await scene.found()
    scene.offer("a")
    await scene.counted(0, 0, 1)


async def test_a_server_that_goes_is_found_again(scene: Scene) -> None:
    await scene.found()
    await scene.other.stop()
    scene.offer("a")
    await scene.counted(0, 0, 1)
    await scene.other.start()
    await until(lambda: bool(scene.mirror._digest))
    scene.offer("a")
    await scene.counted(1, 0, 1)


async def test_another_model_there_has_counters_of_its_own(scene: Scene) -> None:
    await scene.found()
    scene.offer("a")
    await scene.counted(1, 0, 0)
    scene.other.digest = TWO
    scene.offer("b")  # answered by the other model: counted for neither
    await scene.found(TWO)
    assert scene.measure("answers", digest=ONE, result="agreed") is None
    scene.offer("a")
    await scene.counted(1, 0, 0, digest=TWO)


async def test_once_a_label_comes_it_is_counted_who_was_right(scene: Scene) -> None:
    def labelled() -> list[float | None]:
        return [scene.measure("labelled", digest=ONE, right=right) for right in RIGHT]

    await scene.found()
    assert labelled() == [0, 0, 0, 0]
    scene.offer("a", "b", "c", "a")  # each copy is answered with a
    await scene.counted(2, 2, 0)
    for key, served, truth in (("0", "a", "a"), ("1", "b", "b"), ("2", "c", "a"), ("3", "a", "d"), ("3", "a", "a")):
        scene.labels.judge(key, served, truth)
    scene.labels.judge("never copied", "a", "a")
    assert labelled() == [1, 1, 1, 1]


async def test_labels_of_another_models_answers_are_not_counted(scene: Scene) -> None:
    await scene.found()
    scene.offer("a")
    await scene.counted(1, 0, 0)
    scene.other.digest = TWO
    scene.offer("a")
    await scene.found(TWO)
    scene.labels.judge("0", "a", "a")
    assert [scene.measure("labelled", digest=TWO, right=right) for right in RIGHT] == [0, 0, 0, 0]


def test_answers_that_no_label_fits_fail_no_label_and_the_oldest_are_forgotten() -> None:
    def refuse(answer: Any, truth: Any) -> bool:
        raise TypeError("no label")

    registry = CollectorRegistry()
    labels = MirroredLabels(refuse, registry)
    labels.begin(ONE)
    for number in range(KEPT + 1):
        labels.keep(str(number), "a")
    labels.judge("0", "a", "a")
    labels.judge("1", "a", "a")
    assert registry.get_sample_value("refit_mirror_labelled_total", {"digest": ONE, "right": "both"}) == 0
    assert len(labels._kept) == KEPT
