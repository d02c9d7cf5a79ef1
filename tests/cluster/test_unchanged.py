"""Unchanged data: the second run ends in seconds, without a training; a requested one trains."""

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
