"""Every condition and every reason, each with its meaning. Conditions are positive: True is good.

Reconciling and Stalled are the two exceptions, as kstatus has them: they are there only while true.
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field

from refit_operator.api.base import ApiModel


class ConditionType(StrEnum):
    """The conditions of both kinds."""

    READY = "Ready"
    METRIC_AVAILABLE = "MetricAvailable"
    WITHIN_THRESHOLD = "WithinThreshold"
    RETRAIN_SUCCEEDED = "RetrainSucceeded"
    SERVING_UP_TO_DATE = "ServingUpToDate"
    RETRAIN_ALLOWED = "RetrainAllowed"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    TRAINED = "Trained"
    ACCEPTED = "Accepted"
    PROMOTED = "Promoted"
    CONFIRMED = "Confirmed"
    FINISHED = "Finished"


class Reason(StrEnum):
    """The reason of a condition; `meaning` is what the documentation says of it."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """Make a string that carries its meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    # Ready
    WATCHING = "Watching", "The spec is accepted, the target is found and wired, the query works."
    REQUEST_IGNORED = "RequestIgnored", "As Watching; but the annotation of a person's request names no time."
    INVALID_SPEC = "InvalidSpec", "The spec contradicts itself; the message names the field."
    TARGET_MISSING = "TargetMissing", "No Deployment has the name in serving.targetRef."
    TARGET_CLAIMED = "TargetClaimed", "An older monitor has the same target."
    TARGET_NOT_WIRED = "TargetNotWired", "No container of the target reads the pointer, or a claim isn't mounted there."
    QUERY_REFUSED = "QueryRefused", "A query does not parse, or Prometheus refuses it."
    SOURCE_FORBIDDEN = (
        "SourceForbidden",
        "The operator may not ask that Prometheus server, or not read a Secret for it.",
    )
    SECRET_MISSING = "SecretMissing", "A Secret or key that spec.prometheus names is missing, or of no use."
    # MetricAvailable: a reading's own name when it is no value
    VALUE = "Value", "The last reading was a value."
    NO_DATA = "NoData", "The query returned nothing."
    NOT_A_NUMBER = "NotANumber", "The query returned NaN or an infinity."
    OUT_OF_RANGE = "OutOfRange", "The value is outside metric.bounds."
    MULTIPLE_SERIES = "MultipleSeries", "The query returned more than one series."
    STALE = "Stale", "The newest sample behind the value is older than metric.maxAge."
    TOO_FEW_SAMPLES = "TooFewSamples", "Fewer samples than metric.minSamples.count stand behind the value."
    QUERY_FAILED = "QueryFailed", "Prometheus didn't answer, or answered with an error, or couldn't be asked."
    # WithinThreshold
    WITHIN = "Within", "The readings are on the good side of the threshold."
    BELOW_THRESHOLD = "BelowThreshold", "Enough of the newest readings are below the threshold."
    ABOVE_THRESHOLD = "AboveThreshold", "Enough of the newest readings are above the threshold."
    UNKNOWN = "Unknown", "There is no reading yet."
    # RetrainSucceeded, and a run's Finished
    PROMOTED = "Promoted", "The candidate was better and serves."
    TRAINING_FAILED = "TrainingFailed", "The training Job failed; the message is the trainer's own."
    CANDIDATE_REJECTED = "CandidateRejected", "The candidate did not pass its gate."
    HOLDOUT_TOO_SMALL = "HoldoutTooSmall", "The holdout has fewer rows than gate.minRows."
    ROLLED_BACK = "RolledBack", "The checkpoint was taken back after its promotion."
    DEADLINE_EXCEEDED = "DeadlineExceeded", "Training took longer than training.deadline."
    PENDING_TOO_LONG = (
        "PendingTooLong",
        "A pod of the run waited longer than training.pendingDeadline; the message says for what.",
    )
    NO_PROGRESS = "NoProgress", "Pods that had reported progress said nothing for training.stallTimeout, over and over."
    REPORT_INVALID = "ReportInvalid", "Trainer or judge ended well, but its report is missing, malformed or cut off."
    REPORT_LOST = "ReportLost", "The report was lost with its pod, and so was that of the judge's second try."
    APPROVAL_REFUSED = "ApprovalRefused", "A person refused the promotion: spec.approval of the run is Rejected."
    ABORTED = "Aborted", "A person set spec.abort on the run."
    ROLLBACK_REQUESTED = (
        "RollbackRequested",
        "A person asked for the pointer of before (refit.dev/rollback-requested-at).",
    )
    SUPERSEDED = "Superseded", "The monitor's spec or the target changed before the promotion."
    NO_RUN = "NoRun", "No run has finished yet."
    # ServingUpToDate
    SERVED = "Served", "The target runs the checkpoint in status.served."
    FIELD_CONFLICT = "FieldConflict", "Another field manager owns the pointer."
    OVERRULED = "Overruled", "A person changed the pointer; nothing is promoted over them."
    ROLLOUT_FAILED = "RolloutFailed", "The rollout failed or missed its deadline."
    ROLLBACK_BLOCKED = "RollbackBlocked", "The rollback cannot be rolled out."
    TARGET_REPLACED = "TargetReplaced", "The target was deleted and made anew during the run."
    ROLLING_OUT = "RollingOut", "A run is changing the pointer right now."
    # RetrainAllowed
    ALLOWED = "Allowed", "A breach now would start a run."
    SUSPENDED = "Suspended", "spec.suspend is set."
    MODE_OBSERVE = "ModeObserve", "spec.mode is Observe: the metric is judged and nothing is started."
    RUN_ACTIVE = "RunActive", "A run is under way."
    COOLING_DOWN = "CoolingDown", "policy.cooldown since the last run isn't over."
    BUDGET_SPENT = "BudgetSpent", "policy.maxRuns have started already."
    GAVE_UP = "GaveUp", "policy.giveUpAfter runs in a row didn't bring the metric back."
    MASS_BREACH = "MassBreach", "Most monitors of this Prometheus server fell into breach together: it is the suspect."
    GUARD_FAILED = "GuardFailed", "A guard doesn't hold; asked only when everything else allows a run."
    METRIC_UNAVAILABLE = "MetricUnavailable", "The last reading was no value."
    NOT_READY = "NotReady", "Ready is not True."
    # a run's own conditions
    QUEUED = "Queued", "The Job is suspended; whoever suspended it, such as Kueue, says when it starts."
    PENDING = "Pending", "The Job's pod hasn't started yet; nothing is known to stand in its way."
    RUNNING = "Running", "A pod trains or judges, or the next try is about to."
    UNSCHEDULABLE = "Unschedulable", "No node takes the pod; the scheduler's message says what is missing."
    IMAGE_NOT_PULLED = "ImageNotPulled", "The image of a container can't be pulled."
    CONTAINER_NOT_STARTED = (
        "ContainerNotStarted",
        "A container can't be made, for example for a Secret that is missing.",
    )
    CLAIM_MISSING = "ClaimMissing", "A claim that the run needs doesn't exist; the message names it."
    CLAIM_UNBOUND = "ClaimUnbound", "A claim that the run needs has no volume yet."
    VOLUME_NOT_MOUNTED = "VolumeNotMounted", "A volume of the pod can't be mounted; the message names its claim."
    VOLUME_NOT_SHAREABLE = "VolumeNotShareable", "A claim is in use elsewhere, and its volume can't be in two places."
    QUOTA_EXCEEDED = "QuotaExceeded", "A quota of the namespace doesn't let the Job or its pod be made."
    POD_REFUSED = "PodRefused", "The API server doesn't let the Job or its pod be made; the message says why."
    JOB_SUCCEEDED = "JobSucceeded", "Trainer and judge reported."
    GATE_PASSED = "GatePassed", "The candidate passed the gate."
    ROLLED_OUT = "RolledOut", "Every pod of the target runs the candidate."
    BREACHED = "Breached", "Readings after the promotion are worse than before it."
    HELD_UP = "HeldUp", "Readings after the promotion are no worse than before it."
    TOO_FEW_READINGS = (
        "TooFewReadings",
        "Fewer readings since the rollout were values than watch.breaches.count; the message says what they were.",
    )
    NO_VALUE_BEFORE = "NoValueBefore", "The run began without a value, so that there is none to compare with."


