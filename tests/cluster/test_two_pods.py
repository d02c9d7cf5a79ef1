"""Two machines, as two pods of one node: they train together, one is deleted in the middle, and both go on."""

import re
from typing import Any

import pytest

from tests.support.cluster.kubectl import Document, Refused, Space
from tests.support.cluster.reviews import SHARE, TRAINER
from tests.support.cluster.runs import pointer, run_number
from tests.support.cluster.trainings import begin, training_pods
from tests.support.local import until

INDEX = "batch.kubernetes.io/job-completion-index"
LONG_ENOUGH_TO_BE_STOPPED = {"epochs": "60", "learning_rate": "1e-3", "batch_size": "20"}
LONG_ENOUGH_TO_LEARN = {"epochs": "20", "learning_rate": "5e-3", "batch_size": "20"}
TRAINING: dict[str, Any] = {
    "image": TRAINER,
    "numNodes": 2,
    "hyperparameters": LONG_ENOUGH_TO_BE_STOPPED,
    "resources": SHARE | {"limits": {"cpu": "1"}},
}


def newest(space: Space, index: int) -> Document:
    """Return the newest pod of a machine, empty before there is one."""
    pods = [pod for pod in training_pods(space) if pod["metadata"]["annotations"].get(INDEX) == str(index)]
    return pods[-1] if pods else {}


def says(space: Space, index: int) -> str:
    """Return what the newest pod of a machine says while it trains; nothing before it speaks."""
    try:
        return space.run("logs", newest(space, index)["metadata"]["name"], "-c", "train")
    except (Refused, KeyError):
        return ""


def resumed_at(space: Space, index: int) -> int:
    """Wait for a machine to go on, and return the step."""
    found: list[str] = []

    def goes_on() -> bool:
        found.extend(re.findall(r"train.resumed step=(\d+) ", says(space, index)))
        return bool(found)

    until(goes_on, 240, f"machine {index} doesn't go on")
    return int(found[0])


def message_of(pod: Document, container: str) -> str:
    status = pod["status"]
    states = {s["name"]: s["state"] for s in (*status["initContainerStatuses"], *status["containerStatuses"])}
    return str(states[container]["terminated"].get("message", ""))


@pytest.mark.parametrize("victim", [0, 1])
def test_a_machine_that_is_deleted_in_the_middle_costs_no_run(victim: int, space: Space) -> None:
    begin(space, TRAINING)
    until(lambda: "train.step step=" in says(space, victim), 240, f"no training is under way: {says(space, victim)}")
    stopped = newest(space, victim)["metadata"]["name"]
    space.run("delete", "pod", stopped)
    resumed = [resumed_at(space, index) for index in (0, 1)]
    assert resumed[0] == resumed[1] > 0
    assert newest(space, victim)["metadata"]["name"] != stopped

    run = run_number(space, 1, limit_s=360)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    assert pointer(space) == run["status"]["pointerChange"]["new"]
    [job], name = space.list("job"), run["metadata"]["name"]
    assert (job["metadata"]["name"], job["spec"]["completionMode"], job["spec"]["completions"]) == (name, "Indexed", 2)
    assert job["status"]["failed"] == 1, "the other machine's end counts as no try"
    service = space.get("service", name)
    assert service["metadata"]["ownerReferences"][0]["uid"] == run["metadata"]["uid"]
    print({"resumed": resumed, "seconds": run["status"]["result"]["trainingSeconds"]})


def test_two_machines_train_one_model_and_the_first_alone_judges(space: Space) -> None:
    begin(space, TRAINING | {"hyperparameters": LONG_ENOUGH_TO_LEARN})
    run = run_number(space, 1, limit_s=360)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    space.wait(f"job/{run['metadata']['name']}", ".status.succeeded", "2", limit_s=60)
    first, second = newest(space, 0), newest(space, 1)
    assert run["status"]["result"]["trainingRows"] == 140
    assert '"checkpoint"' in message_of(first, "train")
    assert '"candidate"' in message_of(first, "judge")
    assert message_of(second, "train") == message_of(second, "judge") == '{"machine":1}'
    assert run["status"]["progress"]["pod"] == first["metadata"]["name"]
    print({"seconds": run["status"]["result"]["trainingSeconds"]})
