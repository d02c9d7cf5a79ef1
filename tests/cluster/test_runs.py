"""Runs on the real node with one-second trainers: promotion, rejection, failure, rollback, and whose word counts."""

import json

import pytest

from tests.support.cluster.kubectl import Document, Refused, Space
from tests.support.cluster.objects import CLAIMS, RESTRICTED, STUB, idle_target, monitor, target
from tests.support.cluster.runs import active_run, assert_overruled, pointer, run_number, set_cooldown, start

WORSE = "accuracy 0.7 does not beat served 0.8; higher is better (by the metric's name)"


def test_a_better_candidate_is_promoted_by_one_job(space: Space) -> None:
    start(space)
    run = run_number(space, 1)
    assert run["status"]["outcome"] == "Promoted"
    assert pointer(space) == run["status"]["pointerChange"]["new"]
    assert [job["metadata"]["name"] for job in space.list("job")] == [run["metadata"]["name"]]
    events = space.run("describe", "mmon", "reviews")
    for reason in ("MetricBreached", "RetrainStarted", "TrainingFinished", "CandidateAccepted", "CheckpointPromoted"):
        assert reason in events
    space.wait("mmon/reviews", ".status.state", "CoolingDown")


def test_a_worse_candidate_is_refused(space: Space) -> None:
    start(space, idle_target(), training={"hyperparameters": {"accuracy": "0.7", "served_accuracy": "0.8"}})
    run = run_number(space, 1)
    assert (run["status"]["outcome"], pointer(space)) == ("Rejected", "")
    assert run["status"]["message"] == WORSE


def test_the_trainers_words_reach_the_run(space: Space) -> None:
    start(space, idle_target(), training={"hyperparameters": {"fail": "feedback.jsonl:17: broken JSON"}})
    run = run_number(space, 1)
    assert run["status"]["outcome"] == "Failed"
    assert "feedback.jsonl:17: broken JSON" in run["status"]["message"]
    job = space.list("job")[0]
    assert job["status"]["failed"] == 1


LEAVES = """
import os, site
for folder in (os.environ["HOME"], "/tmp", "/dev/shm", site.getusersitepackages()):
    os.makedirs(folder, exist_ok=True)
    with open(folder + "/usercustomize.py", "w") as file:
        file.write("print('training was here')")
os.execvp("refit-train", ["refit-train"])
"""
"""Trains like any other, and leaves what Python runs in whatever starts with the same HOME."""
ASKS = "cd /tmp && python3 -c 'print(1)'; find /tmp /dev/shm -name 'usercustomize*'"


def test_what_training_leaves_in_its_pod_never_reaches_the_judge(space: Space) -> None:
    slow = {"command": ["python3", "-c", LEAVES], "hyperparameters": {"judge_seconds": "60"}}
    start(space, idle_target(), training=slow)
    name = active_run(space, "Judging")
    pod = space.run("get", "pod", "-l", f"refit.dev/run={name}", "-o", "name").strip()
    space.run("wait", pod, "--for=jsonpath={.status.phase}=Running", "--timeout=30s")
    assert space.run("exec", pod, "-c", "judge", "--", "sh", "-c", ASKS) == "1\n"


