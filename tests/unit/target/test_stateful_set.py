"""A StatefulSet as a target: when it has rolled out, what never rolls out by itself, and what it has had before."""

from typing import Any

import pytest

from refit_operator.target.rules.kinds.stateful_set import FORCED_ROLLBACK
from refit_operator.target.rules.rollout import Complete, Halted, Progressing
from refit_operator.target.rules.view import pointers_of
from tests.support.samples import NEW_DIGEST, merge
from tests.support.targets import stateful_set, view

NEW = f"file:///models/b@{NEW_DIGEST}"
UPDATING: dict[str, Any] = {"updateRevision": "reviews-2"}


@pytest.mark.parametrize(
    ("status", "want"),
    [
        ({}, Complete()),
        ({"observedGeneration": 2}, Progressing("the StatefulSet's controller hasn't seen the change yet")),
        (UPDATING | {"updatedReplicas": 1}, Progressing("1 of 2 pods updated, 2 available")),
        (UPDATING, Progressing("2 of 2 pods updated, 2 available")),
        ({"availableReplicas": 1}, Progressing("2 of 2 pods updated, 1 available")),
        ({"replicas": 3}, Progressing("2 of 2 pods updated, 2 available")),
        ({"availableReplicas": None, "readyReplicas": None}, Progressing("2 of 2 pods updated, 0 available")),
    ],
)
def test_it_is_complete_once_every_pod_is_of_the_newest_revision(status: dict[str, Any], want: Any) -> None:
    assert view(stateful_set(NEW, **status)).rollout == want


ON_DELETE = "its updateStrategy is OnDelete, so that nothing replaces its pods but whoever deletes them"
PARTITION = "its updateStrategy has partition 1, so that the pods below that number are never replaced"
STANDS: dict[str, tuple[dict[str, Any], str]] = {
    "OnDelete": ({"updateStrategy": {"type": "OnDelete"}}, ON_DELETE),
    "a partition": ({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}, PARTITION),
    "zero replicas": ({"replicas": 0}, "the StatefulSet is at zero replicas"),
    "no partition": ({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}, ""),
    "the default strategy": ({}, ""),
}


@pytest.mark.parametrize("name", STANDS)
def test_what_never_rolls_out_by_itself_is_an_obstacle_and_halts_a_rollout(name: str) -> None:
    spec, want = STANDS[name]
    target = view(stateful_set(NEW, spec))
    assert target.obstacle == want
    assert isinstance(target.rollout, Halted if want else Complete)


def test_one_that_is_being_deleted_is_halted() -> None:
    leaving = merge(stateful_set(), {"metadata": {"deletionTimestamp": "2026-11-24T12:00:00Z"}})
    assert view(leaving).rollout == Halted("the StatefulSet is being deleted")


@pytest.mark.parametrize(("policy", "is_said"), [("OrderedReady", True), ("Parallel", False)])
def test_a_way_back_that_waits_for_a_broken_pod_says_who_has_to_delete_it(policy: str, is_said: bool) -> None:
    """The template is that of before again, so that its revision is, and one pod is of the other one."""
    back = view(stateful_set("", {"podManagementPolicy": policy}, updatedReplicas=1, availableReplicas=1))
    assert isinstance(back.rollout, Progressing)
    assert (FORCED_ROLLBACK in back.rollout.message) is is_said


def test_it_takes_a_pod_away_before_the_next_so_that_it_needs_no_room_and_is_never_stuck() -> None:
    target = view(stateful_set(NEW, **UPDATING))
    assert (target.needs_room, target.stuck, target.name) == (False, "", "StatefulSet 'reviews'")


def test_its_templates_of_before_are_its_controller_revisions() -> None:
    template = stateful_set(NEW)["spec"]["template"]
    revision = {"data": {"spec": {"template": template}}}
    ours: dict[str, Any] = revision | {"metadata": {"ownerReferences": [{"uid": "target-uid", "controller": True}]}}
    others: dict[str, Any] = revision | {"metadata": {"ownerReferences": [{"uid": "else", "controller": True}]}}
    assert (pointers_of(view(stateful_set()), [ours]), pointers_of(view(stateful_set()), [others])) == ({NEW}, set())


def test_the_pointer_is_written_into_its_template() -> None:
    fields = view(stateful_set()).fields(NEW)
    assert fields.kind == ("apps/v1", "StatefulSet")
    assert fields.values["spec", "template", "metadata", "annotations", "refit.dev/checkpoint"] == NEW
