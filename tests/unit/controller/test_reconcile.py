"""One look: a run's next step comes before anything that may take long."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.controller import reconcile
from refit_operator.controller.rules.slots import Urgency
from refit_operator.monitor.reconcile import Reconciled
from refit_operator.run.rules.decision import AT_ONCE
from tests.support.samples import NOW, make_monitor, make_run
from tests.support.sweeps import no_sweep

MINUTE = timedelta(minutes=1)


class Stand:
    """A stand-in for ports and pruner: only what a look passes on is asked of it."""

    cluster = clock = places = property(lambda self: self)
    notifier = None

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
