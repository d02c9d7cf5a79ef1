"""The operator's node is lost in the middle of a run: another pod leads, and the run goes on with its one Job."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from tests.support.cluster.events import events_on
from tests.support.cluster.installed import DEPLOYMENT, OPERATOR, leader, lease, metric, operator_pods
from tests.support.cluster.kubectl import Document, Space, merge
from tests.support.cluster.nodes import node_of, on, stopped
from tests.support.cluster.objects import monitor, target
from tests.support.cluster.runs import active_run, run_number
from tests.support.cluster.volumes import shared
from tests.support.cluster.words import give_word, waiting_training
from tests.support.local import until

LEASE = timedelta(seconds=15)
POLL = timedelta(seconds=2)
REPLACED_WITHIN_S = 240
"""The node's controller gives a kubelet 50 s, the operator's pod tolerates 30 s more, and the next one has to start."""


@pytest.fixture
def run(space: Space, home: str, away: str) -> Iterator[str]:
    """A run that trains on another node than the operator's, and waits for a word."""
    there = {"spec": {"template": {"spec": {"nodeSelector": on(away)}}}}
    with shared(space, "models", "feedback", "holdout"):
        space.apply(dict(merge(target(), there)))
        space.run("rollout", "status", "deploy/reviews", "--timeout=180s", limit_s=190)
        space.apply(monitor(training=waiting_training(podTemplate={"nodeSelector": on(away)})))
        yield active_run(space, "Training")


def assert_goes_on(space: Space, name: str, node: str, job: Document) -> None:
    give_word(space, node)
    run = run_number(space, 1)
    assert (run["metadata"]["name"], run["status"]["outcome"]) == (name, "Promoted"), run["status"]
    [found] = space.list("job")
    assert (found["metadata"]["uid"], found["status"].get("failed", 0)) == (job["metadata"]["uid"], 0)
    assert len(space.list("rr")) == 1
    assert len(events_on(space, name, "RetrainStarted")) == 1


def assert_told(old: str) -> str:
    """The Lease's Events name the new leader and the old one, and the new one's metric says that it leads."""
    new = str(lease()["holderIdentity"])
    notes = events_on(OPERATOR, DEPLOYMENT, "LeaderElection")
    assert notes[-1] == f"{new} became leader; {old} didn't renew the Lease"
    assert metric(leader(), "refit_leader") == 1
    return notes[-1]


def test_one_replica_is_replaced_on_another_node(space: Space, home: str, away: str, run: str) -> None:
    before, [job] = lease(), space.list("job")
    with stopped(home):
        changed = "the Lease is still that of the pod that is lost"
        until(lambda: lease()["holderIdentity"] != before["holderIdentity"], REPLACED_WITHIN_S, changed)
        taken = lease()
        assert taken["holderIdentity"], "the operator on the lost node let go of the Lease"
        assert [node_of(pod) for pod in operator_pods() if pod["metadata"]["name"] == leader()] == [away]
        assert taken["leaseTransitions"] == before["leaseTransitions"] + 1
        OPERATOR.run("rollout", "status", f"deploy/{DEPLOYMENT}", "--timeout=60s")
        assert_goes_on(space, run, away, job)
        print(assert_told(before["holderIdentity"]), seconds(before, taken))


def seconds(before: Document, taken: Document) -> float:
    """Return how long nobody led."""
    ends = (datetime.fromisoformat(spec[key]) for spec, key in ((taken, "acquireTime"), (before, "renewTime")))
    first, second = ends
    return (first - second).total_seconds()


@contextmanager
def replicas(number: int) -> Iterator[None]:
    OPERATOR.run("scale", f"deploy/{DEPLOYMENT}", f"--replicas={number}")
    try:
        yield
    finally:
        OPERATOR.run("scale", f"deploy/{DEPLOYMENT}", "--replicas=1")


def stands_by(pod: str) -> bool:
    return "standing by" in OPERATOR.run("logs", pod)


def test_a_second_replica_takes_over_within_the_leases_time(space: Space, home: str, away: str, run: str) -> None:
    with replicas(2):
        until(lambda: len(operator_pods()) == 2, 30, "no second replica")
        standby = next(pod["metadata"]["name"] for pod in operator_pods() if pod["metadata"]["name"] != leader())
        OPERATOR.wait(f"pod/{standby}", ".status.phase", "Running")
        until(lambda: stands_by(standby), 60, "the second replica doesn't stand by")
        assert sorted(node_of(pod) for pod in operator_pods()) == sorted((home, away))
        assert metric(standby, "refit_leader") == 0
        [job] = space.list("job")
        with stopped(home):
            before = lease()
            until(lambda: leader() == standby, 60, json.dumps(lease()))
            taken = lease()
            assert LEASE <= timedelta(seconds=seconds(before, taken)) <= LEASE + 3 * POLL
            assert_goes_on(space, run, away, job)
            print(assert_told(before["holderIdentity"]), seconds(before, taken))
