"""The kinds of workload that may be a target: one class each, and nothing else of the operator names a kind."""

from refit_operator.target.rules.kinds.argo_rollout import ArgoRolloutKind
from refit_operator.target.rules.kinds.base import Kind
from refit_operator.target.rules.kinds.deployment import DeploymentKind
from refit_operator.target.rules.kinds.inference_service import InferenceServiceKind
from refit_operator.target.rules.kinds.stateful_set import StatefulSetKind

DEPLOYMENT = DeploymentKind()
ALL: tuple[Kind, ...] = (DEPLOYMENT, StatefulSetKind(), ArgoRolloutKind(), InferenceServiceKind())
KINDS: dict[str, Kind] = {kind.name: kind for kind in ALL}
"""Every kind by its name, as serving.targetRef.kind has it."""
