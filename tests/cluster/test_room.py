"""A quota without room for a pod of the candidate costs no training."""

from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.runs import finished, run_number, start


def quota(pods: int) -> Document:
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": pods}}}


def test_without_room_for_one_more_pod_nothing_is_trained_until_there_is(space: Space) -> None:
    space.apply(quota(1))
    start(space)
    message = space.wait_condition("mmon/reviews", "RetrainAllowed", "NoRoom")
    lack = "ResourceQuota 'few' has 1 of 1 pods in use, and one more pod needs 1"
    assert message == f"Deployment 'reviews' replaces no pod before one more is there: {lack}"
    space.wait("mmon/reviews", ".status.state", "Halted")
    assert (space.list("rr"), space.list("job")) == ([], [])
    space.apply(quota(9))
    assert finished(run_number(space, 1)) == ("Promoted", "Promoted")
