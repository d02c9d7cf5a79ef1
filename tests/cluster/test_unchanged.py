"""Unchanged data: the second run ends in seconds, without a training; a requested one trains."""

import json

from tests.support.cluster.kubectl import Space
from tests.support.cluster.objects import idle_target
from tests.support.cluster.runs import finished, run_number, set_cooldown, start

OPTIONS = {"accuracy": "0.7", "served_accuracy": "0.8", "data": "the same each time"}


def test_what_was_refused_is_not_trained_again_unless_it_is_asked_for(space: Space) -> None:
    start(space, idle_target(), training={"hyperparameters": OPTIONS})
    first = run_number(space, 1)
    assert finished(first) == ("Rejected", "NotBetter")
    set_cooldown(space, "0s")
    space.wait("mmon/reviews", ".status.attempts", "2")
    set_cooldown(space, "1h")
    second = run_number(space, 2)
    assert finished(second) == ("Skipped", "Unchanged")
    message = second["status"]["message"]
    assert f"those of run {first['metadata']['name']}, which was refused (NotBetter: accuracy 0.7" in message
    assert "trainingRows" not in second["status"]["result"]
    condition = space.wait_condition("mmon/reviews", "RetrainSucceeded", "Unchanged")
    assert condition.startswith(second["metadata"]["name"])
    space.run("annotate", "mmon", "reviews", "refit.dev/retrain-requested-at=" + second["status"]["completionTime"])
    assert finished(run_number(space, 3)) == ("Rejected", "NotBetter")


def test_on_another_holdout_the_same_training_is_done_by_a_job_of_its_own(space: Space) -> None:
    start(space, idle_target(), training={"hyperparameters": OPTIONS})
    assert finished(run_number(space, 1)) == ("Rejected", "NotBetter")
    change = {"spec": {"training": {"dataset": {"holdout": "pvc://holdout/newer"}}, "policy": {"cooldown": "0s"}}}
    space.run("patch", "mmon", "reviews", "--type=merge", "-p", json.dumps(change))
    space.wait("mmon/reviews", ".status.attempts", "2")
    set_cooldown(space, "1h")
    second = run_number(space, 2)
    assert finished(second) == ("Rejected", "NotBetter")
    name = f"{second['metadata']['name']}-train"
    assert second["status"]["holdoutChangedTime"]
    assert (second["status"]["jobRef"], second["status"]["result"]["trainingRows"]) == (name, 100)
    assert name in {job["metadata"]["name"] for job in space.list("jobs")}