class Condition(ApiModel):
    """A condition as Kubernetes has them (metav1.Condition)."""

    type: str = Field(max_length=316, description="Type of the condition.")
    status: Literal["True", "False", "Unknown"] = Field(description="True is good, save for Reconciling and Stalled.")
    reason: str = Field(min_length=1, max_length=1024, description="One word for why.")
    message: str = Field(default="", max_length=32768, description="The reason in a sentence, with numbers.")
    last_transition_time: datetime = Field(description="When the status last changed.")
    observed_generation: int | None = Field(default=None, description="The generation of the spec it was made from.")


def find(conditions: tuple[Condition, ...], kind: ConditionType) -> Condition | None:
    """Return the condition of that type, None where there is none."""
    return next((condition for condition in conditions if condition.type == kind), None)


def is_true(conditions: tuple[Condition, ...], kind: ConditionType) -> bool:
    """Return whether the condition is there and True."""
    found = find(conditions, kind)
    return found is not None and found.status == "True"


def merge(old: tuple[Condition, ...], new: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return `new`, with the transition times of those whose status is as it was in `old`."""
    return tuple(_keep_transition(old, condition) for condition in new)


def _keep_transition(old: tuple[Condition, ...], condition: Condition) -> Condition:
    before = next((c for c in old if c.type == condition.type), None)
    if before is None or before.status != condition.status:
        return condition
    return condition.model_copy(update={"last_transition_time": before.last_transition_time})
