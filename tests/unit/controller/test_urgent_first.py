"""The workqueue with a namespace in which more is due than is reconciled: what is urgent doesn't wait for the rest."""

import asyncio
from datetime import timedelta

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.controller.rules.slots import PATIENCE, Urgency
from refit_operator.controller.workqueue import Again, Workqueue
from refit_operator.kubernetes_api.errors import Transient
from tests.support.jumping import clock, play

ROLLBACK = Ref("shop", "rollback")
QUIET = [Ref("shop", f"m{number}") for number in range(300)]
TAKES = 1.0


class Looks:
    """Reconciliations that take a second each, one at a time; that of the rollback fails as often as it is told to."""

    def __init__(self, failures: int = 0, again: Again | None = None) -> None:
        self.failures, self.again = failures, again
        self.began: dict[Ref, list[float]] = {}

    async def __call__(self, ref: Ref) -> Again | None:
        self.began.setdefault(ref, []).append(clock())
        await asyncio.sleep(TAKES)
        if ref == ROLLBACK and self.failures:
            self.failures -= 1
            raise Transient("overloaded")
        return self.again if ref == ROLLBACK else None


def waits_of(looks: Looks, *urgencies: Urgency) -> list[float]:
    """Return how long after the first news each look at the rollback began, of a queue that is behind by minutes."""
    found: list[float] = []

    async def story() -> None:
        queue = Workqueue(looks, 2)
        running = asyncio.create_task(queue.run())
        for ref in (*QUIET, ROLLBACK):
            queue.enqueue(ref)
        await asyncio.sleep(10 * TAKES)
        news = clock()
        for urgency in urgencies:
            queue.enqueue(ROLLBACK, urgency=urgency)
        await asyncio.sleep((len(QUIET) + 20) * TAKES)
        found.extend(time - news for time in looks.began[ROLLBACK])
        assert not [ref for ref in QUIET if ref not in looks.began], "they wait for ever"
        running.cancel()

    play(story())
    return found


@pytest.mark.parametrize("urgencies", [(Urgency.UNDER_WAY,), (Urgency.UNDER_WAY, Urgency.QUIET), (Urgency.MAY_START,)])
def test_what_is_urgent_waits_for_those_only_that_have_a_slot(urgencies: tuple[Urgency, ...]) -> None:
    assert waits_of(Looks(), *urgencies)[0] <= TAKES


def test_what_is_quiet_waits_for_its_turn() -> None:
    assert waits_of(Looks(), Urgency.QUIET)[0] > 200 * TAKES


def test_what_failed_is_as_urgent_as_before() -> None:
    looks = Looks(failures=2)
    waits = waits_of(looks, Urgency.UNDER_WAY, Urgency.QUIET)
    assert len(waits) == 3
    assert waits[-1] < PATIENCE


def test_what_a_reconciliation_says_is_urgent_comes_first_when_it_is_due() -> None:
    waits = waits_of(Looks(again=Again(timedelta(seconds=5), Urgency.UNDER_WAY)), Urgency.UNDER_WAY)
    assert waits[5] < PATIENCE


async def test_what_is_urgent_once_isnt_for_ever() -> None:
    queue = Workqueue(Looks(), 2)
    queue.enqueue(ROLLBACK, urgency=Urgency.UNDER_WAY)
    queue._line_up_due()
    assert queue._slots.take(clock()) == ROLLBACK
    assert queue._begin(ROLLBACK) is Urgency.UNDER_WAY
    queue._end(ROLLBACK)
    queue.enqueue(ROLLBACK)
    queue._line_up_due()
    assert queue._slots.take(clock()) == ROLLBACK
    assert queue._begin(ROLLBACK) is Urgency.QUIET
