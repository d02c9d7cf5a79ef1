"""RetrainRun: one attempt. An immutable copy of what was decided, and the record of what happened."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from refit_operator.api.base import ApiModel
from refit_operator.api.baseline import Baseline
from refit_operator.api.conditions import Condition
from refit_operator.api.immutability import make_immutable
from refit_operator.api.metadata import ObjectMeta
from refit_operator.api.metric import MetricSpec
from refit_operator.api.policy import Mode
from refit_operator.api.progress import RunProgress
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.api.results import RunResult
from refit_operator.api.run_clock import RunClock
from refit_operator.api.serving import ServingSpec, VerificationSpec
from refit_operator.api.shadow import ShadowRecord
from refit_operator.api.training import GateSpec, TrainingSpec
from refit_operator.api.uris import Pointer, parse_pointer


class TriggerReason(StrEnum):
    """Why a run was started."""

    METRIC_BREACHED = "MetricBreached"
    MANUAL = "Manual"
    ROLLBACK_REQUESTED = "RollbackRequested"


class Outcome(StrEnum):
    """How a run ended."""

    PROMOTED = "Promoted"
    REJECTED = "Rejected"
    ROLLED_BACK = "RolledBack"
    FAILED = "Failed"
    ABORTED = "Aborted"
    RESTORED = "Restored"
    SUPERSEDED = "Superseded"
    SKIPPED = "Skipped"

    @property
    def is_evidence(self) -> bool:
        """Whether it says anything about whether retraining helps: the breaker counts no other."""
        return self not in (Outcome.SUPERSEDED, Outcome.ABORTED, Outcome.RESTORED, Outcome.SKIPPED)


class Stage(StrEnum):
    """Where a run is, for display; derived again at every reconciliation."""

    QUEUED = "Queued"
    TRAINING = "Training"
    JUDGING = "Judging"
    SHADOWING = "Shadowing"
    AWAITING_APPROVAL = "AwaitingApproval"
    ROLLING_OUT = "RollingOut"
    VERIFYING = "Verifying"
    ROLLING_BACK = "RollingBack"
    FINISHED = "Finished"


class Approval(StrEnum):
    """The values of spec.approval."""

    APPROVED = "Approved"
    REJECTED = "Rejected"


class MonitorRef(ApiModel):
    """The monitor that a run belongs to."""

    name: str = Field(max_length=40, description="Name of the ModelMonitor.")
    uid: str = Field(max_length=64, description="UID of the ModelMonitor.")
    generation: int | None = Field(default=None, description="Generation of its spec that the run was decided by.")


class Trigger(ApiModel):
    """What started the run."""

    reason: TriggerReason = Field(description="Why the run was started.")
    value: float | None = Field(default=None, description="The newest reading; absent where it was no value.")
    threshold: float = Field(description="The threshold at that time.")
    time: datetime = Field(description="The time of that reading, or of the request.")
    baseline: Baseline | None = Field(
        default=None,
        description="The readings that led to it: of a ratio since its evidence began to rise, else the newest ones. "
        "Absent where none had a value.",
    )


class RetrainRunSpec(ApiModel):
    """The attempt as it was decided; afterwards only `approval…` and `abort` may be set."""

    model_config = ConfigDict(json_schema_extra=make_immutable)

    monitor_ref: MonitorRef = Field(description="The monitor that the run belongs to.")
    ordinal: int = Field(ge=1, description="Counts the attempts of the monitor, from 1.")
    trigger: Trigger = Field(description="What started the run.")
    starting_checkpoint: str = Field(
        default="", max_length=1024, description="The model that training starts from, uri@digest."
    )
    served_checkpoint: str = Field(
        default="",
        max_length=1024,
        description="The model in service that the candidate is judged against, uri@digest.",
    )
    protected_checkpoints: Annotated[list[Annotated[str, Field(max_length=1024)]], Field(max_length=8)] = Field(
        default=[], description="Models that must not be pruned: in service, and what served before; pvc://claim/path."
    )
    live_pointer: str = Field(
        default="", max_length=1024, description="The target's pointer when the run was decided; empty: none."
    )
    prometheus: PrometheusSpec = Field(description="Copy of the monitor's.")
    metric: MetricSpec = Field(description="Copy of the monitor's.")
    training: TrainingSpec = Field(description="Copy of the monitor's.")
    gate: GateSpec = Field(description="Copy of the monitor's.")
    serving: ServingSpec = Field(description="Copy of the monitor's.")
    verification: VerificationSpec = Field(description="Copy of the monitor's.")
    mode: Mode = Field(default=Mode.AUTO, description="Copy of the monitor's.")
    restore_pointer: str | None = Field(
        default=None,
        max_length=1024,
        description="The pointer that a requested rollback restores, empty: none. Nothing is trained then.",
    )
    approval: Approval | None = Field(
        default=None,
        description="Whether the candidate may be promoted; awaited where mode is Approve. Cannot be changed once set.",
    )
    approval_by: str | None = Field(
        default=None,
        max_length=1024,
        description="Who approved or rejected it: the user name by which the API server knows them. The policy "
        "refit-run-guard refuses an approval without it, and any other name.",
    )
    approval_reason: str | None = Field(
        default=None, max_length=1024, description="Why, in their words; set together with approval."
    )
    abort: bool = Field(
        default=False, description="Ends the run before the promotion, and rolls back after it. Cannot be unset."
    )


class PointerChange(ApiModel):
    """What the run writes to the target, recorded before the target is changed."""

    target_uid: str = Field(description="UID of the target.")
    old: str = Field(default="", description="The pointer that a rollback restores; empty: none.")
    new: str = Field(description="The candidate's pointer in the target's own terms.")
    time: datetime = Field(description="When it was recorded; serving.rolloutDeadline counts from here.")
    rollback_time: datetime | None = Field(default=None, description="When it was decided to roll back.")


class RetrainRunStatus(ApiModel):
    """The record of what happened."""

    conditions: tuple[Condition, ...] = Field(
        default=(),
        description="Trained, Accepted, Shadowed, Promoted, Confirmed, and at the end Finished.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )
    stage: Stage | None = Field(default=None, description="Where the run is, for display.")
    outcome: Outcome | None = Field(default=None, description="How the run ended.")
    progress: RunProgress | None = Field(default=None, description="How far training is, where the trainer reports it.")
    result: RunResult = Field(default_factory=RunResult, description="What trainer and judge reported.")
    shadow: ShadowRecord | None = Field(default=None, description="The candidate beside what serves.")
    pointer_change: PointerChange | None = Field(default=None, description="What the run writes to the target.")
    baseline: Baseline | None = Field(
        default=None,
        description="What the verification compares with: the replaced model's readings between the trigger and the "
        "promotion, where these are too few together with those that led to it.",
    )
    place: int | None = Field(
        default=None, description="Its place in the queue, roughly, while as many runs are under way as may be."
    )
    job_ref: str | None = Field(default=None, description="Name of the newest Job.")
    clock: RunClock | None = Field(default=None, description="Time of the Job in its phase, and running before it.")
    start_time: datetime | None = Field(default=None, description="When the Job was created.")
    stalls: int = Field(default=0, description="Pods that were ended because they reported nothing any more.")
    stalled_pod: str | None = Field(default=None, description="The pod that is being ended for that.")
    lost_report_time: datetime | None = Field(
        default=None, description="When the Job had succeeded and its report was lost; the judge's own Job follows."
    )
    holdout_changed_time: datetime | None = Field(
        default=None,
        description="When only the holdout was found to differ from that of result.unchanged; a Job that trains "
        "follows.",
    )
    trained_time: datetime | None = Field(default=None, description="When trainer and judge had reported.")
    rolled_out_time: datetime | None = Field(default=None, description="When every pod ran the candidate.")
    completion_time: datetime | None = Field(default=None, description="When the run ended.")
    recovered_time: datetime | None = Field(
        default=None, description="The first reading after it that reached the monitor's metric.recoverAt."
    )
    notified: Annotated[tuple[Annotated[str, Field(max_length=63)], ...], Field(max_length=32)] = Field(
        default=(),
        description="Names of the receivers of REFIT_NOTIFICATIONS that were notified of its end, or refused that for "
        "good.",
    )
    notified_time: datetime | None = Field(
        default=None, description="When it was recorded that all receivers were notified of its end."
    )
    audit_time: datetime | None = Field(
        default=None, description="When it was recorded that its audit document is in REFIT_AUDIT_FOLDER."
    )
    message: str | None = Field(default=None, max_length=32768, description="The newest fact in a sentence.")


class RetrainRun(ApiModel):
    """One attempt of a ModelMonitor at a better model; created by the operator only."""

    metadata: ObjectMeta
    spec: RetrainRunSpec = Field(description="The attempt as it was decided.")
    status: RetrainRunStatus = Field(default_factory=RetrainRunStatus, description="What happened.")

    @property
    def is_rollback(self) -> bool:
        """True for a requested rollback, where nothing is trained."""
        return self.spec.restore_pointer is not None

    @property
    def served(self) -> Pointer | None:
        """The model that it was judged against, with the digest that its judge found where the spec names none."""
        pointer, judged = parse_pointer(self.spec.served_checkpoint), self.status.result.served
        return pointer and Pointer(pointer.uri, pointer.digest or (judged.digest if judged else ""))

    @property
    def job_name(self) -> str:
        """The name of its newest Job: the first; the one that trains where the first found only the holdout changed;
        the judge's own where a report was lost.
        """
        name, status = self.metadata.name, self.status
        if status.lost_report_time:
            return f"{name}-judge"
        return f"{name}-train" if status.holdout_changed_time else name

    @property
    def is_finished(self) -> bool:
        """True once the run has its outcome."""
        return self.status.outcome is not None
