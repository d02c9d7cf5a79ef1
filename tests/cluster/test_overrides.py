"""What people say to runs and monitors on the real node: approval, abort, and what the API server lets them say."""

import json

import pytest

from tests.support.cluster.kubectl import OPERATOR, Document, Refused, Space
from tests.support.cluster.objects import idle_target
from tests.support.cluster.people import forged_run, say
from tests.support.cluster.runs import active_run, finished, pointer, run_number, start

PERSON = ("--as", "somebody", "--as-group", "system:authenticated")


def test_a_candidate_waits_for_approval_and_is_then_promoted(space: Space) -> None:
    start(space, mode="Approve")
    name = active_run(space, "AwaitingApproval")
    space.wait("mmon/reviews", ".status.state", "AwaitingApproval")
    assert pointer(space) == ""
    say(space, name, approval="Approved")
    assert run_number(space, 1)["status"]["outcome"] == "Promoted"
    assert pointer(space) != ""


def test_a_refused_candidate_is_never_promoted(space: Space) -> None:
    start(space, idle_target(), mode="Approve")
    say(space, active_run(space, "AwaitingApproval"), approval="Rejected")
    assert finished(run_number(space, 1)) == ("Rejected", "ApprovalRefused")
    assert pointer(space) == ""


def test_a_run_aborted_while_it_waits_ends(space: Space) -> None:
    start(space, idle_target(), mode="Approve")
    say(space, active_run(space, "AwaitingApproval"), abort=True)
    assert finished(run_number(space, 1)) == ("Aborted", "Aborted")
    assert pointer(space) == ""


def test_a_run_aborted_while_verifying_is_rolled_back(space: Space) -> None:
    start(space, verification={"for": "10m"})
    say(space, active_run(space, "Verifying"), abort=True)
    run = run_number(space, 1)
    assert (run["status"]["outcome"], pointer(space)) == ("RolledBack", "")
    assert "spec.abort is true" in run["status"]["message"]


@pytest.fixture(scope="module")
def forged(shared: Space) -> str:
    """A run of no monitor, which the operator never looks at."""
    return forge(shared)


def forge(space: Space) -> str:
    """Make that run, where somebody may edit it; return its name."""
    space.run("create", "--as", OPERATOR, "-f", "-", stdin=forged_run())
    space.run("create", "rolebinding", "edit", "--clusterrole=edit", "--user=somebody")
    return "forged"


def test_users_who_may_edit_set_each_override_once(space: Space) -> None:
    forged = forge(space)
    say(space, forged, *PERSON, approval="Approved")
    with pytest.raises(Refused, match="approval cannot be changed once set"):
        say(space, forged, *PERSON, approval="Rejected")
    with pytest.raises(Refused, match="approval cannot be changed once set"):
        say(space, forged, *PERSON, approval=None)
    say(space, forged, *PERSON, abort=True)
    with pytest.raises(Refused, match="abort cannot be unset"):
        say(space, forged, *PERSON, abort=False)
    spec = space.get("rr", forged)["spec"]
    assert (spec["approval"], spec["abort"]) == ("Approved", True)


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"labels": {"refit.dev/monitor": "another"}}},
        {"metadata": {"finalizers": ["example.com/stay"]}},
        {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "y"}]}},
        {"spec": {"abort": True}, "metadata": {"annotations": {"a": "b"}}},
    ],
    ids=["a label", "a finalizer", "an owner", "a word and more"],
)
def test_people_change_nothing_else(shared: Space, forged: str, change: Document) -> None:
    with pytest.raises(Refused, match="by the operator only"):
        shared.run("patch", "rr", forged, *PERSON, "--type=merge", "-p", json.dumps(change))


def test_people_never_change_the_rest_of_the_spec(shared: Space, forged: str) -> None:
    with pytest.raises(Refused, match="ordinal is immutable"):
        say(shared, forged, *PERSON, ordinal=2)


def test_people_write_no_status(shared: Space, forged: str) -> None:
    status = json.dumps({"status": {"outcome": "Promoted"}})
    with pytest.raises(Refused, match="by the operator only"):
        shared.run("patch", "rr", forged, "--subresource=status", "--type=merge", "-p", status)
