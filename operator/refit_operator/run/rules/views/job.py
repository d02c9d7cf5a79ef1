"""A Job and its pods as one value. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any

from refit_operator.api.metadata import owner_of
from refit_operator.api.reasons import Reason
from refit_operator.api.run_clock import Phase
from refit_operator.progress.rules.pod_env import reports_to
from refit_operator.run.rules.views.documents import (
    Document,
    by_index,
    ending_of,
    has_started,
    images_of,
    is_over,
    statuses_of,
)
from refit_operator.run.rules.views.failure import failure_of
from refit_operator.run.rules.views.queue import held_back
from refit_operator.run.rules.views.reports import (
    HoldoutReport,
    JudgeReport,
    TrainReport,
    UnchangedReport,
    flaw_of,
    parse_report,
)
from refit_operator.run.rules.views.waiting import NOTHING, Surroundings, Waiting, explain

KINDS: dict[str, type[TrainReport] | type[JudgeReport]] = {"train": TrainReport, "judge": JudgeReport}


class JobState(Enum):
    """Where the Job is."""

    MISSING = auto()
    QUEUED = auto()
    """Suspended: a queue, or whoever suspended it, decides when it starts."""
    PENDING = auto()
    """Its pod isn't there yet, or has started nothing."""
    TRAINING = auto()
    JUDGING = auto()
    SUCCEEDED = auto()
    FAILED = auto()


@dataclass(frozen=True)
class JobView:
    """A run's Job at one moment."""

    state: JobState
    owner_uid: str = ""
    uid: str = ""
    created: datetime | None = None
    train_report: TrainReport | None = None
    judge_report: JudgeReport | None = None
    unchanged: UnchangedReport | None = None
    """What the trainer says where it trained nothing."""
    holdout: HoldoutReport | None = None
    """What the judge says of the holdout, with a candidate or without."""
    flaws: tuple[tuple[str, str], ...] = ()
    """Containers of the newest pod that exited 0 without a valid report, each with what is wrong with it."""
    error: str = ""
    """Why a container failed; empty where none did."""
    images: Mapping[str, str] = field(default_factory=dict)
    """The image of trainer and judge, as the node of the newest pod that ran it names it."""
    pod: str = ""
    """Name of the newest pod that isn't over, empty where there is none."""
    pod_is_ending: bool = False
    """Whether that pod is being deleted."""
    resource_version: str = ""
    reports_to: str = ""
    """The URL to which its pods report their progress: of the operator that made it. Empty where they don't."""
    lingering: str = ""
    """A container that somebody added, such as a mesh's proxy, and that hasn't ended though the judge has: it runs, or
    waits to; empty where there is none."""
    waiting: Waiting | None = None
    """Why a pod doesn't start, or isn't known to run: queued, unschedulable, image pull, its node isn't ready…"""

    @property
    def is_node_lost(self) -> bool:
        """Whether the pod's node isn't ready, so that nothing is known of the pod."""
        return self.waiting is not None and self.waiting.reason is Reason.NODE_NOT_READY

    @property
    def phase(self) -> Phase:
        """What the Job is doing, as far as deadlines go."""
        if self.state is JobState.QUEUED:
            return Phase.QUEUED
        waits = self.waiting or self.state in (JobState.MISSING, JobState.PENDING)
        return Phase.PENDING if waits else Phase.RUNNING


def view_job(
    job: Document | None, pods: list[Document], around: Surroundings = NOTHING, workloads: Sequence[Document] = ()
) -> JobView:
    """Return the view of a Job and its pods, by what surrounds the pods, and by its Workloads while a queue holds it
    back: all as the API server gave them.
    """
    if job is None:
        return JobView(JobState.MISSING)
    everywhere = oldest_first(pods)
    pods = by_index(job, everywhere)[0]  # of several machines the first is the one that reports
    newest: Document = next((pod["metadata"] for pod in reversed(pods) if not is_over(pod)), {})
    return JobView(
        state=_state(job, pods),
        owner_uid=owner_of(job),
        uid=job["metadata"]["uid"],
        created=datetime.fromisoformat(job["metadata"]["creationTimestamp"]),
        train_report=_report(pods, "train", TrainReport),
        judge_report=_report(pods, "judge", JudgeReport),
        unchanged=_report(pods, "train", UnchangedReport),
        holdout=_report(pods, "judge", HoldoutReport),
        images={name: image for pod in pods for name, image in images_of(pod).items() if name in KINDS},
        pod=newest.get("name", ""),
        pod_is_ending="deletionTimestamp" in newest,
        resource_version=job["metadata"]["resourceVersion"],
        reports_to=reports_to(job),
        flaws=_flaws(pods[-1]) if pods else (),
        error=failure_of(job, everywhere),
        lingering=_lingering(job, everywhere),
        waiting=held_back(job, workloads) or explain(job, everywhere, around),
    )


def oldest_first(pods: list[Document]) -> list[Document]:
    """Return the pods in the order in which they were made; in the same second, one that is over comes first."""
    return sorted(pods, key=lambda pod: (pod["metadata"]["creationTimestamp"], not is_over(pod)))


def _state(job: Document, pods: list[Document]) -> JobState:
    ended = ending_of(job)
    if ended:
        return JobState.SUCCEEDED if ended["type"] == "Complete" else JobState.FAILED
    if job["spec"].get("suspend"):
        return JobState.QUEUED
    newest = pods[-1] if pods else {}
    if not has_started(newest):
        return JobState.PENDING
    return JobState.JUDGING if _terminated(newest, "train", 0) else JobState.TRAINING


def _lingering(job: Document, pods: list[Document]) -> str:
    """Return what keeps a pod from its end: the kubelet ends native sidecars, and no container beside the judge."""
    if ending_of(job):
        return ""
    judged = (pod for pod in pods if not is_over(pod) and "terminated" in statuses_of(pod).get("judge", {}))
    return next((name for pod in judged for name in _beside(pod)), "")


def _beside(pod: Document) -> list[str]:
    containers = (pod.get("status") or {}).get("containerStatuses") or ()
    return [c["name"] for c in containers if c["name"] != "judge" and "terminated" not in (c.get("state") or {})]


def _terminated(pod: Document, name: str, code: int) -> Document | None:
    found: Document | None = statuses_of(pod).get(name, {}).get("terminated")
    return found if found and found.get("exitCode") == code else None


def _report(pods: list[Document], name: str, kind: Any) -> Any:
    """Return the newest pod's well-formed report of that container."""
    ended = (_terminated(pod, name, 0) for pod in reversed(pods))
    reports = (parse_report(kind, found.get("message") or "") for found in ended if found)
    return next((report for report in reports if report), None)


def _flaws(pod: Document) -> tuple[tuple[str, str], ...]:
    ended = ((name, kind, _terminated(pod, name, 0)) for name, kind in KINDS.items())
    flaws = ((name, flaw_of(kind, found.get("message") or "")) for name, kind, found in ended if found)
    return tuple((name, flaw) for name, flaw in flaws if flaw)
