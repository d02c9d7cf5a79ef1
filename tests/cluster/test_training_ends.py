"""How a training ends on the real kubelet: out of memory, by its own word, by a log alone, evicted, out of time."""

import json

from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import idle_target
from tests.support.cluster.runs import active_run, finished, run_number, start
from tests.support.cluster.trainings import hangs_once, script


def tries(space: Space) -> Document:
    status: Document = space.list("job")[0]["status"]
    return status


def test_a_trainer_out_of_memory_is_tried_again_and_then_said_to_be_so(space: Space) -> None:
    limits = {"limits": {"memory": "64Mi"}}
    start(space, idle_target(), training=script("b'x' * (256 << 20)", resources=limits, backoffLimit=1))
    run = run_number(space, 1)
    assert finished(run) == ("Failed", "TrainingFailed")
    assert run["status"]["message"] == "train ran out of memory at its limit of 64Mi: OOMKilled"
    assert tries(space)["failed"] == 2


def test_bad_input_isnt_tried_again(space: Space) -> None:
    text = "import sys; print('epochs: 3.5 is no whole number', file=sys.stderr); sys.exit(64)"
    start(space, idle_target(), training=script(text, backoffLimit=5))
    run = run_number(space, 1)
    assert finished(run) == ("Failed", "TrainingFailed")
    assert run["status"]["message"] == "train exited 64: epochs: 3.5 is no whole number"
    assert tries(space)["failed"] == 1


def test_a_script_that_breaks_is_known_by_the_end_of_its_log(space: Space) -> None:
    start(space, idle_target(), training=script("import a_package_that_is_not_there", backoffLimit=0))
    run = run_number(space, 1)
    assert finished(run) == ("Failed", "TrainingFailed")
    assert run["status"]["message"].startswith("train exited 1: ModuleNotFoundError: No module named 'a_package")


def evict(space: Space, pod: str) -> None:
    """Ask for a pod's eviction, as `kubectl drain` does."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": space.name}}
    path = f"/api/v1/namespaces/{space.name}/pods/{pod}/eviction"
    space.run("create", "--raw", path, "-f", "-", stdin=json.dumps(body))


def test_an_evicted_trainer_is_retried_and_not_counted_against_backoff_limit(space: Space) -> None:
    start(space, training=script(hangs_once(), backoffLimit=0))
    name = active_run(space, "Training")
    evict(space, space.run("get", "pod", "-l", f"refit.dev/run={name}", "-o", "name").strip().removeprefix("pod/"))
    run = run_number(space, 1)
    assert run["status"]["outcome"] == "Promoted"
    assert tries(space)["succeeded"] == 1


def test_a_training_past_its_deadline_is_stopped(space: Space) -> None:
    start(space, idle_target(), training=script("import time; time.sleep(600)", deadline="3s"))
    run = run_number(space, 1)
    assert finished(run) == ("Failed", "DeadlineExceeded")
    assert "longer than training.deadline, 3s" in run["status"]["message"]
    space.run("wait", "--for=delete", f"job/{run['metadata']['name']}", "--timeout=60s")
