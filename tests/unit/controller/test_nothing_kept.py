"""What kopf keeps between two events of an object, and what of it would be copied: nothing.

Its tasks are only seen as they would be started: they need an API server, and have one in tests/cluster.
"""

from typing import Any, cast

import kopf
import pytest

from refit_operator.controller.handlers import kopf_settings
from refit_operator.controller.shutdown import Shutdown
from refit_operator.controller.supervisor import watch
from refit_operator.controller.watchdog import Streams
from refit_operator.settings import Settings
from tests.support.sweeps import no_sweep

ANYTHING: Any = None


class Untouchable(dict[str, object]):
    """An object that nobody may read or copy."""

    def __getitem__(self, key: str) -> object:
        raise AssertionError(f"{key} was read")

    def __iter__(self) -> object:  # type: ignore[override]
        raise AssertionError("it was copied")


def test_no_object_is_copied_to_be_compared() -> None:
    kept = kopf_settings().persistence
    body = kopf.Body(cast(kopf.RawBody, Untouchable()))
    essence = kept.diffbase_storage.build(body=body, extra_fields=None)
    assert kept.diffbase_storage.fetch(body=body) is None
    assert kept.progress_storage.clear(essence=essence) is essence and not essence


def test_nothing_is_written_into_an_object() -> None:
    kept, patch, body = kopf_settings().persistence, kopf.Patch(), kopf.Body({})
    kept.diffbase_storage.store(body=body, patch=patch, essence=kopf.BodyEssence())
    kept.progress_storage.touch(body=body, patch=patch, value="now")
    assert not patch


async def test_nothing_is_kept_of_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    async def spawned(**settings: Any) -> tuple[()]:
        given.update(settings)
        return ()

    async def run(*_: Any, **__: Any) -> None:
        return

    monkeypatch.setattr(kopf, "spawn_tasks", spawned)
    monkeypatch.setattr(kopf, "run_tasks", run)
    await watch(ANYTHING, Streams(lambda: 0.0), no_sweep(), Settings(), Shutdown())
    memories = given["memories"]
    body: Any = {"metadata": {"uid": "a"}}
    one = await memories.recall(body, noticed_by_listing=True, memobase=kopf.Memo())
    assert one.noticed_by_listing
    assert await memories.recall(body) is not one
    assert list(memories.iter_all_memories()) == []
    await memories.forget(body)
