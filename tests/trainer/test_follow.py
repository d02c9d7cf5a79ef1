"""How the server follows its pointer, with models that are stand-ins; tests/trainer/test_in_place.py has real ones."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from refit_serving import follow
from refit_serving.documents import Instance
from refit_serving.follow import Follower
from refit_serving.model import ServedModel
from refit_serving.receipts import Receipts
from refit_serving.room import NoRoom, free_memory
from refit_serving.service import Service
from refit_serving.settings import Settings, read_settings
from refit_trainer.contract.errors import BadInput, StorageFailed
from refit_trainer.tasks import Prediction

A, B, C = "file:///a@sha256:1", "file:///b@sha256:2", "file:///c@sha256:3"


class Models:
    """Loads stand-ins: each answers with its own pointer, once it is let."""

    def __init__(self) -> None:
        self.loaded: list[str] = []
        self.error: Exception | None = None
        self.may_load, self.may_answer = threading.Event(), threading.Event()
        self.may_load.set()
        self.may_answer.set()

    def make(self, pointer: str) -> ServedModel:
        def predict(loaded: Any, rows: list[Any]) -> list[Prediction]:
            self.may_answer.wait(10)
            return [Prediction(pointer, 0.9) for _ in rows]

        task: Any = SimpleNamespace(
            predict=predict, example=lambda: "x", input="text", truth="text", roles=SimpleNamespace(files=())
        )
        loaded: Any = SimpleNamespace(labels=())
        return ServedModel(pointer.rpartition("@")[2], task, loaded, pointer=pointer)

    def load(self, settings: Settings, pointer: str, check: Callable[[Path], None]) -> ServedModel:
        self.loaded.append(pointer)
        self.may_load.wait(10)
        if self.error:
            raise self.error
        return self.make(pointer)


class Scene:
    """A service with model A, and the file that its follower reads."""

    def __init__(self, folder: Path, models: Models, **variables: str) -> None:
        self.file, self.models = folder / "checkpoint", models
        self.write(A)
        settings = read_settings({"MODEL_URI_FILE": str(self.file), "MODEL_RETRY_SECONDS": "60"} | variables)
        self.service = Service(models.make(A), settings, Receipts(b"k" * 32))
        self.follower = Follower(self.service, settings, models.load)

    def write(self, pointer: str) -> None:
        self.file.write_text(pointer)

    async def turn_to(self, pointer: str) -> dict[str, Any]:
        self.write(pointer)
        await self.follower.look()
        return self.follower.describe()

    async def ask(self, count: int = 1) -> set[str]:
        replies = await self.service.predict([Instance(value="x")] * count)
        assert {reply["model"] for reply in replies} == {reply["label"].rpartition("@")[2] for reply in replies}
        return {reply["model"] for reply in replies}

    def measure(self, name: str, **labels: str) -> float | None:
        return self.service.metrics.registry.get_sample_value(name, labels)


@pytest.fixture(autouse=True)
def no_torch(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(follow, "_give_back", lambda: None)
    yield


@pytest.fixture
async def scene(tmp_path: Path) -> Any:
    made = Scene(tmp_path, Models())
    await made.service.active.batcher.start()
    yield made
    made.models.may_load.set()
    made.models.may_answer.set()
    await made.follower.stop()
    await made.service.active.batcher.stop()


async def test_what_the_pointer_names_answers_and_what_it_replaced_is_kept(scene: Scene) -> None:
    assert await scene.ask() == {"sha256:1"}
    found = await scene.turn_to(B)
    assert found == {"pointer": B, "digest": "sha256:2", "wanted": B, "state": "serving", "kept": "sha256:1"}
    assert await scene.ask(100) == {"sha256:2"} and scene.models.loaded == [B]
    assert scene.measure("refit_serve_model_info", digest="sha256:2") == 1
    assert scene.measure("refit_serve_model_info", digest="sha256:1") is None


async def test_the_way_back_loads_nothing(scene: Scene) -> None:
    await scene.turn_to(B)
    assert (await scene.turn_to(A))["digest"] == "sha256:1" and scene.models.loaded == [B]
    assert await scene.ask() == {"sha256:1"}


async def test_a_request_that_began_before_is_answered_by_the_model_of_before(scene: Scene) -> None:
    scene.models.may_answer.clear()
    asked = asyncio.create_task(scene.ask(100))  # several batches
    await asyncio.sleep(0.05)
    await scene.turn_to(B)
    after = asyncio.create_task(scene.ask(100))
    await asyncio.sleep(0.05)
    scene.models.may_answer.set()
    assert (await asked, await after) == ({"sha256:1"}, {"sha256:2"})


async def test_at_most_two_models_are_in_memory_and_none_goes_before_its_requests(scene: Scene) -> None:
    await scene.turn_to(B)
    kept = scene.follower._kept
    assert kept and kept.digest == "sha256:1"
    scene.models.may_answer.clear()
    asked = asyncio.create_task(kept.batcher.predict(["x"]))
    await asyncio.sleep(0.05)
    scene.write(C)
    change = asyncio.create_task(scene.follower.look())
    await asyncio.sleep(0.05)
    assert scene.models.loaded == [B], "a third model was loaded while the first still answers"
    scene.models.may_answer.set()
    await change
    assert [one.value for one in await asked] == [A] and scene.models.loaded == [B, C]
    assert scene.follower.describe()["kept"] == "sha256:2" and scene.measure("refit_serve_models_in_memory") == 2


async def test_a_pointer_that_changes_while_its_model_is_loaded_is_not_switched_to(scene: Scene) -> None:
    scene.models.may_load.clear()
    scene.write(B)
    change = asyncio.create_task(scene.follower.look())
    await asyncio.sleep(0.05)
    assert scene.follower.describe()["state"] == "loading" and await scene.ask() == {"sha256:1"}
    scene.write(C)
    scene.models.may_load.set()
    await change
    assert await scene.ask() == {"sha256:1"}
    await scene.follower.look()
    assert await scene.ask() == {"sha256:3"}


FAILURES = {
    "refused": BadInput("it has the digest x"),
    "storage": StorageFailed("the bucket doesn't answer"),
    "room": NoRoom("a second model needs 2 GiB"),
    "failed": RuntimeError("CUDA error"),
}


@pytest.mark.parametrize("reason", FAILURES)
async def test_whatever_goes_wrong_the_model_that_answers_goes_on_and_says_why(scene: Scene, reason: str) -> None:
    scene.models.error = FAILURES[reason]
    found = await scene.turn_to(B)
    assert (found["digest"], found["state"], found["reason"], found["attempts"]) == ("sha256:1", "failed", reason, 1)
    assert found["error"] == str(FAILURES[reason]) and found["wanted"] == B
    assert await scene.ask() == {"sha256:1"}
    assert scene.measure("refit_serve_model_changes_total", result=reason) == 1
    await scene.follower.look()
    assert scene.models.loaded == [B], "it was tried again at once"
    scene.models.error = None
    assert (await scene.turn_to(C))["state"] == "serving", "another pointer waits for no retry"
    assert "error" not in scene.follower.describe()


async def test_a_failure_is_tried_again_in_time(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Models(), MODEL_RETRY_SECONDS="0.01")
    scene.models.error = BadInput("file:///b doesn't exist")
    await scene.turn_to(B)
    await asyncio.sleep(0.02)
    await scene.follower.look()
    assert scene.follower.describe()["attempts"] == 2
    scene.models.error = None
    await asyncio.sleep(0.02)
    await scene.follower.look()
    assert scene.follower.describe()["pointer"] == B
    await scene.follower.stop()


async def test_what_was_replaced_goes_when_its_time_is_over(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Models(), MODEL_KEEP_SECONDS="0")
    assert (await scene.turn_to(B))["kept"] == "sha256:1"
    await scene.follower.look()
    assert scene.follower.describe()["kept"] is None and scene.measure("refit_serve_models_in_memory") == 1
    await scene.turn_to(A)
    assert scene.models.loaded == [B, A]
    await scene.follower.stop()
    with suppress(AttributeError):
        await scene.service.active.batcher.stop()


@pytest.mark.parametrize(("content", "words"), [("x" * 5000, "more than 4096 bytes"), (b"\xff\xfe", "isn't UTF-8")])
async def test_a_file_that_is_no_pointer_changes_nothing(scene: Scene, content: Any, words: str) -> None:
    scene.file.write_bytes(content if isinstance(content, bytes) else content.encode())
    await scene.follower.look()
    found = scene.follower.describe()
    assert words in found["error"] and found["digest"] == "sha256:1" and scene.models.loaded == []


LIMIT, USED, CACHED = 1000 << 20, 700 << 20, 150 << 20


def cgroup(folder: Path, version: int, limit: str = str(LIMIT)) -> Path:
    inner = folder if version == 2 else folder / "memory"
    names = ("memory.max", "memory.current", "inactive_file") if version == 2 else V1
    inner.mkdir(exist_ok=True)
    (inner / names[0]).write_text(limit)
    (inner / names[1]).write_text(str(USED))
    (inner / "memory.stat").write_text(f"anon 5\n{names[2]} {CACHED}\n")
    return folder


V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


@pytest.mark.parametrize("version", [1, 2])
def test_files_in_cache_are_free_and_the_rest_of_the_limit(tmp_path: Path, version: int) -> None:
    assert free_memory(cgroup(tmp_path, version), tmp_path / "none") == LIMIT - USED + CACHED


def test_without_a_limit_the_machine_says_what_is_free_and_the_least_counts(tmp_path: Path) -> None:
    machine = tmp_path / "meminfo"
    machine.write_text("MemTotal:       2000000 kB\nMemAvailable:    300000 kB\n")
    assert free_memory(cgroup(tmp_path, 2, "max"), machine) == 300000 << 10
    machine.write_text("MemAvailable:    99999999 kB\n")
    assert free_memory(cgroup(tmp_path, 2), machine) == LIMIT - USED + CACHED
    assert free_memory(tmp_path / "none", tmp_path / "none") is None
