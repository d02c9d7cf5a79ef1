"""What a run's reconciliation observes, and what it decides. Pure.

What must be known before an action is recorded one reconciliation earlier, so that a crash between the two loses
nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from refit_operator.api.conditions import Condition, ConditionType, is_true, merge
from refit_operator.api.events import Event
from refit_operator.api.progress import RunProgress
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, RetrainRun, RetrainRunStatus, Stage
from refit_operator.places.rules.waiting import Place, Uncounted
from refit_operator.progress.rules.pod_env import Reporting
from refit_operator.prometheus.rules.reading import QueryFailed, Reading
from refit_operator.run.rules.certainty import Uses
from refit_operator.run.rules.refusals import Refusals
from refit_operator.run.rules.views.job import JobView
from refit_operator.run.rules.views.shadow import ShadowView
from refit_operator.target.rules.view import TargetView

AT_ONCE = timedelta(0)


@dataclass(frozen=True)
class Observed:
    """Everything that a decision about a run rests on, read at one moment."""

    run: RetrainRun
    job: JobView
    target: TargetView | None
    now: datetime
    window: tuple[Reading, ...] | QueryFailed = ()
    """The replaced model's readings since what led to the run, queried only before the pointer is written, and those
    since the promotion, queried only while it is verified.
    """
    query_range: timedelta = timedelta(0)
    rolled_back: frozenset[str] = frozenset()
    """Digests that this monitor's runs rolled back."""
    is_newest: bool = True
    """Whether no run of the monitor is newer."""
    ended_before: bool = False
    """Whether the monitor remembers how this run ended."""
    rollout_blocker: str = ""
    """Why a pod of the target doesn't start; read only during a rollout."""
    candidate_ran: bool = False
    """Whether a pod of the candidate runs or ran and isn't ready; read only during a rollout."""
    was_written: bool = False
    """Whether the target once carried this run's pointer; read only before it is written."""
    superseded_by: str = ""
    """The field of the monitor's spec that changed since the run was decided."""
    rollback_requested: bool = False
    """Whether a rollback is requested, and this run has to end for it."""
    may_force: bool = False
    """Whether the live pointer was handed over by annotation, so that it is the operator's whoever wrote it."""
    next_reading: timedelta = timedelta(minutes=1)
    """Time to the next point of the readings' grid."""
    progress: RunProgress | None = None
    """The newest report of the training pod; None where none came to this process."""
    listening_since: datetime | None = None
    """Since when a report of the training pod would have been received; None where no server listens."""
    service_owner: str | None = None
    """UID of what controls the Service of the run's name; empty where nothing does, None where there is no Service.

    Read only where the run has several machines.
    """
    reporting: Reporting | None = None
    """What the training pod needs to report its progress; None where no server listens."""
    holdout_uses: Uses = field(default_factory=dict)
    """How many gates of the monitor asked each holdout before this run, by its digest."""
    refusals: Refusals = field(default_factory=dict)
    """Refused runs that this one would only repeat, by the fingerprint of their training."""
    shadow: ShadowView = field(default_factory=ShadowView)
    """The candidate beside what serves; read only while there may be one."""
    judge_image: str = ""
    """The operator's own setting of the judge's image; empty: the trainer's."""
    place: Place | Uncounted | None = None
    """Where the run waits for a place; None where it has one, or needs none."""


@dataclass(frozen=True)
class CreateJob:
    """Create the run's Job, unless one of its name exists."""

    body: dict[str, Any]


@dataclass(frozen=True)
class CreateService:
    """Create the Service of a run on several machines, unless one of its name exists."""

    body: dict[str, Any]


@dataclass(frozen=True)
class DeleteJob:
    """Delete the run's Job."""

    name: str
    uid: str


@dataclass(frozen=True)
class SuspendJob:
    """Suspend the run's Job, which ends its pods, or resume it. Refused where the Job changed since it was read."""

    name: str
    resource_version: str
    suspend: bool


@dataclass(frozen=True)
class WritePointer:
    """Write the checkpoint pointer to the target as it was read; empty removes it."""

    pointer: str
    force: bool = False


@dataclass(frozen=True)
class CreateShadow:
    """Create the Deployment or the Service of the run's shadow, unless one of its name exists."""

    kind: tuple[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class DeleteShadow:
    """Delete exactly that object of the run's shadow."""

    kind: tuple[str, str]
    name: str
    uid: str


Action = CreateJob | CreateService | DeleteJob | SuspendJob | WritePointer | CreateShadow | DeleteShadow


@dataclass(frozen=True)
class Decision:
    """What to do now, what to record, and when to reconcile again (None: at the next event)."""

    status: RetrainRunStatus
    actions: tuple[Action, ...] = ()
    events: tuple[Event, ...] = ()
    requeue_after: timedelta | None = None


def condition(
    o: Observed, kind: ConditionType, status: Literal["True", "False", "Unknown"], reason: Reason, message: str = ""
) -> Condition:
    """Return a condition as of now."""
    return Condition(
        type=kind,
        status=status,
        reason=reason.value,
        message=message,
        last_transition_time=o.now,
        observed_generation=o.run.metadata.generation,
    )


def record(o: Observed, stage: Stage, message: str, *conditions: Condition, **facts: Any) -> RetrainRunStatus:
    """Return the run's status with these facts added. A condition replaces that of its type, as of its last turn.

    Its place in the queue is shown only by the step that waits for one.
    """
    old = o.run.status
    replaced = {c.type for c in conditions}
    kept = tuple(c for c in old.conditions if c.type not in replaced)
    merged = (*kept, *merge(old.conditions, conditions))
    updates = {"stage": stage, "message": message, "conditions": merged, "place": None, **facts}
    return old.model_copy(update=updates)


def finish(
    o: Observed, outcome: Outcome, reason: Reason, message: str, *conditions: Condition, event: Event | None = None
) -> Decision:
    """End the run."""
    good = outcome is Outcome.PROMOTED
    finished = condition(o, ConditionType.FINISHED, "True", reason, message)
    status = record(o, Stage.FINISHED, message, *conditions, finished, outcome=outcome, completion_time=o.now)
    default = Event(reason.value, message, "Normal" if good else "Warning")
    return Decision(status=status, events=(event or default,))


def stopping(o: Observed, ended: Decision) -> Decision:
    """Add to the run's end that its Job is deleted, unless it is done, whose log stays, or isn't this run's."""
    actions = (DeleteJob(o.run.job_name, o.job.uid),) if is_ours(o) and not is_trained(o) else ()
    return Decision(status=ended.status, actions=actions, events=ended.events)


def is_ours(o: Observed) -> bool:
    """Return whether there is a Job and the run controls it."""
    return bool(o.job.uid) and o.job.owner_uid == o.run.metadata.uid


def is_trained(o: Observed) -> bool:
    """Return whether both reports are recorded; a rollback needs none."""
    return o.run.is_rollback or is_true(o.run.status.conditions, ConditionType.TRAINED)


def newest_progress(o: Observed) -> RunProgress | None:
    """Return the newest report: what was recorded holds until the pod reports to this process."""
    return o.progress or o.run.status.progress
