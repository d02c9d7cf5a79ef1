"""kopf keeps nothing of the objects that it watches, however many there are in the cluster.

Its tasks are only seen as they would be started: they need an API server, and have one in tests/cluster.
"""

from typing import Any

import kopf
import pytest

from refit_operator.controller.shutdown import Shutdown
from refit_operator.controller.supervisor import watch
from refit_operator.controller.watchdog import Streams
from refit_operator.settings import Settings
from tests.support.sweeps import no_sweep

ANYTHING: Any = None


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
