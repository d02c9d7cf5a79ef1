"""A run whose status was wiped: what the Job, the target and the monitor still say decides, and nothing comes back."""

from datetime import timedelta

from refit_operator.api.run import Outcome, Stage
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import WritePointer
from refit_operator.run.rules.views.job import JobState, JobView
from refit_operator.target.rules.ownership import is_overruled, rolled_back_digests
from refit_operator.target.rules.view import parse_target, pointers_of
from tests.support.runs import ACCEPTED, CHANGE, GIVEN_UP, NEW, OTHER, actions, seen
from tests.support.samples import NEW_DIGEST, NOW, deployment, make_run, merge


def test_a_pointer_that_is_there_already_is_the_runs_own_and_is_verified_again() -> None:
    status = decide(seen(ACCEPTED, live=NEW, was_written=True)).status
    assert (status.stage, status.outcome) == (Stage.ROLLING_OUT, None)
    assert status.pointer_change is not None
    assert (status.pointer_change.old, status.pointer_change.new) == ("", NEW)


def test_a_pointer_that_was_removed_is_never_written_again_and_its_weights_stay_banned() -> None:
    decision = decide(seen(ACCEPTED, live="", was_written=True))
    assert (decision.status.outcome, decision.actions) == (Outcome.ROLLED_BACK, ())
    assert rolled_back_digests((make_run(1, status=decision.status.to_json()),)) == {NEW_DIGEST}


def test_what_somebody_else_put_in_its_place_stands() -> None:
    status = decide(seen(ACCEPTED, live=OTHER, was_written=True)).status
    assert status.outcome is Outcome.SUPERSEDED
    assert is_overruled(OTHER, None, (make_run(1, status=status.to_json()),))


def test_a_run_that_the_monitor_saw_end_makes_no_second_job() -> None:
    ended = decide(seen(None, JobView(JobState.MISSING), ended_before=True))
    assert (ended.status.outcome, actions(ended)) == (Outcome.FAILED, [])


def test_only_the_newest_run_can_be_under_way() -> None:
    ended = decide(seen(None, JobView(JobState.MISSING), is_newest=False))
    assert (ended.status.outcome, actions(ended)) == (Outcome.SUPERSEDED, [])


def test_a_rollback_restores_what_the_spec_says() -> None:
    forged = GIVEN_UP | {"pointerChange": CHANGE | {"old": "file:///models/evil", "rollbackTime": NOW.isoformat()}}
    assert decide(seen(forged, live=NEW)).actions == (WritePointer(""),)


def test_pointers_are_those_of_the_targets_own_replica_sets() -> None:
    def replica_set(pointer: str, uid: str) -> dict[str, object]:
        owners = {
            "metadata": {"ownerReferences": [{"uid": uid, "controller": True}], "creationTimestamp": NOW + timedelta()}
        }
        return dict(merge(deployment(pointer), owners))

    target = parse_target(merge(deployment(), {"spec": {"selector": {"matchLabels": {"b": "2", "a": "1"}}}}))
    sets = [replica_set("", target.uid), replica_set(NEW, target.uid), replica_set(OTHER, "another")]
    assert (pointers_of(target, sets), target.selector) == ({"", NEW}, "a=1,b=2")
