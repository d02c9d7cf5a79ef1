"""A target that a candidate couldn't be rolled out to costs no training: a stuck rollout, a quota without room."""

from typing import Any

import pytest

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.reasons import Reason
from refit_operator.monitor.observe import with_room
from refit_operator.monitor.rules.decide import decide
from refit_operator.monitor.rules.decision import Hold, Observed, StartRun
from refit_operator.monitor.rules.status import next_status
from refit_operator.ports import Ports
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.target.rules.view import parse_target
from tests.support.monitors import GOOD, SERVING_UP, halted, requested, seen
from tests.support.samples import deployment, make_monitor, merge
from tests.support.targets import inference_service, predictor_deployment, view

STUCK = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "RS x timed out"}
UNDER_WAY: dict[str, Any] = {"replicas": 3, "updatedReplicas": 1, "conditions": [STUCK]}
WORDS = "a rollout of Deployment 'reviews' is over its progressDeadlineSeconds: RS x timed out"
LACK = "ResourceQuota 'few' has 3 of 3 pods in use, and one more pod needs 1"
NO_ROOM = f"Deployment 'reviews' replaces no pod before one more is there: {LACK}"


def stuck(**status: Any) -> Any:
    return halted(status=UNDER_WAY | status)


@pytest.mark.parametrize("status", [{}, {"replicas": 1}, {"updatedReplicas": 2}])
def test_a_rollout_over_its_deadline_holds_and_says_so(status: dict[str, Any]) -> None:
    observed = seen(target=stuck(**status))
    assert decide(observed) == Hold(Reason.ROLLOUT_STUCK, WORDS)
    shown = next_status(observed)
    allowed = find(shown.conditions, ConditionType.RETRAIN_ALLOWED)
    assert allowed and (allowed.status, allowed.reason, allowed.message) == ("False", "RolloutStuck", WORDS)
    assert shown.state == "Halted"


@pytest.mark.parametrize(
    "target",
    [
        deployment(conditions=[STUCK]),
        deployment(conditions=[STUCK], availableReplicas=0),
        deployment(**(UNDER_WAY | {"observedGeneration": 2})),
        deployment(replicas=3, updatedReplicas=1),
        merge(deployment(**UNDER_WAY), {"spec": {"paused": True}}),
    ],
    ids=[
        "its pods are there by now",
        "all pods fail with what they serve",
        "the change isn't seen yet",
        "it is under way",
        "it is halted",
    ],
)
def test_no_rollout_is_stuck_where(target: dict[str, Any]) -> None:
    assert parse_target(target).stuck == ""


def test_a_requested_run_may_bring_what_the_pods_lack() -> None:
    assert isinstance(decide(seen(GOOD, target=stuck(), monitor=requested())), StartRun)


@pytest.mark.parametrize("monitor", [make_monitor(), requested()])
def test_a_quota_without_room_holds_requested_runs_as_well(monitor: Any) -> None:
    assert decide(seen(monitor=monitor, lack_of_room=LACK)) == Hold(Reason.NO_ROOM, NO_ROOM)
    assert next_status(seen(monitor=monitor, lack_of_room=LACK)).state == "Halted"


class _Quotas:
    """Stands in for the API server, of which only the quotas are asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def list_quotas(self, namespace: str) -> list[Any]:
        self.asked += 1
        return [{"metadata": {"name": "few"}, "status": {"hard": {"pods": "3"}, "used": {"pods": "3"}}}]


TAKES_ONE_AWAY = halted(strategy={"rollingUpdate": {"maxUnavailable": 1}})
ASKED: dict[str, tuple[Observed, int, str]] = {
    "a breach": (seen(), 1, LACK),
    "a breach that guards wait for": (seen(monitor=make_monitor(guards=[SERVING_UP])), 1, LACK),
    "a request": (seen(GOOD, monitor=requested()), 1, LACK),
    "no breach": (seen(GOOD), 0, ""),
    "no target": (seen(target=None), 0, ""),
    "a target that may miss a pod": (seen(target=TAKES_ONE_AWAY), 0, ""),
}


@pytest.mark.parametrize("name", ASKED)
async def test_quotas_are_read_only_when_all_else_allows_a_run(name: str) -> None:
    observed, asked, want = ASKED[name]
    quotas = _Quotas()
    ports = Ports(quotas, None, MassBreachDetector())  # type: ignore[arg-type]
    assert ((await with_room(observed, ports)).lack_of_room, quotas.asked) == (want, asked)


def test_a_kind_that_the_cluster_doesnt_serve_isnt_ready_and_says_so() -> None:
    unknown = "kind StatefulSet of apps/v1 isn't served here"
    observed = seen(target=None, not_served=unknown)
    assert decide(observed) == Hold(Reason.TARGET_NOT_SERVED, unknown)
    for kind in (ConditionType.READY, ConditionType.SERVING_UP_TO_DATE):
        shown = find(next_status(observed).conditions, kind)
        assert shown and (shown.status, shown.reason, shown.message) == ("False", "TargetNotServed", unknown)


def test_a_storage_uri_that_a_manifest_owns_holds_until_it_is_handed_over() -> None:
    found = inference_service()
    owner: dict[str, Any] = {"f:spec": {"f:predictor": {"f:model": {"f:storageUri": {}}}}}
    found["metadata"]["managedFields"] = [{"manager": "argocd", "fieldsV1": owner}]
    facts: dict[str, Any] = {"target": view(found, "InferenceService", predictor_deployment())}
    held = decide(seen(**facts))
    assert isinstance(held, Hold)
    assert held.reason == Reason.FIELD_CONFLICT
    assert held.message == (
        'spec.predictor.model.storageUri is owned by field manager "argocd", which would refuse a promotion; to go on '
        "from there, annotate the monitor with refit.dev/take-pointer='s3://models/v1#0'"
    )
    assert isinstance(decide(seen(**facts, taken_pointer="s3://models/v1#0")), StartRun)
