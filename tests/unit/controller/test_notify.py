"""What was sent is recorded on its run, so that the next process sends nothing again."""

from typing import Any

from refit_operator.api.metadata import Ref
from refit_operator.api.run import RetrainRun, RetrainRunStatus
from refit_operator.controller.notify import notify
from refit_operator.notifications.notifier import Told
from refit_operator.notifications.receivers import MOST
from refit_operator.notifications.rules.episode import Episode
from tests.support.monitors import finished
from tests.support.samples import NOW, make_run


class Asked:
    """A stand-in for notifier and cluster: it remembers what it was asked, and sends nothing."""

    def __init__(self, **told: Told) -> None:
        self.sendings = {id.replace("_", "-"): one for id, one in told.items()}
        self.offered: list[tuple[str, tuple[str, ...]]] = []
        self.written: list[RetrainRun] = []

    def told(self, id: str) -> Told | None:
        return self.sendings.get(id)

    def forget(self, id: str) -> None:
        self.sendings.pop(id, None)

    def offer(self, episode: Episode, notified: tuple[str, ...]) -> None:
        assert episode.monitor == Ref("shop", "reviews")
        self.offered.append((episode.id, notified))

    async def write_status(self, kind: object, run: RetrainRun, status: dict[str, Any]) -> str:
        self.written.append(RetrainRun.model_validate(run.to_json() | {"status": status}))
        return "21"


async def reconciled(asked: Asked, *runs: RetrainRun) -> bool:
    stand: Any = asked
    return await notify(runs, stand, stand, NOW)


async def test_a_run_that_ended_is_offered_and_nothing_is_written_yet() -> None:
    asked = Asked()
    assert not await reconciled(asked, finished(10, "Failed", 1), make_run(2))
    assert asked.offered == [("run-1-uid", ())] and asked.written == []


ALL, SOME = Told(frozenset({"ml", "broker"}), True), Told(frozenset({"ml"}), False)


async def test_what_was_sent_is_recorded_and_offered_no_more() -> None:
    asked, run = Asked(run_1_uid=ALL), finished(10, "Failed", 1)
    assert await reconciled(asked, run)
    (written,) = asked.written
    assert written.status.notified_time == NOW and written.status.notified == ("broker", "ml")
    assert written.status.model_copy(update={"notified_time": None, "notified": ()}) == run.status
    assert not await reconciled(asked, written)
    assert asked.offered == [] and asked.sendings == {} and len(asked.written) == 1


async def test_where_the_record_is_dropped_nothing_is_sent_again() -> None:
    """A CRD that is older than the operator has no field for it."""
    asked, run = Asked(run_1_uid=ALL), finished(10, "Failed", 1)
    for _ in range(3):
        assert await reconciled(asked, run)
    assert asked.offered == [] and len(asked.written) == 3


async def test_each_receiver_is_recorded_once_it_is_done_and_the_others_only_are_sent_to_after_a_restart() -> None:
    asked = Asked(run_1_uid=SOME)
    assert await reconciled(asked, finished(10, "Failed", 1))
    (written,) = asked.written
    assert written.status.notified == ("ml",) and written.status.notified_time is None
    assert not await reconciled(asked, written) and len(asked.written) == 1 and asked.sendings
    restarted = Asked()
    await reconciled(restarted, written)
    assert restarted.offered == [("run-1-uid", ("ml",))]


def test_a_run_has_room_for_all_receivers() -> None:
    bounds = RetrainRunStatus.model_json_schema(by_alias=True)["properties"]["notified"]
    assert bounds["maxItems"] == MOST


async def test_a_process_that_starts_sends_what_is_not_recorded_and_nothing_old() -> None:
    asked = Asked()
    recorded = finished(20, "Promoted", 2, status={"notifiedTime": NOW.isoformat()})
    await reconciled(asked, finished(60 * 48, "Failed", 1), recorded, finished(5, "Failed", 3))
    assert asked.offered == [("run-3-uid", ())]
