"""One look: a run's next step comes before anything that may take long."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.contextvars import get_contextvars

from refit_operator.api.metadata import Ref
from refit_operator.controller import reconcile
from refit_operator.controller.rules.slots import Urgency
from refit_operator.monitor.reconcile import Reconciled
from refit_operator.observability.spans import trace_id
from refit_operator.run.rules.decision import AT_ONCE
from tests.support.samples import NOW, make_monitor, make_run
from tests.support.sweeps import no_sweep

MINUTE = timedelta(minutes=1)


class Stand:
    """A stand-in for ports and pruner: only what a look passes on is asked of it."""

    cluster = clock = places = property(lambda self: self)
    notifier = keeper = None

    def __init__(self) -> None:
        self.tracer: Any = None
        self.offered: list[object] = []

    def offer(self, runs: tuple[object, ...], now: datetime) -> None:
        self.offered.append(runs)

    def keep(self, *_: object) -> None:
        return

    def now(self) -> datetime:
        return NOW

    async def get_monitor(self, ref: Ref) -> object:
        return make_monitor()

    async def list_runs(self, monitor: object) -> tuple[object, ...]:
        return (make_run(status={"jobRef": "reviews-1"}),)

    async def prune(self, *_: object) -> None:
        return


@pytest.mark.parametrize(("wait", "looks"), [(AT_ONCE, 0), (MINUTE, 1), (None, 1)])
async def test_the_monitor_asks_its_metric_only_where_the_run_has_no_next_step(
    monkeypatch: pytest.MonkeyPatch, wait: timedelta | None, looks: int
) -> None:
    asked: list[object] = []
    observed: Any = None

    async def step(*_: object) -> timedelta | None:
        return wait

    async def ask(monitor: object, *_: object) -> Reconciled:
        asked.append(monitor)
        return Reconciled(2 * MINUTE, observed)

    monkeypatch.setattr(reconcile, "reconcile_run", step)
    monkeypatch.setattr(reconcile, "reconcile_monitor", ask)
    stand: Any = Stand()
    again: Any = await reconcile.reconcile(Ref("shop", "reviews"), stand, stand, no_sweep())
    assert again.urgency is Urgency.UNDER_WAY
    assert (again.after, len(asked)) == (2 * MINUTE if wait is None else wait, looks)


class Keeping(Stand):
    """The same, with a keeper whose folder has every document already."""

    keeper = property(lambda self: self)

    def __init__(self) -> None:
        super().__init__()
        self.written: list[Any] = []

    async def list_runs(self, monitor: object) -> tuple[object, ...]:
        ended = {"outcome": "Failed", "completionTime": NOW.isoformat()} | self.recorded
        return (make_run(status=ended),)

    @property
    def recorded(self) -> dict[str, Any]:
        return {"auditTime": self.written[-1]["auditTime"]} if self.written else {}

    def is_kept(self, id: str) -> bool:
        return True

    def forget(self, id: str) -> None:
        return

    async def write_status(self, kind: object, run: object, status: dict[str, Any]) -> None:
        self.written.append(status)


async def test_an_audit_document_is_recorded_once_and_the_monitor_sees_the_run_as_it_is_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Any] = []

    async def ask(monitor: object, runs: tuple[Any, ...], *_: object) -> Reconciled:
        seen.extend(runs)
        observed: Any = None
        return Reconciled(MINUTE, observed)

    monkeypatch.setattr(reconcile, "reconcile_monitor", ask)
    monkeypatch.setattr(reconcile, "_resting", lambda *_: None)
    stand: Any = Keeping()
    for _ in range(2):
        await reconcile.reconcile(Ref("shop", "reviews"), stand, stand, no_sweep())
    assert len(stand.written) == 1
    assert [run.status.audit_time for run in seen] == [NOW, NOW]


@pytest.mark.parametrize("is_on", [True, False])
async def test_runs_are_offered_as_traces_and_a_step_logs_its_trace_only_where_there_are_some(
    monkeypatch: pytest.MonkeyPatch, is_on: bool
) -> None:
    bound: list[dict[str, Any]] = []

    async def step(*_: object) -> timedelta | None:
        bound.append(get_contextvars())
        return AT_ONCE

    monkeypatch.setattr(reconcile, "reconcile_run", step)
    stand: Any = Stand()
    stand.tracer = stand if is_on else None
    await reconcile.reconcile(Ref("shop", "reviews"), stand, stand, no_sweep())
    assert bound == [{"trace_id": trace_id("run-1-uid")} if is_on else {}]
    assert len(stand.offered) == is_on and get_contextvars() == {}
