"""ModelMonitor: what to monitor, and when to retrain."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, field_validator

from refit_operator.api.base import ApiModel, rules, section
from refit_operator.api.conditions import Condition
from refit_operator.api.drift import DriftSpec
from refit_operator.api.metadata import ObjectMeta
from refit_operator.api.metric import MetricSpec
from refit_operator.api.policy import Guard, Mode, PolicySpec
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.api.serving import ServingSpec, VerificationSpec
from refit_operator.api.shadow import LONGEST_TARGET
from refit_operator.api.training import GateSpec, TrainingSpec

NEVER = -1
"""The generation observed before the first reconciliation: no object has it, so that kstatus says InProgress."""


class ModelMonitorSpec(ApiModel):
    """Everything that a team asks for one served model."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.historyLimit >= self.policy.giveUpAfter && self.historyLimit >= self.policy.maxRuns.count",
                "historyLimit must be at least policy.giveUpAfter and policy.maxRuns.count: both are counted in runs",
            ),
            (
                "!has(self.verification.shadow) || (self.serving.targetRef.kind == 'Deployment' && "
                f"self.serving.update != 'InPlace' && size(self.serving.targetRef.name) <= {LONGEST_TARGET})",
                "verification.shadow is for a targetRef of kind Deployment with update RollingUpdate, whose name has "
                f"at most {LONGEST_TARGET} characters",
            ),
        )
    )

    suspend: bool = Field(
        default=False, description="No new runs; a run under way finishes, with its verification and its rollback."
    )
    mode: Mode = Field(
        default=Mode.AUTO,
        description="Observe only evaluates the metric; Approve waits for spec.approval of the run before a promotion; "
        "Auto promotes.",
    )
    prometheus: PrometheusSpec = section(PrometheusSpec, "The Prometheus server that answers the queries.")
    metric: MetricSpec = Field(description="What the model is judged by.")
    drift: DriftSpec | None = Field(
        default=None,
        description="How foreign the inputs are to the model, by a query that needs no label: it warns "
        "(DriftSuspected), and never starts or holds a run.",
    )
    guards: Annotated[tuple[Guard, ...], Field(max_length=8)] = Field(
        default=(),
        description="What must hold before any run starts: does the serving run, do labels arrive. Queried only then.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )
    policy: PolicySpec = section(PolicySpec, "How often runs may start.")
    training: TrainingSpec = Field(description="How a candidate is trained.")
    gate: GateSpec = section(GateSpec, "What a candidate must show before it serves.")
    serving: ServingSpec = Field(description="Where the model serves.")
    verification: VerificationSpec = section(VerificationSpec, "How a promoted checkpoint is verified in service.")
    history_limit: int = Field(default=10, ge=1, le=100, description="How many finished runs are kept.")


class EvidenceStatus(ApiModel):
    """What the counted outcomes of a ratio say."""

    statistic: str = Field(description="How strongly they say that the metric is on the wrong side of the threshold.")
    needed: str = Field(description="The statistic that makes a breach, by metric.falseRuns.")
    value: str = Field(description="The metric over the outcomes since the evidence began to rise.")
    outcomes: int = Field(description="How many these are.")
    repeats: str | None = Field(
        default=None, description="How many outcomes come together, measured or by ratio.repeats: they count as one."
    )
    since: datetime = Field(description="When it began to rise.")


class MeasureStatus(ApiModel):
    """What a ratio is measured of, and by: evidence starts from nothing where it changes."""

    digest: str = Field(max_length=64, description="Digest of metric, threshold, direction and the target's pointer.")
    since: datetime = Field(description="Since when these are the same.")


class MetricStatus(ApiModel):
    """The reading at the last write of the status."""

    value: str | None = Field(default=None, description="The value, absent where the reading was none.")
    reading: str = Field(description="Value, or the kind of reading it was instead.")
    time: datetime | None = Field(default=None, description="The time that the reading was evaluated at.")
    evidence: EvidenceStatus | None = Field(default=None, description="What the outcomes say; only where they count.")


class ServedStatus(ApiModel):
    """The checkpoint that the target serves."""

    checkpoint: str = Field(description="The model in service, uri@digest; pvc:// where it is on a claim.")
    model: str = Field(description="The same, short: the last part of its path and the first digits of its digest.")
    run: str | None = Field(default=None, description="The run that promoted it.")
    since: datetime | None = Field(default=None, description="When its rollout was complete.")


class LastRun(ApiModel):
    """The newest run that has finished."""

    name: str = Field(description="Name of the RetrainRun.")
    outcome: str = Field(description="How it ended.")
    completion_time: datetime | None = Field(default=None, description="When it ended.")


class ModelMonitorStatus(ApiModel):
    """What the operator observed and did.

    Decisions rest on runs, not on this; of it they use `attempts` and `lastRun`, in case a run's record was lost,
    the conditions, for hysteresis and for breaches from before a restart, and `measure`, which can only hold a run.
    """

    observed_generation: int = Field(
        default=NEVER, description="The generation of the spec last reconciled; -1 before the first time."
    )
    conditions: tuple[Condition, ...] = Field(
        default=(),
        description="Ready, MetricAvailable, WithinThreshold, RetrainSucceeded, ServingUpToDate, RetrainAllowed, "
        "DriftSuspected.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )
    state: str | None = Field(default=None, description="One word for the State column, computed from the conditions.")
    metric: MetricStatus | None = Field(default=None, description="The reading at the last write of the status.")
    measure: MeasureStatus | None = Field(default=None, description="Since when a ratio is measured alike.")
    served: ServedStatus | None = Field(default=None, description="The checkpoint that the target serves.")
    active_run: str | None = Field(default=None, description="The run under way.")
    attempts: int = Field(default=0, description="The highest ordinal of a run so far.")
    last_run: LastRun | None = Field(default=None, description="The newest run that has finished.")
    next_run_not_before: datetime | None = Field(default=None, description="When the cooldown ends.")


class ModelMonitor(ApiModel):
    """Monitors the accuracy of a served model, and retrains it when the accuracy really falls."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && size(self.metadata.name) <= 40",
                "the name must be a DNS label that starts with a letter, at most 40 long: Jobs are named after it",
            )
        )
    )

    metadata: ObjectMeta
    spec: ModelMonitorSpec = Field(description="What to monitor and when to retrain.")
    status: ModelMonitorStatus = Field(
        default_factory=ModelMonitorStatus,
        description="What the operator observed and did.",
        json_schema_extra={"default": {"observedGeneration": NEVER}},
    )

    @field_validator("status", mode="wrap")
    @classmethod
    def _forget_what_cannot_be_read(cls, value: object, read: ValidatorFunctionWrapHandler) -> ModelMonitorStatus:
        """A status is a cache: one of another version, or one that somebody forged, is as good as none."""
        try:
            return ModelMonitorStatus.model_validate(read(value))
        except ValidationError:
            return ModelMonitorStatus()
