"""After the decision to promote: what is kept, what is taken back, and what people ask for in each stage."""

from typing import Any

from tests.support.cluster.kubectl import Space
from tests.support.cluster.objects import slow_target, target
from tests.support.cluster.people import ask, say
from tests.support.cluster.runs import active_run, finished, pointer, run_number, set_cooldown, start

AT_ONCE = {"cooldown": "0s", "maxRuns": {"count": 9}, "giveUpAfter": 9}
SAME_WEIGHTS = {"weights": "the same each time"}


def reasons(space: Space) -> set[str]:
    return {event["reason"] for event in space.list("events.events.k8s.io")}


def test_an_improvement_that_stays_below_the_threshold_is_kept(space: Space) -> None:
    query = f'max(last_over_time(model_quality{{namespace="{space.name}"}}[4s]))'
    verification = {"for": "14s", "settle": "1s", "maxDrop": 0.1}
    start(space, target(promoted_quality="0.7"), metric={"query": query}, verification=verification)
    run = run_number(space, 1)
    assert run["status"]["message"].startswith("accuracy 0.7 after the promotion, 0.5 before it")
    assert run["status"]["baseline"]["value"] == 0.5
    assert (run["status"]["outcome"], pointer(space)) == ("Promoted", run["status"]["pointerChange"]["new"])
    space.wait_condition("mmon/reviews", "WithinThreshold", "BelowThreshold")


def test_a_person_gets_the_pointer_of_before_and_those_weights_never_return(space: Space) -> None:
    """The run under way stands in the way and ends; the one that restores trains nothing."""
    training = {"hyperparameters": {"seconds": "4", **SAME_WEIGHTS}}
    start(space, training=training, policy=AT_ONCE)
    assert run_number(space, 1)["status"]["outcome"] == "Promoted"
    active_run(space, "Training", 2)
    ask(space, "rollback-requested-at")
    assert finished(run_number(space, 2)) == ("Aborted", "RollbackRequested")
    restored = run_number(space, 3)
    assert (*finished(restored), pointer(space)) == ("Restored", "RollbackRequested", "")
    again = run_number(space, 4)
    assert (again["status"]["outcome"], pointer(space)) == ("Rejected", "")
    assert "was rolled back before" in again["status"]["message"]
    set_cooldown(space, "1h")
    assert {"RolledBack", "CandidateRejected"} <= reasons(space)
    assert restored["metadata"]["name"] not in {job["metadata"]["name"] for job in space.list("job")}


def test_a_rollback_requested_during_verification_reverts_that_promotion_and_no_more(space: Space) -> None:
    start(space, verification={"for": "10m"})
    active_run(space, "Verifying")
    ask(space, "rollback-requested-at")
    run = run_number(space, 1)
    assert (run["status"]["outcome"], pointer(space)) == ("RolledBack", "")
    assert "rollback requested (refit.dev/rollback-requested-at)" in run["status"]["message"]
    space.wait_condition("mmon/reviews", "RetrainAllowed", "CoolingDown")
    assert len(space.list("rr")) == 1


def test_a_run_aborted_in_each_stage_leaves_the_target_as_it_was(space: Space) -> None:
    """Those in which it waits for approval and in which it verifies are in test_overrides.py."""
    slow = {"hyperparameters": {"seconds": "4", "judge_seconds": "4"}}
    start(space, slow_target(), training=slow, policy=AT_ONCE)
    ends = {"Training": "Aborted", "Judging": "Aborted", "RollingOut": "RolledBack"}
    for ordinal, (stage, outcome) in enumerate(ends.items(), start=1):
        name = active_run(space, stage, ordinal)
        if stage == "RollingOut":
            set_cooldown(space, "1h")
        say(space, name, abort=True)
        run = run_number(space, ordinal)
        assert (run["status"]["outcome"], pointer(space)) == (outcome, "")
        if outcome == "Aborted":
            space.run("wait", "--for=delete", f"job/{name}", "--timeout=30s")


def test_a_rollout_is_taken_back_without_asking_any_metric(space: Space) -> None:
    """Prometheus is down all the while: a person requested these runs."""
    down: dict[str, Any] = {"serverAddress": "http://prometheus.monitoring:1"}
    broken = {"checkpoints": {"uri": "pvc://models/broken"}}
    server = target(spec={"progressDeadlineSeconds": 600})
    start(space, server, prometheus=down, training=broken, serving={"rolloutDeadline": "20s"}, policy=AT_ONCE)
    space.wait_condition("mmon/reviews", "MetricAvailable", "QueryFailed")
    ask(space, "retrain-requested-at")
    run = run_number(space, 1)
    assert (*finished(run), pointer(space)) == ("RolledBack", "RolledBack", "")
    assert "not rolled out in time" in run["status"]["message"]
    space.wait_condition("mmon/reviews", "MetricAvailable", "QueryFailed")
    assert len(space.list("rr")) == 1
