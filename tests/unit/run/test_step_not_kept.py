"""A step whose record the API server drops isn't taken again and again: its reconciliation fails, with a backoff."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.kubernetes_api.errors import Permanent
from refit_operator.ports import Ports
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.run.reconcile import NOT_KEPT, write
from refit_operator.run.rules.decision import AT_ONCE, Decision
from tests.support.runs import STARTED, seen
from tests.support.samples import make_monitor

DECIDED = seen().run.status.model_copy(update={"job_ref": "reviews-1"})


class Written:
    """A stand-in for the API server, which a test can't have another CRD: it answers a write with a version."""

    def __init__(self, version: str) -> None:
        self.version = version

    async def write_status(self, *_: Any) -> str:
        return self.version


async def written(version: str, wait: timedelta | None) -> None:
    nobody: Any = None
    cluster: Any = Written(version)
    ports = Ports(cluster, nobody, MassBreachDetector())
    await write(Decision(DECIDED, requeue_after=wait), seen(STARTED), make_monitor(), ports)


async def test_a_step_that_changed_nothing_fails() -> None:
    with pytest.raises(Permanent, match=NOT_KEPT):
        await written("20", AT_ONCE)


@pytest.mark.parametrize(("version", "wait"), [("21", AT_ONCE), ("20", timedelta(seconds=2)), ("20", None)])
async def test_what_was_kept_or_is_only_shown_is_no_failure(version: str, wait: timedelta | None) -> None:
    await written(version, wait)
