"""The Job of a run: its name is the run's, and which failures count against backoffLimit. Pure."""

import math
from typing import Any

from refit_operator.api.base import QUEUE_LABEL
from refit_operator.api.run import RetrainRun
from refit_operator.progress.rules.pod_env import Reporting, reporting_annotations
from refit_operator.run.rules.certainty import NO_USES, Uses
from refit_operator.run.rules.contract import EXIT_BAD_INPUT
from refit_operator.run.rules.manifests.machines import indexing, peer_rules
from refit_operator.run.rules.manifests.metadata import labels_of, owned_metadata
from refit_operator.run.rules.manifests.pod import build_pod, only_judging
from refit_operator.run.rules.refusals import NO_REFUSALS, Refusals

Document = dict[str, Any]


def build_failure_policy(run: RetrainRun, pod: Document) -> Document:
    """Return which failures count: bad input fails the Job at once; a disruption, or the loss of another machine,
    doesn't count against backoffLimit.
    """
    bad_input = [
        {
            "action": "FailJob",
            "onExitCodes": {"containerName": container["name"], "operator": "In", "values": [EXIT_BAD_INPUT]},
        }
        for container in (*pod["initContainers"], *pod["containers"])
    ]
    disrupted = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    return {"rules": [*bad_input, *peer_rules(run), disrupted]}


def build_job(
    run: RetrainRun,
    reporting: Reporting | None = None,
    judge_image: str = "",
    uses: Uses = NO_USES,
    refusals: Refusals = NO_REFUSALS,
) -> Document:
    """Return the Job that is next for the run. Its name follows from the run, so that a second one can't be created."""
    training = run.spec.training
    is_lost = run.status.lost_report_time is not None
    pod = build_pod(run, None if is_lost else reporting, judge_image, uses, refusals)
    pod = only_judging(pod) if is_lost else pod
    metadata, queue = (
        owned_metadata(run, run.job_name),
        {QUEUE_LABEL: training.queue_name} if training.queue_name else {},
    )
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata | {"labels": metadata["labels"] | queue},
        "spec": {
            "suspend": bool(training.queue_name),
            **indexing(run),
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": build_failure_policy(run, pod),
            "activeDeadlineSeconds": backstop_seconds(run),
            "template": {"metadata": _pod_metadata(run, labels_of(run), reporting), "spec": pod},
        },
    }


def _pod_metadata(run: RetrainRun, labels: dict[str, str], reporting: Reporting | None) -> Document:
    template = run.spec.training.pod_template
    annotations = template.annotations | (reporting_annotations(reporting) if reporting else {})
    return {"labels": template.labels | labels} | ({"annotations": annotations} if annotations else {})


def backstop_seconds(run: RetrainRun) -> int:
    """Return after how many seconds the Job ends without the operator. Its clock counts waiting as well."""
    training = run.spec.training
    waits = (1 + training.backoff_limit) * training.pending_deadline
    return 2 * math.ceil((training.deadline + waits).total_seconds())
