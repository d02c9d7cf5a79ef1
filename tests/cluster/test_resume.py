"""A training pod that is deleted in the middle: the Job's next pod goes on, and the run ends as any other."""

import re
from typing import Any

from tests.cluster.hosted import until
from tests.cluster.kubectl import Document, Refused, Space
from tests.cluster.objects import CLAIMS, monitor, target
from tests.cluster.reviews import TRAINER, run_script
from tests.cluster.test_runs import pointer, run_number

LONG_ENOUGH_TO_BE_STOPPED = {"epochs": "100", "learning_rate": "1e-3", "batch_size": "16"}
TRAINING: dict[str, Any] = {
    "image": TRAINER,
    "hyperparameters": LONG_ENOUGH_TO_BE_STOPPED,
    "resources": {"limits": {"cpu": "1"}},
}


def training_pods(space: Space) -> list[Document]:
    """Return the run's pods, the newest last."""
    pods = [pod for pod in space.list("pod") if "refit.dev/run" in pod["metadata"].get("labels", {})]
    return sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))


def training_log(space: Space) -> str:
    """Return what the newest training pod says; nothing before it speaks."""
    try:
        return space.run("logs", training_pods(space)[-1]["metadata"]["name"], "-c", "train")
    except (Refused, IndexError):
        return ""


def begin(space: Space, training: dict[str, Any]) -> None:
    """Serve an untrained model, and apply a monitor that has it trained so."""
    space.apply(*CLAIMS)
    run_script(space, "untrained", "untrained_model.py", claims=("models", "feedback", "holdout"))
    space.apply(target())
    space.run("rollout", "status", "deploy/reviews", "--timeout=90s")
    gate = {"minRows": 20, "margin": 0.1}
    space.apply(monitor(training=training, gate=gate, serving={"initialModel": "pvc://models/reviews-v1"}))


def test_a_deleted_training_pod_is_gone_on_from(space: Space) -> None:
    begin(space, TRAINING)
    until(lambda: "train.step step=" in training_log(space), 120, "no training is under way")
    stopped = training_pods(space)[-1]["metadata"]["name"]
    space.run("delete", "pod", stopped)
    until(lambda: "train.resumed step=" in training_log(space), 120, f"no retry goes on: {training_log(space)}")
    said = training_log(space)
    assert training_pods(space)[-1]["metadata"]["name"] != stopped
    assert [int(step) for step in re.findall(r"train.resumed step=(\d+) ", said)] > [0], said

    run = run_number(space, 1, limit_s=240)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    assert pointer(space) == run["status"]["pointerChange"]["new"]
    assert space.list("job")[0]["status"]["failed"] == 1
    print(re.findall(r"train.resumed.*", said))
