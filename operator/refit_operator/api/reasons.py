"""Every reason of a condition, with its meaning."""

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """The reason of a condition; `meaning` is its text in docs/reference/conditions.md.

    Where a check objects, its function has the reason's name in snake case.
    """

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """Make a string that carries its meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    # Ready
    MONITORING = "Monitoring", "The spec is accepted, the target is found and wired, the query works."
    REQUEST_IGNORED = (
        "RequestIgnored",
        "As Monitoring; but the annotation of a request for a run or a rollback holds no valid time.",
    )
    ABSENCE_HIDDEN = (
        "AbsenceHidden",
        "As Monitoring; but metric.query has a value where its series are missing, so that a lost metric reads as a "
        "bad or a good model; the message says which part of it.",
    )
    INVALID_SPEC = "InvalidSpec", "The spec contradicts itself; the message names the field."
    TARGET_NOT_SERVED = "TargetNotServed", "The cluster doesn't serve the kind in serving.targetRef."
    TARGET_MISSING = "TargetMissing", "No workload has the kind and name in serving.targetRef."
    TARGET_CLAIMED = "TargetClaimed", "An older monitor has the same target."
    TARGET_NOT_WIRED = (
        "TargetNotWired",
        "No container of the target reads the pointer, or those that do don't all see the claim at one path.",
    )
    QUERY_REFUSED = (
        "QueryRefused",
        "A query does not parse, reads series of other namespaces against the administrator's setting, or Prometheus "
        "refuses it.",
    )
    SOURCE_FORBIDDEN = (
        "SourceForbidden",
        "The operator may not query that Prometheus server, send it such a header, or read a Secret for it.",
    )
    SECRET_MISSING = "SecretMissing", "A Secret or key that spec.prometheus names is missing or unusable."
    # MetricAvailable: a reading's own name when it is no value
    VALUE = "Value", "The last reading was a value."
    NO_DATA = "NoData", "The query returned nothing."
    NOT_A_NUMBER = "NotANumber", "The query returned NaN or an infinity."
    OUT_OF_RANGE = "OutOfRange", "The value is outside metric.bounds."
    MULTIPLE_SERIES = "MultipleSeries", "The query returned more than one series."
    STALE = "Stale", "The newest sample behind the value is older than metric.maxAge."
    TOO_FEW_SAMPLES = (
        "TooFewSamples",
        "Fewer samples than metric.minSamples.count stand behind the value, or none of metric.ratio or metric.samples.",
    )
    QUERY_FAILED = "QueryFailed", "Prometheus didn't answer, answered with an error, or couldn't be queried."
    # WithinThreshold
    WITHIN = "Within", "The readings are on the good side of the threshold."
    BELOW_THRESHOLD = "BelowThreshold", "Enough of the newest readings are below the threshold."
    ABOVE_THRESHOLD = "AboveThreshold", "Enough of the newest readings are above the threshold."
    UNKNOWN = "Unknown", "There is no reading yet, or none that counts."
    # DriftSuspected
    INPUTS_FAMILIAR = "InputsFamiliar", "The inputs are like those that the model was judged on."
    INPUTS_FOREIGN = (
        "InputsForeign",
        "Enough of the newest readings of drift.query are above 1. Whether the model answers such inputs well only "
        "labels say; no run starts by this.",
    )
    # RetrainSucceeded, and a run's Finished
    PROMOTED = "Promoted", "The candidate was better and serves."
    TRAINING_FAILED = (
        "TrainingFailed",
        "The training Job failed; the message is that of the container, the kubelet or the Job controller.",
    )
    JOB_DELETED = "JobDeleted", "The run's Job was deleted before it had finished."
    JOB_CONFLICT = "JobConflict", "A Job of the run's name exists and isn't controlled by the run."
    JOB_INVALID = (
        "JobInvalid",
        "The API server rejects the run's Job or Service as invalid; see training.podTemplate.",
    )
    SERVICE_CONFLICT = "ServiceConflict", "A Service of the run's name exists and isn't controlled by the run."
    RECORD_LOST = (
        "RecordLost",
        "How the run ended isn't recorded any more: a newer run exists, or the monitor says it had ended.",
    )
    UNCHANGED = (
        "Unchanged",
        "Start, rows, hyperparameters and holdout are those of an earlier run that was refused: nothing was trained.",
    )
    # a gate's refusals: Accepted and Finished
    METRIC_NOT_REPORTED = (
        "MetricNotReported",
        "The judge didn't report gate.metric, of the candidate or of the served model.",
    )
    DIRECTION_UNCLEAR = (
        "DirectionUnclear",
        "Whether a higher or a lower gate.metric is better isn't known, or gate.direction and the judge contradict.",
    )
    DIGEST_MISMATCH = "DigestMismatch", "The judged checkpoint isn't the trained one."
    ROLLED_BACK_BEFORE = "RolledBackBefore", "These weights were rolled back before."
    HOLDOUT_TOO_SMALL = "HoldoutTooSmall", "The holdout has fewer distinct inputs than gate.minRows."
    NO_BASELINE = "NoBaseline", "Neither a served model nor gate.bound says what is good enough."
    BOUND_NOT_MET = "BoundNotMet", "The candidate doesn't reach gate.bound."
    NOT_BETTER = "NotBetter", "The candidate isn't better than the served model by gate.margin."
    UNCLEAR = (
        "Unclear",
        "That the candidate is better isn't certain enough on this holdout; the message has the numbers.",
    )
    SLICE_REGRESSED = "SliceRegressed", "A slice of the holdout loses more than gate.maxSliceDrop."
    KNOWN_LABELS_REGRESSED = (
        "KnownLabelsRegressed",
        "With training.dataset.newLabels Extend: the candidate loses on the labels that the served model knows.",
    )
    ROLLED_BACK = "RolledBack", "The pointer was restored to what it was before the promotion."
    DEADLINE_EXCEEDED = "DeadlineExceeded", "Training took longer than training.deadline."
    PENDING_TOO_LONG = (
        "PendingTooLong",
        "A pod of the run didn't start within training.pendingDeadline, or its node wasn't ready for as long; the "
        "message says why.",
    )
    NO_PROGRESS = (
        "NoProgress",
        "Pods that had reported progress reported none for training.stallTimeout, more often than "
        "training.backoffLimit.",
    )
    REPORT_INVALID = "ReportInvalid", "Trainer or judge exited 0, but its report is missing, malformed or truncated."
    REPORT_LOST = "ReportLost", "The report was lost with its pod, and so was that of the judge's second attempt."
    APPROVAL_REFUSED = "ApprovalRefused", "spec.approval of the run is Rejected."
    ABORTED = "Aborted", "spec.abort of the run is true."
    ROLLBACK_REQUESTED = (
        "RollbackRequested",
        "The annotation refit.dev/rollback-requested-at asks for the previous pointer.",
    )
    NOTHING_TO_ROLL_BACK = "NothingToRollBack", "A rollback is requested, but no run promoted what serves."
    SUPERSEDED = "Superseded", "The monitor's spec or the target changed before the promotion."
    NO_RUN = "NoRun", "No run has finished yet."
    # ServingUpToDate
    SERVED = "Served", "The target runs the checkpoint in status.served."
    FIELD_CONFLICT = "FieldConflict", "Another field manager owns the pointer."
    OVERRULED = (
        "Overruled",
        "The pointer isn't the one that the operator wrote last; nothing is promoted over the change.",
    )
    ROLLOUT_FAILED = (
        "RolloutFailed",
        "The rollout failed or missed its deadline, and a pod of the candidate ran without being ready.",
    )
    ROLLOUT_BLOCKED = (
        "RolloutBlocked",
        "The target was halted, or no pod of the candidate was seen to run without being ready. The weights aren't "
        "blamed, and may be promoted by a later run.",
    )
    ROLLBACK_BLOCKED = "RollbackBlocked", "The rollback cannot be rolled out."
    TARGET_REPLACED = "TargetReplaced", "The target was deleted and created again since the pointer was recorded."
    ROLLING_OUT = "RollingOut", "A run is changing the pointer right now."
    # RetrainAllowed
    ALLOWED = "Allowed", "A breach now would start a run."
    SUSPENDED = "Suspended", "spec.suspend is set."
    MODE_OBSERVE = "ModeObserve", "spec.mode is Observe: the metric is judged and nothing is started."
    RUN_ACTIVE = "RunActive", "A run is under way."
    TARGET_HALTED = (
        "TargetHalted",
        "The target is paused, at zero replicas or being deleted, or its pods can't be created: it could roll nothing "
        "out.",
    )
    ROLLOUT_STUCK = (
        "RolloutStuck",
        "A rollout of the target is over its progressDeadlineSeconds, with pods that aren't of the newest template: "
        "what keeps its pods from being available may keep a candidate's as well. A requested run starts.",
    )
    NO_ROOM = (
        "NoRoom",
        "A rollout starts with one more pod of the target, and a ResourceQuota allows none; quotas are read only when "
        "everything else but guards allows a run.",
    )
    POD_SILENT = (
        "PodSilent",
        "serving.update is InPlace, and a pod of the target doesn't say which model it answers with; pods are asked "
        "only when everything else but guards allows a run.",
    )
    COOLING_DOWN = "CoolingDown", "policy.cooldown since the last run isn't over."
    BUDGET_SPENT = "BudgetSpent", "policy.maxRuns have started already."
    GAVE_UP = "GaveUp", "policy.giveUpAfter runs in a row didn't restore the metric to recoverAt."
    MASS_BREACH = (
        "MassBreach",
        "Most of this namespace's monitors of the Prometheus server fell into breach together, or most namespaces did, "
        "so that the server is suspected.",
    )
    GUARD_FAILED = "GuardFailed", "A guard doesn't hold; guards are queried only when everything else allows a run."
    GUARDS_NOT_QUERIED = (
        "GuardsNotQueried",
        "The guards weren't queried in this reconciliation; nothing starts without them.",
    )
    METRIC_UNAVAILABLE = "MetricUnavailable", "The last reading was not a value."
    NOT_READY = "NotReady", "Ready is not True."
    # a run's own conditions
    NO_PLACE = (
        "NoPlace",
        "As many runs are under way as REFIT_MAX_CONCURRENT_RUNS or REFIT_MAX_CONCURRENT_RUNS_PER_NAMESPACE allows; "
        "the message has the run's place in the queue. It has no Job yet, and no deadline runs.",
    )
    QUEUED = "Queued", "The Job is suspended; whoever suspended it, such as Kueue, says when it starts."
    PENDING = "Pending", "The Job's pod hasn't started yet; nothing is known to stand in its way."
    RUNNING = "Running", "A pod trains or judges, or the next attempt is about to."
    UNSCHEDULABLE = "Unschedulable", "The scheduler finds no node for the pod; its message says what is missing."
    IMAGE_NOT_PULLED = "ImageNotPulled", "The image of a container can't be pulled."
    CONTAINER_NOT_STARTED = (
        "ContainerNotStarted",
        "A container can't be created, for example because a Secret is missing.",
    )
    CLAIM_MISSING = "ClaimMissing", "A claim that the run needs doesn't exist; the message names it."
    CLAIM_UNBOUND = "ClaimUnbound", "A claim that the run needs has no volume yet."
    VOLUME_NOT_MOUNTED = "VolumeNotMounted", "A volume of the pod can't be mounted; the message names its claim."
    VOLUME_NOT_SHAREABLE = (
        "VolumeNotShareable",
        "A claim is in use on another node or by another pod, and its access mode doesn't allow both.",
    )
    VOLUME_NODE_CONFLICT = (
        "VolumeNodeConflict",
        "The volumes of two claims are on different nodes or in different zones, so that no node can mount both; the "
        "message names them.",
    )
    NODE_NOT_READY = (
        "NodeNotReady",
        "The node of the run's pod isn't ready, so that nothing is known of the pod; the message names both.",
    )
    QUOTA_EXCEEDED = "QuotaExceeded", "A ResourceQuota of the namespace doesn't allow the Job or its pod."
    POD_REFUSED = (
        "PodRefused",
        "An admission rule of the API server doesn't allow the Job or its pod; the message says which.",
    )
    JOB_SUCCEEDED = "JobSucceeded", "Trainer and judge reported."
    GATE_PASSED = "GatePassed", "The candidate passed the gate."
    SHADOW_STARTING = "ShadowStarting", "A pod of its own is on its way, in which the candidate answers copies."
    SHADOW_ANSWERING = "ShadowAnswering", "The candidate answers copies of live requests; the message has the numbers."
    SHADOW_PASSED = "ShadowPassed", "The candidate answered copies of live requests as verification.shadow asks."
    SHADOW_NOT_STARTED = (
        "ShadowNotStarted",
        "The candidate's own pod wasn't ready within serving.rolloutDeadline, or it couldn't be made; the message says "
        "why.",
    )
    SHADOW_CRASHED = "ShadowCrashed", "A container of the candidate ended while it answered copies of live requests."
    SHADOW_NOT_MEASURED = (
        "ShadowNotMeasured",
        "Fewer answers than verification.shadow.minAnswers were compared, no time of them was counted, or the mirror's "
        "counters couldn't be read.",
    )
    SHADOW_DISAGREES = (
        "ShadowDisagrees",
        "Fewer of the candidate's answers than verification.shadow.minAgreement were the served model's, or all "
        "failed.",
    )
    SHADOW_LESS_ACCURATE = (
        "ShadowLessAccurate",
        "By the labels that came for copied requests the candidate is right less often, with 99 % certainty.",
    )
    SHADOW_SLOWER = (
        "ShadowSlower",
        "The candidate took longer for the same requests than verification.shadow.maxLatencyRatio allows.",
    )
    SHADOW_NOT_REMOVED = (
        "ShadowNotRemoved",
        "The API server doesn't let a shadow be deleted; the message says which object is to be deleted by hand.",
    )
    ROLLED_OUT = "RolledOut", "Every pod of the target runs the candidate."
    REGRESSED = "Regressed", "Readings after the promotion are worse than before it by more than verification.maxDrop."
    NO_REGRESSION = "NoRegression", "Readings after the promotion are no worse than before it by that much."
    TOO_FEW_READINGS = (
        "TooFewReadings",
        "Fewer readings since the rollout were values than verification.breaches.count; the message says what "
        "they were.",
    )
    TOO_FEW_OUTCOMES = (
        "TooFewOutcomes",
        "The outcomes since the rollout neither show that the checkpoint is worse by more than verification.maxDrop "
        "nor that it isn't.",
    )
    BASELINE_UNKNOWN = (
        "BaselineUnknown",
        "Neither before nor during the run was there a value of the replaced model, so that there is none to compare "
        "with.",
    )
