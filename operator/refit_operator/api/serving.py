"""Where the model serves, and how it is verified there after a promotion."""

from datetime import timedelta
from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, Field

from refit_operator.api.base import TARGET_FIELD, TARGET_KIND_FIELD, ApiModel, rules, section
from refit_operator.api.durations import Duration
from refit_operator.api.metric import Breaches
from refit_operator.api.shadow import ShadowSpec
from refit_operator.api.uris import ModelUri

DEFAULT_KIND: Literal["Deployment"] = "Deployment"
API_VERSIONS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "Rollout": "argoproj.io/v1alpha1",
    "InferenceService": "serving.kserve.io/v1beta1",
}
"""The apiVersion of each kind of target."""


class TargetRef(ApiModel):
    """The workload that serves the model, in the monitor's own namespace."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            *(
                (f"self.kind != '{kind}' || self.apiVersion == '{version}'", f"{kind} has apiVersion {version}")
                for kind, version in API_VERSIONS.items()
            )
        )
    )

    api_version: Literal["apps/v1", "argoproj.io/v1alpha1", "serving.kserve.io/v1beta1"] = Field(
        default="apps/v1", description="Of the kind."
    )
    kind: Literal["Deployment", "StatefulSet", "Rollout", "InferenceService"] = Field(
        default=DEFAULT_KIND,
        description="Deployment, StatefulSet, Rollout of Argo Rollouts, or InferenceService of KServe.",
    )
    name: str = Field(min_length=1, max_length=253, description="Its name.")

    @property
    def selector(self) -> str:
        """The field selector of the monitors that have this target."""
        return f"{TARGET_FIELD}={self.name},{TARGET_KIND_FIELD}={self.kind}"


class Update(StrEnum):
    """How pods come to serve another model."""

    ROLLING_UPDATE = "RollingUpdate"
    IN_PLACE = "InPlace"


class ServingSpec(ApiModel):
    """The workload that serves, whose pod template carries the checkpoint pointer, or its ConfigMap."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                f"self.update != 'InPlace' || self.targetRef.kind == '{DEFAULT_KIND}'",
                f"update InPlace is for a targetRef of kind {DEFAULT_KIND} alone: leave it out",
            )
        )
    )

    target_ref: TargetRef = Field(description="The workload that serves the model.")
    initial_model: ModelUri | None = Field(
        default=None,
        description="What the target serves while it has no pointer. Without it, the first gate is the bound alone.",
    )
    update: Update = Field(
        default=Update.ROLLING_UPDATE,
        description="RollingUpdate: the pointer is on the pod template, and new pods start with it. InPlace: it is in "
        "the ConfigMap <target>-pointer, which the pods mount, and the running servers load it.",
    )
    rollout_deadline: Duration = Field(
        default=timedelta(minutes=10), description="A rollout that takes longer is rolled back."
    )


class VerificationSpec(ApiModel):
    """After a promotion: readings, or outcomes, of the new model against those of the one it replaced."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.settle) || duration(self.settle) < duration(self.__for__)",
                "settle must be shorter than for",
            )
        )
    )

    for_: Duration = Field(
        default=timedelta(hours=1),
        alias="for",
        description="How long a promoted checkpoint is verified. Outcomes of a ratio end it sooner, once they are "
        "certain.",
    )
    settle: Duration | None = Field(
        default=None,
        description="Readings count from this long after the rollout. Default: the query's longest range, "
        "or 0s where the query has $(digest).",
    )
    max_drop: float = Field(
        default=0.02,
        ge=0,
        description="A reading worse than the replaced model's median by more is a breach. Of a ratio, all outcomes "
        "have to be worse by more than this, with 99 % certainty.",
    )
    shadow: ShadowSpec | None = Field(
        default=None,
        description="What a candidate has to show on copies of live requests before it is promoted. Copies are sent by "
        "a mirror: refit-serve's MIRROR_URL, or another one that counts as it does.",
    )
    breaches: Breaches = section(
        Breaches, "How many of the newest readings roll the checkpoint back. With ratio, certainty does."
    )
