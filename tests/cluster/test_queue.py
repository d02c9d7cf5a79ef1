"""A Job that is suspended is queued, as long as it takes.

Kueue isn't installed here: what it does to a Job, suspend and resume it with its flavour's node labels, the test does.
"""

import json

from tests.support.cluster.kubectl import Space
from tests.support.cluster.objects import idle_target
from tests.support.cluster.queues import DEADLINE_S, queued, seconds_in_phase
from tests.support.cluster.runs import active_run, pointer, run_number, start
from tests.support.local import until


def suspend(space: Space, name: str, value: bool) -> None:
    labels = {} if value else {"template": {"spec": {"nodeSelector": {"kubernetes.io/os": "linux"}}}}
    space.run("patch", "job", name, "--type=merge", "-p", json.dumps({"spec": {"suspend": value, **labels}}))


def test_a_job_is_queued_until_it_is_admitted_and_no_deadline_runs(space: Space) -> None:
    start(space, training=queued())
    name = active_run(space, "Queued")
    space.wait(f"rr/{name}", ".status.clock.phase", "Queued")
    job = space.get("job", name)
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "gpus"
    assert (job["spec"]["suspend"], space.list("pod")[1:]) == (True, [])
    until(lambda: seconds_in_phase(space, name) > DEADLINE_S, 2 * DEADLINE_S, "the clock doesn't go on")
    status = space.get("rr", name)["status"]
    assert (status["stage"], status["message"]) == ("Queued", "Queued: suspended until LocalQueue gpus admits it")
    suspend(space, name, False)
    assert run_number(space, 1)["status"]["outcome"] == "Promoted"
    assert pointer(space) != ""


def test_a_job_that_is_preempted_goes_back_to_the_queue(space: Space) -> None:
    start(space, training=queued(deadline="1h", hyperparameters={"seconds": "5"}))
    name = active_run(space, "Queued")
    suspend(space, name, False)
    space.wait(f"rr/{name}", ".status.stage", "Training")
    suspend(space, name, True)
    space.wait(f"rr/{name}", ".status.clock.phase", "Queued")
    suspend(space, name, False)
    run = run_number(space, 1)
    assert run["status"]["outcome"] == "Promoted"
    assert "failed" not in space.get("job", name)["status"]


def test_a_template_that_kubernetes_refuses_ends_the_run_with_its_words(space: Space) -> None:
    both = {"key": "zone", "operator": "Exists", "values": ["a"]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [both]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    start(space, idle_target(), training={"podTemplate": {"affinity": affinity}})
    run = run_number(space, 1)
    assert run["status"]["outcome"] == "Failed"
    assert "the API server rejects the Job" in run["status"]["message"]
    assert "values: Forbidden: may not be specified when `operator` is" in run["status"]["message"]
