"""A rollout that finds no room says so in the scheduler's words."""

from typing import Any

from tests.support.cluster.kubectl import Document, Space, merge
from tests.support.cluster.objects import target
from tests.support.cluster.runs import finished, pointer, run_number, start

ALONE: dict[str, Any] = {
    "affinity": {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"labelSelector": {"matchLabels": {"app": "reviews"}}, "topologyKey": "kubernetes.io/hostname"}
            ]
        }
    }
}
WORDS = "no node fits the pod: 0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules"


def target_alone_on_its_node() -> Document:
    """A target of whose pods one node takes one only: a rolling update finds no room for the next."""
    return dict(merge(target(), {"spec": {"template": {"spec": ALONE}}}))


def test_a_rollout_without_room_says_what_the_scheduler_says(space: Space) -> None:
    start(space, target_alone_on_its_node(), serving={"rolloutDeadline": "10s"})
    run = run_number(space, 1)
    assert (*finished(run), pointer(space)) == ("RolledBack", "RolledBack", "")
    message = run["status"]["message"]
    assert "not rolled out in time: 1 of 1 pods updated" in message
    assert WORDS in message
