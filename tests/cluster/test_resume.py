"""A training pod that is deleted in the middle: the Job's next pod goes on, and the run ends as any other."""

import re
from typing import Any

from tests.support.cluster.kubectl import Refused, Space
from tests.support.cluster.reviews import TRAINER
from tests.support.cluster.runs import pointer, run_number
from tests.support.cluster.trainings import begin, training_pods
from tests.support.local import until

LONG_ENOUGH_TO_BE_STOPPED = {"epochs": "100", "learning_rate": "1e-3", "batch_size": "16"}
TRAINING: dict[str, Any] = {
    "image": TRAINER,
    "hyperparameters": LONG_ENOUGH_TO_BE_STOPPED,
    "resources": {"limits": {"cpu": "1"}},
}


def training_log(space: Space) -> str:
    """Return what the newest training pod says; nothing before it speaks."""
    try:
        return space.run("logs", training_pods(space)[-1]["metadata"]["name"], "-c", "train")
    except (Refused, IndexError):
        return ""


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
