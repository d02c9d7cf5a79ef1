"""Runs whose candidate answers copies of live requests: their statuses, and what there is of their shadow."""

from datetime import timedelta
from typing import Any

from refit_operator.kubernetes_api.client import SERVICE
from refit_operator.prometheus.rules.reading import QueryFailed
from refit_operator.run.rules.decision import Observed
from refit_operator.run.rules.manifests.shadow import build_deployment
from refit_operator.run.rules.views.job import JobState, JobView
from refit_operator.run.rules.views.shadow import Answers, Made, ShadowView
from refit_operator.target.rules.kinds import DEPLOYMENT
from refit_operator.target.rules.view import parse_target
from tests.support.runs import ACCEPTED, NEW, TRUE, UNKNOWN, condition
from tests.support.samples import NOW, deployment, make_run

SHADOW = {"for": "10m", "minAgreement": 0.8, "maxLatencyRatio": 1.5, "minAnswers": 50}
RUN = make_run(verification={"shadow": SHADOW})


def ago(**time: float) -> str:
    return (NOW - timedelta(**time)).isoformat()


def shadowed(status: str, **shadow: Any) -> dict[str, Any]:
    """Return the status of a run that has recorded its shadow."""
    return ACCEPTED | {"conditions": [*ACCEPTED["conditions"], condition("Shadowed", status)], "shadow": shadow}


RECORDED = shadowed(UNKNOWN, startTime=ago(minutes=1))
LATE = shadowed(UNKNOWN, startTime=ago(minutes=10))
ANSWERS = shadowed(UNKNOWN, startTime=ago(minutes=6), readyTime=ago(minutes=5))
OVER = shadowed(UNKNOWN, startTime=ago(minutes=11), readyTime=ago(minutes=10))
PASSED = shadowed(TRUE, startTime=ago(minutes=11), readyTime=ago(minutes=10))
GOOD = Answers(90, 8, 2, served_seconds=10, mirrored_seconds=12)


def serving(pointer: str = "") -> dict[str, Any]:
    """Return a target whose container names the port that copies go to."""
    found = deployment(pointer)
    found["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"name": "http", "containerPort": 8080}]
    return found


READY = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}


def pods_of_shadow(**status: Any) -> dict[str, Any]:
    """Return the shadow's Deployment as the API server has it."""
    made = build_deployment(RUN, serving(), NEW)
    made["metadata"] |= {"uid": "shadow-uid", "generation": 1}
    return made | {"status": status}


def there(
    answers: Answers | QueryFailed = GOOD, owner: str = RUN.metadata.uid, going: bool = False, **more: Any
) -> ShadowView:
    """Return a shadow whose pod is ready."""
    made = {
        DEPLOYMENT.identity: Made("shadow-uid", owner, going),
        SERVICE: Made("service-uid", RUN.metadata.uid, going),
    }
    facts: dict[str, Any] = {"deployment": parse_target(pods_of_shadow(**READY)), "made": made, "answers": answers}
    return ShadowView(**facts | more)


def watching(status: dict[str, Any], shadow: ShadowView | None = None, live: str = "", **more: Any) -> Observed:
    """Return what a reconciliation sees of such a run."""
    spec = more.pop("spec", {})
    run = make_run(status=status, **{"verification": {"shadow": SHADOW}} | spec)
    target = parse_target(serving(live))
    facts: dict[str, Any] = {"target": target, "now": NOW, "shadow": shadow or ShadowView()} | more
    return Observed(run=run, job=JobView(JobState.MISSING), **facts)