def forged(job: Document, config_map: str) -> Document:
    """A pod with a run's labels that a ConfigMap owns, and that says what trainer and judge of the run would."""
    digest = "sha256:" + "f" * 64
    says = {
        "train": {"checkpoint": "file:///x", "digest": digest, "rows": 1, "seconds": 1},
        "judge": {"candidate": {"digest": digest, "metrics": {"accuracy": 0.999}}, "rows": 500},
    }
    base = {"image": STUB, "securityContext": RESTRICTED, "command": ["sh", "-c", WRITES, "-"]}
    made = [base | {"name": name, "args": [json.dumps(report)]} for name, report in says.items()]
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "forger", "uid": config_map, "controller": True}
    labels = {label: job["spec"]["template"]["metadata"]["labels"][label] for label in JUDGED_BY}
    security = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"restartPolicy": "Never", "initContainers": made[:1], "containers": made[1:], "securityContext": security}
    meta = {"name": "forged", "labels": labels, "ownerReferences": [owner]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


WRITES = 'printf %s "$1" > /dev/termination-log'
JOB_CONTROLLER = "--as=system:serviceaccount:kube-system:job-controller"
"""Whom the policy for such pods lets make them: without the policy, everybody who makes pods."""
JUDGED_BY = ("refit.dev/run", "batch.kubernetes.io/controller-uid")


def test_a_pod_with_the_runs_labels_that_its_job_does_not_control_judges_nothing(space: Space) -> None:
    start(space, idle_target(), training={"hyperparameters": {"seconds": "25", "accuracy": "0.7"}})
    name = active_run(space, "Training")
    space.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "forger"}})
    job = space.get("job", name)
    pod = forged(job, space.get("configmap", "forger")["metadata"]["uid"])
    with pytest.raises(Refused, match=r"the label refit\.dev/run is for the pods"):
        space.apply(pod)
    space.run("create", JOB_CONTROLLER, "-f", "-", stdin=json.dumps(pod))
    space.wait("pod/forged", ".status.phase", "Succeeded")
    run = run_number(space, 1)
    assert (run["status"]["outcome"], run["status"]["message"]) == ("Rejected", WORSE)
    assert run["status"]["result"]["trainingRows"] == 100


def test_a_rollout_that_fails_is_taken_back(space: Space) -> None:
    start(space, training={"checkpoints": {"uri": "pvc://models/broken"}}, serving={"rolloutDeadline": "10s"})
    run = run_number(space, 1)
    assert (run["status"]["outcome"], pointer(space)) == ("RolledBack", "")
    ready = space.get("deploy", "reviews")["status"]
    assert (ready["availableReplicas"], ready["replicas"]) == (1, 1)


def test_a_promotion_that_disappoints_is_taken_back_and_those_weights_never_return(space: Space) -> None:
    query = f'max(last_over_time(model_quality{{namespace="{space.name}"}}[4s]))'
    training = {"hyperparameters": {"weights": "the same each time"}}
    verification = {"for": "2m", "settle": "1s", "maxDrop": 0.1}
    twice = {"cooldown": "1h", "giveUpAfter": 2}
    start(
        space,
        target(promoted_quality="0.3"),
        metric={"query": query},
        training=training,
        verification=verification,
        policy=twice,
    )
    run = run_number(space, 1)
    assert (run["status"]["outcome"], pointer(space)) == ("RolledBack", "")
    assert "accuracy worse than 0.4" in run["status"]["message"]
    set_cooldown(space, "0s")
    again = run_number(space, 2)
    assert (again["status"]["outcome"], pointer(space)) == ("Rejected", "")
    assert "was rolled back before" in again["status"]["message"]
    assert "the last 2 runs" in space.wait_condition("mmon/reviews", "RetrainAllowed", "GaveUp")


@pytest.mark.parametrize("flags", [(), ("--server-side",)], ids=["client-side", "server-side"])
def test_the_manifest_applied_again_leaves_the_pointer_alone(space: Space, flags: tuple[str, ...]) -> None:
    space.apply(*CLAIMS)
    space.apply(target(), flags=flags)
    space.run("rollout", "status", "deploy/reviews", "--timeout=180s", limit_s=190)
    space.apply(monitor())
    promoted = run_number(space, 1)["status"]["pointerChange"]["new"]
    space.apply(target(), flags=flags)
    space.apply(target(spec={"replicas": 2}), flags=flags)
    assert pointer(space) == promoted
    space.wait_condition("mmon/reviews", "ServingUpToDate", "Served")


def test_a_persons_undo_stands_after_the_first_and_after_the_second_promotion(space: Space) -> None:
    start(space)
    first = run_number(space, 1)["status"]["pointerChange"]["new"]
    space.run("rollout", "undo", "deploy/reviews")
    assert pointer(space) == ""
    set_cooldown(space, "0s")
    message = assert_overruled(space, runs=1)
    assert "refit.dev/take-pointer='#1'" in message
    space.run("annotate", "mmon", "reviews", "refit.dev/take-pointer=#1")
    space.wait("mmon/reviews", ".status.attempts", "2")
    set_cooldown(space, "1h")
    second = run_number(space, 2)["status"]["pointerChange"]["new"]
    assert pointer(space) == second != first
    space.run("rollout", "undo", "deploy/reviews")
    assert pointer(space) == ""
    assert_overruled(space, runs=2)
