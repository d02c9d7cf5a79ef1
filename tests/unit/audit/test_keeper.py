"""Documents are on the disk once, whatever ends in between, and nobody waits for a volume."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from refit_operator.api.audit import AuditDocument
from refit_operator.api.metadata import Ref
from refit_operator.api.run import RetrainRun
from refit_operator.audit import keeper as module
from refit_operator.audit.folder import path_of, write
from refit_operator.audit.keeper import Keeper
from refit_operator.controller.keep import keep
from refit_operator.kubernetes_api.errors import Permanent
from refit_operator.run.rules.audit import audit_of
from refit_operator.run.rules.prune import History, runs_to_delete
from tests.support.monitors import finished
from tests.support.samples import NOW, make_run

REVIEWS = Ref("shop", "reviews")


def document(number: int = 1) -> AuditDocument:
    made = audit_of(finished(10, "Rejected", number, status={"message": "not better"}))
    assert made
    return made


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def waiting() -> float | None:
    return REGISTRY.get_sample_value("refit_audit_documents_waiting")


@asynccontextmanager
async def running(keeper: Keeper) -> AsyncIterator[asyncio.Queue[Ref]]:
    """Have it write; the queue has the monitors that it enqueues."""
    enqueued: asyncio.Queue[Ref] = asyncio.Queue()
    task = asyncio.create_task(keeper.run(enqueued.put_nowait))
    try:
        yield enqueued
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def told(enqueued: asyncio.Queue[Ref]) -> Ref:
    async with asyncio.timeout(20):
        return await enqueued.get()


async def test_what_is_offered_is_written_whole_and_said_once(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "made")
    keeper.offer(document())
    keeper.offer(document())
    async with running(keeper) as enqueued:
        assert await told(enqueued) == REVIEWS
        assert keeper.is_kept(document().id) and enqueued.empty()
    assert files(tmp_path / "made") == [str(path_of(document()))]
    assert (tmp_path / "made" / path_of(document())).read_text() == document().text()


def test_one_that_is_there_is_never_written_again(tmp_path: Path) -> None:
    write(tmp_path, document())
    file = tmp_path / path_of(document())
    before = file.stat().st_mtime_ns, file.stat().st_ino
    write(tmp_path, document())
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == before
    other = json.dumps({"id": document().id, "of": "another version"})
    file.write_text(other)
    write(tmp_path, document())
    assert file.read_text() == other and file.stat().st_ino == before[1]


@pytest.mark.parametrize("content", [b"", b'{"id": "', b"\xff\xfe", b'{"id": "another"}', b"[]"])
def test_what_a_volume_left_of_one_is_put_aside(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, document())
    file = tmp_path / path_of(document())
    file.write_bytes(content)
    write(tmp_path, document())
    assert file.read_text() == document().text()
    assert [aside.read_bytes() for aside in file.parent.glob("*.damaged")] == [content]


@pytest.mark.parametrize("fails", ["os.fsync", "pathlib.Path.replace"])
def test_a_crash_on_the_way_leaves_no_half_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def crash(*_: Any) -> None:
        raise OSError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(fails, crash)
        with pytest.raises(OSError, match="gone"):
            write(tmp_path, document())
    assert not [name for name in files(tmp_path) if name.endswith(".json")]
    write(tmp_path, document())
    assert [name for name in files(tmp_path) if name.endswith(".json")] == [str(path_of(document()))]


@pytest.mark.parametrize("error", [OSError("no right"), RuntimeError("can't start new thread")])
async def test_one_that_cant_be_written_keeps_no_other_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(folder: Path, wanted: AuditDocument) -> None:
        if wanted.id == document(1).id:
            raise error
        write(folder, wanted)

    monkeypatch.setattr(module, "write", refuse)
    keeper = Keeper(tmp_path)
    for number in (1, 2, 3):
        keeper.offer(document(number))
    async with running(keeper) as enqueued:
        assert [await told(enqueued) for _ in range(2)] == [REVIEWS] * 2
    assert [keeper.is_kept(document(number).id) for number in (1, 2, 3)] == [False, True, True]


async def test_a_volume_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_BACKOFF", 0.01)
    (tmp_path / "audit").write_text("a file where the folder is to be")
    keeper = Keeper(tmp_path / "audit")
    keeper.offer(document())
    async with running(keeper) as enqueued:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(enqueued.get(), 0.1)
        assert waiting() == 1
        (tmp_path / "audit").unlink()
        assert await told(enqueued) == REVIEWS
    assert waiting() == 0


async def test_a_volume_that_hangs_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = threading.Event()
    monkeypatch.setattr(module, "write", lambda *_: hangs.wait(30))
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    keeper = Keeper(tmp_path)
    async with running(keeper) as enqueued:
        for number in range(1, 5):
            keeper.offer(document(number))
            await asyncio.sleep(0)
        assert not any(keeper.is_kept(document(number).id) for number in range(1, 5))
        hangs.set()
        enqueued_then = [await told(enqueued) for _ in range(3)]
    assert enqueued_then == [REVIEWS] * 3  # two documents, and the monitor of those that had no room


class Cluster:
    """A stand-in for the API server: it remembers the statuses that were written."""

    def __init__(self) -> None:
        self.written: list[RetrainRun] = []

    async def write_status(self, kind: object, run: RetrainRun, status: dict[str, Any]) -> str:
        self.written.append(RetrainRun.model_validate(run.to_json() | {"status": status}))
        return "21"


async def kept(keeper: Keeper, cluster: Cluster, *runs: RetrainRun) -> bool:
    stand: Any = cluster
    return await keep(runs, keeper, stand, NOW)


async def test_it_is_recorded_after_it_is_written_and_offered_no_more(tmp_path: Path) -> None:
    keeper, cluster, run = Keeper(tmp_path), Cluster(), finished(10, "Failed", 1)
    assert not await kept(keeper, cluster, run, make_run(2))
    async with running(keeper) as enqueued:
        await told(enqueued)
        assert await kept(keeper, cluster, run)
        (recorded,) = cluster.written
        assert recorded.status.audit_time == NOW
        assert recorded.status.model_copy(update={"audit_time": None}) == run.status
        assert not await kept(keeper, cluster, recorded) and not keeper.is_kept(run.metadata.uid)
    assert len(files(tmp_path)) == len(cluster.written) == 1


async def test_a_process_that_ended_before_it_was_recorded_is_followed_by_one_that_records_it(tmp_path: Path) -> None:
    write(tmp_path, document())
    keeper, cluster, run = Keeper(tmp_path), Cluster(), finished(10, "Rejected", 1, status={"message": "not better"})
    await kept(keeper, cluster, run)
    async with running(keeper) as enqueued:
        await told(enqueued)
        assert await kept(keeper, cluster, run)
    assert files(tmp_path) == [str(path_of(document()))]


def test_a_run_stays_until_its_document_is_kept() -> None:
    runs = (finished(60, "Failed", 1), finished(50, "Failed", 2, status={"auditTime": NOW.isoformat()}))
    history = History((*runs, finished(10, "Failed", 3)), (), "", NOW)
    assert [run.spec.ordinal for run in runs_to_delete(history, 1)] == [1, 2]
    assert [run.spec.ordinal for run in runs_to_delete(replace(history, awaits_audit=True), 1)] == [2]


async def test_a_refused_record_holds_up_nothing(tmp_path: Path) -> None:
    class Refusing(Cluster):
        async def write_status(self, kind: object, run: RetrainRun, status: dict[str, Any]) -> str:
            raise Permanent("another tool's policy")

    keeper, run = Keeper(tmp_path), finished(10, "Failed", 1)
    await kept(keeper, Refusing(), run)
    async with running(keeper) as enqueued:
        await told(enqueued)
        assert not await kept(keeper, Refusing(), run)
