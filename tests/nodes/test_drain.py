"""A node that is drained during a training: the pod moves where its volumes let it, and waits where they don't."""

from typing import Any

from tests.support.cluster.events import wait_event
from tests.support.cluster.kubectl import Document, Space, merge
from tests.support.cluster.nodes import drained, node_of, on, rather_on
from tests.support.cluster.objects import monitor, target
from tests.support.cluster.runs import active_run, pointer, run_number
from tests.support.cluster.trainings import hangs_once, script, training_pods
from tests.support.cluster.volumes import bind, shared
from tests.support.cluster.words import attempts, give_word, waiting_training
from tests.support.local import until

ALL = ("models", "feedback", "holdout")
EVICTED = "retrying after: pod evicted through the API (not counted against backoffLimit): Eviction API: evicting"


def served_on(node: str) -> Document:
    return dict(merge(target(), {"spec": {"template": {"spec": {"nodeSelector": on(node)}}}}))


def train(space: Space, server: Document, training: dict[str, Any]) -> str:
    """Have a training under way; return its run."""
    space.apply(server)
    space.run("rollout", "status", "deploy/reviews", "--timeout=180s", limit_s=190)
    space.apply(monitor(training=training))
    return active_run(space, "Training")


def assert_one_job_without_failures(space: Space, uid: str) -> None:
    [job], [_] = space.list("job"), space.list("rr")
    assert (job["metadata"]["uid"], job["status"].get("failed", 0), job["status"]["succeeded"]) == (uid, 0, 1)


def test_a_training_whose_volumes_are_everywhere_goes_on_on_another_node(space: Space, home: str, away: str) -> None:
    with shared(space, *ALL):
        name = train(space, served_on(home), waiting_training(podTemplate={"affinity": rather_on(away)}))
        uid = space.list("job")[0]["metadata"]["uid"]
        [first] = training_pods(space)
        assert node_of(first) == away
        with drained(away):
            said = wait_event(space, name, "TrainingRetried")
            assert said == EVICTED
            until(lambda: len(attempts(space, home)) == 2, 120, "no second attempt")
            assert [node_of(pod) for pod in training_pods(space)][-1] == home
            give_word(space, home)
            run = run_number(space, 1)
        assert run["status"]["outcome"] == "Promoted", run["status"]
        assert pointer(space) == run["status"]["pointerChange"]["new"]
        assert_one_job_without_failures(space, uid)
        assert attempts(space, home)[0] == first["metadata"]["name"]
    print(said)


def test_a_training_whose_volumes_are_on_the_drained_node_waits_for_it(space: Space, away: str) -> None:
    bind(space, away, *ALL)
    name = train(space, target(), script(hangs_once(), backoffLimit=0))
    uid = space.list("job")[0]["metadata"]["uid"]
    with drained(away):
        assert wait_event(space, name, "TrainingRetried") == EVICTED
        said = space.wait_condition(f"rr/{name}", "Trained", "Unschedulable")
        where = f"no node fits the pod, which needs the claims feedback, holdout, models on node {away}: "
        assert said.startswith(where)
        assert "1 node(s) were unschedulable" in said
        assert wait_event(space, name, "Unschedulable") == said
    run = run_number(space, 1)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    assert_one_job_without_failures(space, uid)
    print(said)
