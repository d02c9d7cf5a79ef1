"""Monitors and runs as the API server has them, in every situation that a tool for GitOps may meet.

A monitor's status is what the operator says of that situation; a run's is one of tests/support/runs.py, with an end.
"""

from typing import Any

import yaml

from refit_operator.api.base import API_VERSION
from refit_operator.api.crd import render_files
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.status import next_status
from tests.support.monitor_cases import HELD, STARTED
from tests.support.monitors import GOOD, finished, promoted, seen
from tests.support.runs import ACCEPTED, RECORDED, ROLLED_OUT, TRAINED, WRITTEN
from tests.support.runs import STARTED as JOB_STARTED
from tests.support.samples import NEW_DIGEST, make_monitor, make_run, monitor_document

Document = dict[str, Any]
PROMOTED = f"file:///models/checkpoints/reviews/reviews-1@{NEW_DIGEST}"
HIDING = "sum(rate(ok[10m])) / sum(rate(judged[10m])) or vector(0)"
MORE = {
    "a kind of target that isn't installed": seen(not_served="the cluster serves no Rollout"),
    "a request without a time": seen(
        GOOD, monitor=make_monitor(metadata={"annotations": {"refit.dev/retrain-requested-at": "now"}})
    ),
    "a query that hides a missing metric": seen(GOOD, monitor=make_monitor(metric={"query": HIDING})),
    "a run that failed": seen(GOOD, runs=(finished(90, "Failed"),)),
    "a promoted pointer": seen(GOOD, pointer=PROMOTED, runs=(promoted(PROMOTED),)),
}
HOLDING: dict[str, Observed] = {name: situation for name, (situation, _) in HELD.items()}
SITUATIONS: dict[str, Observed] = {**HOLDING, **STARTED, **MORE}


def monitor_of(situation: Observed) -> Document:
    """Return the monitor, with the status that the operator writes in that situation."""
    document = situation.monitor.to_json() | {"status": next_status(situation).to_json()}
    return {"apiVersion": API_VERSION, "kind": "ModelMonitor", **document}


MONITORS = {name: monitor_of(situation) for name, situation in SITUATIONS.items()}


def reason(document: Document, kind: str) -> str:
    """Return the reason of a condition, empty where there is no such condition."""
    return next((str(one["reason"]) for one in document["status"]["conditions"] if one["type"] == kind), "")


def run_of(status: Document, **spec: Any) -> Document:
    """Return a run with that status."""
    return {"apiVersion": API_VERSION, "kind": "RetrainRun", **make_run(status=status, **spec).to_json()}


AWAITS = ACCEPTED | {"stage": "AwaitingApproval", "message": "accepted: waits for spec.approval"}
UNDER_WAY = {
    "just made": run_of({}),
    "queued": run_of({"stage": "Queued", "message": "queued: place 3"}),
    "training": run_of(JOB_STARTED | {"stage": "Training", "message": "training, 41 %"}),
    "judging": run_of(TRAINED | {"stage": "Judging"}),
    "approved": run_of(AWAITS, mode="Approve", approval="Approved"),
    "rolling out": run_of(RECORDED | {"stage": "RollingOut"}),
    "written": run_of(WRITTEN | {"stage": "RollingOut"}),
    "verifying": run_of(ROLLED_OUT | {"stage": "Verifying"}),
}
AWAITING = run_of(AWAITS, mode="Approve")


def ended(outcome: str) -> Document:
    """Return a run that ended so."""
    return run_of(TRAINED | {"stage": "Finished", "outcome": outcome, "message": f"how it ended: {outcome}"})


def at_generation(document: Document, generation: int) -> Document:
    """Return the object with a spec that was changed since, or not."""
    return document | {"metadata": document["metadata"] | {"generation": generation}}


def created() -> Document:
    """Return a monitor as the API server answers when it is made: the schema's defaults, and no operator yet."""
    crd = yaml.safe_load(render_files()["refit.dev_modelmonitors.yaml"])
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
    inner = {name: field["default"] for name, field in schema["properties"].items() if "default" in field}
    return monitor_document() | {"status": inner | schema["default"]}
