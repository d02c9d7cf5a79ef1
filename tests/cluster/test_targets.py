"""Targets beside Deployments: a StatefulSet on the real node, with pods."""

from typing import Any

import pytest

from refit_operator.target.rules.kinds.stateful_set import FORCED_ROLLBACK
from tests.support.cluster.kubectl import Refused, Space
from tests.support.cluster.objects import BROKEN, target
from tests.support.cluster.people import say
from tests.support.cluster.runs import active_run, finished, run_number
from tests.support.cluster.targets import assert_one_waits, monitor_of, pointer_of, serve, stateful_set
from tests.support.local import until

LONG = {"for": "10m"}


def start(space: Space, **spec: Any) -> None:
    serve(space, stateful_set())
    space.apply(monitor_of("StatefulSet", **spec))


def test_a_stateful_set_is_promoted_to_and_given_back(space: Space) -> None:
    start(space, verification=LONG)
    name = active_run(space, "Verifying")
    new = space.get("rr", name)["status"]["pointerChange"]["new"]
    assert pointer_of(space, "sts") == new
    shown = "import os; print(os.environ['MODEL_URI'])"
    assert space.run("exec", "reviews-0", "--", "python3", "-c", shown).strip() == new
    say(space, name, abort=True)
    assert (*finished(run_number(space, 1)), pointer_of(space, "sts")) == ("RolledBack", "RolledBack", "")
    assert space.run("exec", "reviews-0", "--", "python3", "-c", shown).strip() == ""


def test_an_undo_of_a_stateful_set_stays(space: Space) -> None:
    start(space, verification=LONG)
    active_run(space, "Verifying")
    space.run("rollout", "undo", "sts/reviews")
    assert finished(run_number(space, 1)) == ("Superseded", "Overruled")
    space.wait_condition("mmon/reviews", "ServingUpToDate", "Overruled")
    assert pointer_of(space, "sts") == ""


def test_a_candidate_that_fails_is_taken_back_once_its_pod_is_deleted(space: Space) -> None:
    """OrderedReady, the default, waits for a pod that never becomes ready, also when its template is gone."""
    serve(space, stateful_set())
    space.apply(monitor_of("StatefulSet", training=BROKEN, serving={"rolloutDeadline": "20s"}))
    name = active_run(space, "RollingBack")
    until(
        lambda: FORCED_ROLLBACK in space.get("rr", name)["status"]["message"], 15, "the run doesn't say who is needed"
    )
    space.run("delete", "pod", "reviews-0", "--grace-period=0")
    run = run_number(space, 1)
    assert (*finished(run), pointer_of(space, "sts")) == ("RolledBack", "RolledBack", "")
    space.run("rollout", "status", "sts/reviews", "--timeout=60s", limit_s=70)


def test_a_candidate_that_fails_is_taken_back_by_itself_where_pods_dont_wait_for_each_other(space: Space) -> None:
    serve(space, stateful_set(podManagementPolicy="Parallel"))
    space.apply(monitor_of("StatefulSet", training=BROKEN, serving={"rolloutDeadline": "20s"}))
    run = run_number(space, 1)
    assert (*finished(run), pointer_of(space, "sts")) == ("RolledBack", "RolledBack", "")
    promoted = next(c for c in run["status"]["conditions"] if c["type"] == "Promoted")
    assert promoted["reason"] == "RolloutFailed"


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ({"type": "OnDelete", "rollingUpdate": None}, "is OnDelete"),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}, "has partition 1"),
    ],
    ids=["OnDelete", "partition"],
)
def test_what_never_rolls_out_by_itself_is_said_before_anything_is_trained(
    space: Space, strategy: dict[str, Any], words: str
) -> None:
    serve(space, stateful_set())
    space.apply(stateful_set(updateStrategy=strategy), monitor_of("StatefulSet"))
    assert words in space.wait_condition("mmon/reviews", "RetrainAllowed", "TargetHalted")
    assert space.list("rr") == []
    space.apply(stateful_set(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}))
    assert run_number(space, 1)["status"]["outcome"] == "Promoted"


def test_two_kinds_of_one_name_are_two_targets_and_each_wakes_its_own_monitor(space: Space) -> None:
    serve(space, stateful_set())
    idle: dict[str, Any] = {"suspend": True, "metric": {"interval": "1h"}}
    space.apply(monitor_of("StatefulSet", **idle), monitor_of("Deployment", name="other", **idle))
    space.wait_condition("mmon/reviews", "Ready", "Monitoring")
    assert "no Deployment 'reviews'" in space.wait_condition("mmon/other", "Ready", "TargetMissing")
    space.apply(target())
    space.wait_condition("mmon/other", "Ready", "Monitoring")
    space.run("delete", "sts", "reviews")
    assert "no StatefulSet 'reviews'" in space.wait_condition("mmon/reviews", "Ready", "TargetMissing")


def test_another_monitor_of_the_same_stateful_set_waits(space: Space) -> None:
    serve(space, stateful_set())
    space.apply(monitor_of("StatefulSet", suspend=True))
    space.wait_condition("mmon/reviews", "Ready", "Monitoring")
    space.apply(monitor_of("StatefulSet", name="second", suspend=True))
    assert_one_waits(space)


def test_a_kind_that_isnt_a_target_is_refused(space: Space) -> None:
    with pytest.raises(Refused, match="Unsupported value"):
        space.apply(monitor_of("DaemonSet"))
