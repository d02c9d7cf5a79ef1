"""What users may set on a training pod: a closed overlay under Kubernetes' own names. The rest is the operator's, so
that the pod meets Pod Security's level `restricted` and training never sees the holdout.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from refit_operator.api.affinity import Affinity
from refit_operator.api.base import ApiModel, rules

Name = Annotated[str, Field(min_length=1, max_length=253)]
Label = Annotated[str, Field(max_length=63)]
Labels = Annotated[dict[str, Label], Field(max_length=32)]
Annotations = Annotated[dict[str, Annotated[str, Field(max_length=1024)]], Field(max_length=32)]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
FOLDER = r"([^/:.]|\.[^/:.]|\.\.[^/:])[^/:]*"
"""One part of a path: neither empty nor `.` nor `..`, so that what is in a folder begins like it."""


class LocalRef(ApiModel):
    """An object of the monitor's own namespace."""

    name: Name = Field(description="Its name.")


class KeyRef(LocalRef):
    """One key of a Secret or ConfigMap of the monitor's own namespace."""

    key: str = Field(min_length=1, max_length=253, description="The key in it.")


class ValueFrom(ApiModel):
    """Where a variable's value is."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.secretKeyRef) != has(self.configMapKeyRef)",
                "give exactly one of secretKeyRef and configMapKeyRef",
            )
        )
    )

    secret_key_ref: KeyRef | None = Field(default=None, description="A key of a Secret.")
    config_map_key_ref: KeyRef | None = Field(default=None, description="A key of a ConfigMap.")


class EnvVar(ApiModel):
    """One environment variable."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("!has(self.value) || !has(self.valueFrom)", "give no more than one of value and valueFrom"),
            ("!self.name.startsWith('REFIT_')", "variables named REFIT_… are the operator's"),
        )
    )

    name: str = Field(pattern="^[-._a-zA-Z][-._a-zA-Z0-9]*$", max_length=128, description="Name of the variable.")
    value: str | None = Field(default=None, max_length=1024, description="Its value.")
    value_from: ValueFrom | None = Field(default=None, description="Where its value is.")


class EnvFrom(ApiModel):
    """Every key of a Secret or ConfigMap as a variable."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("has(self.secretRef) != has(self.configMapRef)", "give exactly one of secretRef and configMapRef")
        )
    )

    prefix: str | None = Field(default=None, max_length=64, description="Prefix of each name.")
    secret_ref: LocalRef | None = Field(default=None, description="A Secret.")
    config_map_ref: LocalRef | None = Field(default=None, description="A ConfigMap.")


Env = Annotated[list[EnvVar], Field(max_length=32)]
EnvSources = Annotated[list[EnvFrom], Field(max_length=16)]


class TolerationOperator(StrEnum):
    """How a toleration's key is compared with a taint's."""

    EXISTS = "Exists"
    EQUAL = "Equal"


class TaintEffect(StrEnum):
    """What a taint does."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class Toleration(ApiModel):
    """A taint of nodes that the pod tolerates."""

    key: str | None = Field(default=None, max_length=316, description="Key of the taint; absent: every taint.")
    operator: TolerationOperator | None = Field(default=None, description="Exists, or Equal to value. Default: Equal.")
    value: Label | None = Field(default=None, description="Value of the taint.")
    effect: TaintEffect | None = Field(default=None, description="Effect of the taint; absent: every effect.")
    toleration_seconds: int | None = Field(
        default=None, description="Seconds for which a NoExecute taint is tolerated."
    )


class PodSecurity(ApiModel):
    """User and groups of the pod; never root."""

    run_as_user: Id | None = Field(default=None, description="User ID of the containers. Default: the image's.")
    run_as_group: Id | None = Field(default=None, description="Group ID of the containers. Default: the image's.")
    fs_group: Id | None = Field(default=None, description="Group that owns volumes of kinds that support it.")
    supplemental_groups: Annotated[list[Id], Field(max_length=16)] = Field(default=[], description="More groups.")


class ClaimVolume(ApiModel):
    """A claim as a volume."""

    claim_name: Name = Field(description="Name of the PersistentVolumeClaim.")


class SecretVolume(ApiModel):
    """A Secret as a volume."""

    secret_name: Name = Field(description="Name of the Secret.")


class EmptyVolume(ApiModel):
    """A folder that lives as long as the pod."""

    medium: str | None = Field(default=None, pattern="^(Memory)?$", max_length=16, description="Memory, or the disk.")
    size_limit: int | str | None = Field(default=None, description="The most that it may hold.")


class Volume(ApiModel):
    """A volume, and where trainer and judge see it."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "[has(self.persistentVolumeClaim), has(self.secret), has(self.configMap), has(self.emptyDir)]"
                ".exists_one(given, given)",
                "give exactly one of persistentVolumeClaim, secret, configMap and emptyDir",
            ),
            (
                "!(self.mountPath + '/').startsWith('/refit/') && !(self.mountPath + '/').startsWith('/tmp/')",
                "mountPath must not be under /refit or /tmp, which are the operator's",
            ),
        )
    )

    name: str = Field(pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=50, description="Name of the volume.")
    mount_path: str = Field(pattern=f"^(/{FOLDER})+/?$", max_length=256, description="Where it is mounted.")
    read_only: bool = Field(default=False, description="Mounted for reading only.")
    persistent_volume_claim: ClaimVolume | None = Field(default=None, description="A claim, but not the holdout's.")
    secret: SecretVolume | None = Field(default=None, description="A Secret's keys as files.")
    config_map: LocalRef | None = Field(default=None, description="A ConfigMap's keys as files.")
    empty_dir: EmptyVolume | None = Field(default=None, description="An empty folder.")


class PodTemplate(ApiModel):
    """What is laid over the pod of a run's Job."""

    labels: Labels = Field(default={}, description="Labels of the pod; those of the operator stay.")
    annotations: Annotations = Field(default={}, description="Annotations of the pod; those of the operator stay.")
    node_selector: Labels = Field(default={}, description="Labels that a node must have.")
    tolerations: Annotated[list[Toleration], Field(max_length=16)] = Field(
        default=[], description="Taints of nodes that the pod tolerates, such as nvidia.com/gpu."
    )
    affinity: Affinity | None = Field(
        default=None, description="Affinity as in a pod's spec; what values go together, the Job's creation shows."
    )
    priority_class_name: str | None = Field(default=None, max_length=253, description="Priority of the pod.")
    runtime_class_name: str | None = Field(
        default=None, max_length=253, description="Container runtime, such as nvidia."
    )
    service_account_name: str | None = Field(
        default=None,
        max_length=253,
        description="ServiceAccount of the pod, for a cloud's identity. No token is mounted.",
    )
    image_pull_secrets: Annotated[list[LocalRef], Field(max_length=8)] = Field(
        default=[], description="Secrets by which images are pulled."
    )
    security_context: PodSecurity | None = Field(default=None, description="User and groups of the pod; never root.")
    termination_grace_period_seconds: int | None = Field(
        default=None,
        ge=0,
        le=86400,
        description="Seconds after SIGTERM to save a resumable checkpoint. Default: 60.",
    )
    env: Env = Field(default=[], description="Environment variables of trainer and judge.")
    volumes: Annotated[list[Volume], Field(max_length=16)] = Field(
        default=[], description="Volumes that trainer and judge see besides those of dataset and checkpoints."
    )
