"""What every type of the API shares: camelCase names, frozen values, and sections whose defaults the CRD shows."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

GROUP = "refit.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

TARGET_FIELD = "spec.serving.targetRef.name"
TARGET_KIND_FIELD = "spec.serving.targetRef.kind"
"""The fields of a monitor by which the API server selects."""
RUN_LABEL = f"{GROUP}/run"
MONITOR_LABEL = f"{GROUP}/monitor"
SHADOW_LABEL = f"{GROUP}/shadow"
QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
CHECKPOINT_ANNOTATION = f"{GROUP}/checkpoint"
MODEL_PATH_ANNOTATION = f"{GROUP}/model-path"
MODEL_URI_ANNOTATION = f"{GROUP}/model-uri"
MODEL_DIGEST_ANNOTATION = f"{GROUP}/model-digest"
TAKE_POINTER_ANNOTATION = f"{GROUP}/take-pointer"
RETRAIN_ANNOTATION = f"{GROUP}/retrain-requested-at"
ROLLBACK_ANNOTATION = f"{GROUP}/rollback-requested-at"
NAMESPACES_ANNOTATION = f"{GROUP}/namespaces"
"""On a Lease: the namespaces that its holder serves, as REFIT_NAMESPACES has them."""
FIELD_MANAGER = "refit-operator"

Section = TypeVar("Section", bound="ApiModel")


class ApiModel(BaseModel):
    """A part of a custom resource. Unknown fields are ignored here: the API server refuses or prunes them."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")

    def to_json(self) -> dict[str, Any]:
        """Return the document as the API server stores it: camelCase, without absent fields."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def section(kind: type[Section], description: str) -> Any:
    """Declare a field that is an object with defaults of its own, so that `kubectl get -o yaml` shows them."""
    return Field(default_factory=kind, description=description, json_schema_extra={"default": kind().to_json()})


def rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    """Attach CEL rules to a type: pairs of (rule, message)."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in pairs]}
