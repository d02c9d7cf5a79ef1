"""What was sent is recorded on its run, so that the next process sends nothing again."""

from typing import Any

from refit_operator.api.metadata import Ref
from refit_operator.api.run import RetrainRun
from refit_operator.controller.notify import notify
from refit_operator.notifications.rules.episode import Episode
from tests.support.monitors import finished
from tests.support.samples import NOW, make_run


class Asked:
    """A stand-in for notifier and cluster: it remembers what it was asked, and sends nothing."""

    def __init__(self, *sent: str) -> None:
        self.sent = set(sent)
        self.offered: list[str] = []
        self.written: list[RetrainRun] = []

    def was_sent(self, id: str) -> bool:
        return id in self.sent

    def forget(self, id: str) -> None:
        self.sent.discard(id)

    def offer(self, episode: Episode) -> None:
        assert episode.monitor == Ref("shop", "reviews")
        self.offered.append(episode.id)

    async def write_status(self, kind: object, run: RetrainRun, status: dict[str, Any]) -> str:
        self.written.append(RetrainRun.model_validate(run.to_json() | {"status": status}))
        return "21"


async def reconciled(asked: Asked, *runs: RetrainRun) -> bool:
    stand: Any = asked
    return await notify(runs, stand, stand, NOW)


async def test_a_run_that_ended_is_offered_and_nothing_is_written_yet() -> None:
    asked = Asked()
    assert not await reconciled(asked, finished(10, "Failed", 1), make_run(2))
    assert asked.offered == ["run-1-uid"] and asked.written == []


async def test_what_was_sent_is_recorded_and_offered_no_more() -> None:
    asked, run = Asked("run-1-uid"), finished(10, "Failed", 1)
    assert await reconciled(asked, run)
    (written,) = asked.written
    assert written.status.notified_time == NOW and asked.offered == [] and asked.sent == set()
    assert written.status.model_copy(update={"notified_time": None}) == run.status
    assert not await reconciled(asked, written)
    assert asked.offered == [] and len(asked.written) == 1


async def test_a_process_that_starts_sends_what_is_not_recorded_and_nothing_old() -> None:
    asked = Asked()
    recorded = finished(20, "Promoted", 2, status={"notifiedTime": NOW.isoformat()})
    await reconciled(asked, finished(60 * 48, "Failed", 1), recorded, finished(5, "Failed", 3))
    assert asked.offered == ["run-3-uid"]
