"""A promotion in place: written to the ConfigMap, complete once each pod answers with it, and taken back likewise."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, Stage
from refit_operator.run.observe import changed_field
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import WritePointer
from refit_operator.run.rules.views.candidate import has_tried
from refit_operator.target.rules.view import parse_target
from tests.support.in_place import answering, in_place
from tests.support.runs import ACCEPTED, CHANGE, GIVEN_UP, NEW, RECORDED, WRITTEN, seen
from tests.support.samples import NOW, deployment, make_monitor, make_run

HERE, THERE = answering("a", NEW), answering("b", NEW)
REFUSES = answering("b", "", NEW, state="failed", reason="refused", error="has the digest x", attempts=2)
LATE = RECORDED | {
    "conditions": WRITTEN["conditions"],
    "pointerChange": CHANGE | {"time": (NOW - timedelta(hours=1)).isoformat()},
}


def test_what_is_recorded_is_the_pointer_as_the_servers_see_it() -> None:
    change = decide(seen(ACCEPTED, target=in_place())).status.pointer_change
    assert change and (change.new, change.old, change.target_uid) == (NEW, "", "target-uid")
    assert decide(seen(RECORDED, target=in_place())).actions == (WritePointer(NEW, False),)


def test_it_is_rolled_out_once_every_pod_answers_with_it() -> None:
    waits = decide(seen(WRITTEN, target=in_place(NEW, HERE, answering("b", ""))))
    assert waits.status.stage is Stage.ROLLING_OUT and "1 of 2 pods answer" in (waits.status.message or "")
    done = decide(seen(WRITTEN, target=in_place(NEW, HERE, THERE)))
    assert done.status.rolled_out_time == NOW and done.status.stage is Stage.VERIFYING


def test_a_model_that_a_pod_refuses_is_rolled_back_and_blamed() -> None:
    given_up = decide(seen(WRITTEN, target=in_place(NEW, HERE, REFUSES), candidate_ran=True)).status
    assert given_up.stage is Stage.ROLLING_BACK and given_up.message == "pod b: has the digest x"
    assert given_up.conditions[-1].reason == Reason.ROLLOUT_FAILED


def test_too_little_memory_is_not_the_weights_fault() -> None:
    full = answering("b", "", NEW, state="failed", reason="room", error="a second model needs 2 MiB", attempts=2)
    given_up = decide(seen(WRITTEN, target=in_place(NEW, HERE, full))).status
    assert given_up.stage is Stage.ROLLING_BACK and given_up.conditions[-1].reason == Reason.ROLLOUT_BLOCKED


def test_pods_that_dont_take_it_in_time_are_given_up() -> None:
    given_up = decide(seen(LATE, target=in_place(NEW, HERE, answering("b", "")))).status
    assert given_up.stage is Stage.ROLLING_BACK and "not rolled out in time: 1 of 2 pods" in (given_up.message or "")
    assert given_up.conditions[-1].reason == Reason.ROLLOUT_BLOCKED


def test_the_rollback_is_done_once_every_pod_answers_with_the_old_one() -> None:
    assert decide(seen(GIVEN_UP, target=in_place(NEW, HERE, THERE))).actions == (WritePointer(""),)
    waits = decide(seen(GIVEN_UP, target=in_place("", HERE, answering("b", ""), previous=NEW)))
    assert waits.status.outcome is None and "1 of 2 pods answer with the initial model" in (waits.status.message or "")
    back = in_place("", answering("a", ""), answering("b", ""), previous=NEW)
    assert decide(seen(GIVEN_UP, target=back)).status.outcome is Outcome.ROLLED_BACK


def test_a_change_by_somebody_else_stays() -> None:
    other = in_place("file:///models/c@sha256:1", HERE, THERE)
    ended = decide(seen(WRITTEN, target=other)).status
    assert ended.outcome is Outcome.SUPERSEDED
    assert "key checkpoint of ConfigMap reviews-pointer was set to file:///models/c@sha256:1" in (ended.message or "")


def test_another_way_to_update_supersedes_a_run() -> None:
    monitor = make_monitor(serving={"update": "InPlace"})
    assert changed_field(make_run(), monitor) == "serving.update"
    assert changed_field(make_run(), make_monitor()) == ""


def ended(code: int, minutes_ago: float) -> dict[str, Any]:
    at = (NOW - timedelta(minutes=minutes_ago)).isoformat().replace("+00:00", "Z")
    last = {"terminated": {"exitCode": code, "finishedAt": at}}
    return {"metadata": {"name": "a"}, "status": {"containerStatuses": [{"name": "server", "lastState": last}]}}


WITNESSES = {
    "a pod says that it refuses it": (in_place(NEW, REFUSES), [], True),
    "one that restarted refused it": (in_place(NEW), [ended(64, 1)], True),
    "one that refused another model before": (in_place(NEW), [ended(64, 5)], False),
    "one that was killed for its memory": (in_place(NEW), [ended(137, 1)], False),
    "none": (in_place(NEW, HERE), [], False),
    "a rolling update asks the pods' annotations": (parse_target(deployment(NEW)), [ended(64, 1)], False),
}


@pytest.mark.parametrize(("target", "pods", "expected"), WITNESSES.values(), ids=WITNESSES.keys())
def test_who_tried_the_candidate(target: Any, pods: Any, expected: bool) -> None:
    change = make_run(status=WRITTEN).status.pointer_change
    assert change and has_tried(target, pods, change) is expected


def test_what_was_written_before_is_not_written_again() -> None:
    lost = decide(seen(ACCEPTED, target=in_place("", previous=NEW), was_written=True)).status
    assert lost.outcome is Outcome.ROLLED_BACK and lost.pointer_change and lost.pointer_change.new == NEW
