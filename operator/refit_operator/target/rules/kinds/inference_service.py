"""InferenceServices of KServe: the pointer is the model's storageUri, and the rollout shows at what KServe makes. Pure.

KServe fetches the model itself, and knows claims as pvc://. Its own status doesn't say of which spec it is: its
observedGeneration is that of the Deployment, or the Knative Service, that it makes. So that one is read, and counts
once its template carries the pointer, which KServe copies from the predictor's annotations.
"""

from refit_operator.api.base import CHECKPOINT_ANNOTATION, MODEL_DIGEST_ANNOTATION
from refit_operator.api.pointer import Fields, Path, value_at
from refit_operator.api.uris import parse_pointer
from refit_operator.target.rules.kinds.base import (
    Document,
    Found,
    Kind,
    KindName,
    Made,
)
from refit_operator.target.rules.kinds.deployment import DeploymentKind
from refit_operator.target.rules.kinds.knative import revision_rollout
from refit_operator.target.rules.readers import Reader
from refit_operator.target.rules.rollout import Failed, Halted, Progressing, Rollout

STORAGE_URI: Path = ("spec", "predictor", "model", "storageUri")
MODE = "serving.kserve.io/deploymentMode"
STOP = "serving.kserve.io/stop"
DEPLOYMENT: KindName = ("apps/v1", "Deployment")
KNATIVE_SERVICE: KindName = ("serving.knative.dev/v1", "Service")
MADE = {"Standard": DEPLOYMENT, "RawDeployment": DEPLOYMENT, "Knative": KNATIVE_SERVICE, "Serverless": KNATIVE_SERVICE}
"""What KServe makes of a predictor, by status.deploymentMode; the second and the last are the older names."""


UNMADE = "KServe hasn't made the predictor's workload yet, or not said by status.deploymentMode which"
PREDICTOR = DeploymentKind()
"""What KServe makes of a predictor in Standard mode."""


class InferenceServiceKind(Kind):
    """InferenceServices of KServe."""

    api_version = "serving.kserve.io/v1beta1"
    name = "InferenceService"
    plural = "inferenceservices"
    installed_by = "KServe"
    annotations_path = ("spec", "predictor", "annotations")
    takes_claim_uris = True

    def pointer(self, target: Document) -> str:
        """Return the annotation; without one, the storageUri of the manifest, which a rollback restores."""
        return super().pointer(target) or str(value_at(target, STORAGE_URI) or "")

    def pointer_path(self, target: Document) -> Path:
        """Return the field that holds the pointer."""
        return super().pointer_path(target) if super().pointer(target) else STORAGE_URI

    def fields(self, pointer: str) -> Fields:
        """Return the storageUri, and the annotations that say its digest."""
        whole, digest = ((*self.annotations_path, name) for name in (CHECKPOINT_ANNOTATION, MODEL_DIGEST_ANNOTATION))
        parsed = parse_pointer(pointer)
        values = {whole: pointer, STORAGE_URI: parsed.uri} if parsed else {}
        values |= {digest: parsed.digest} if parsed and parsed.digest else {}
        return Fields(self.identity, values, (whole, digest, STORAGE_URI))

    def readers(self, target: Document) -> tuple[Reader, ...]:
        """Return the model, which KServe fetches from wherever the storageUri names."""
        return () if self.wiring(target) else (Reader("model", (), frozenset({CHECKPOINT_ANNOTATION})),)

    def wiring(self, target: Document) -> str:
        """Return why there is no storageUri to write."""
        predictor = target["spec"].get("predictor") or {}
        if not predictor.get("model"):
            return "spec.predictor.model isn't set: the pointer is its storageUri, and nothing else is written"
        if predictor["model"].get("storage") or predictor.get("storageUris"):
            return "the predictor names its model by storage or storageUris: name it by spec.predictor.model.storageUri"
        mode = _mode_of(target)
        return f"deployment mode {mode} isn't supported: use Standard or Knative" if mode and mode not in MADE else ""

    def disagreement(self, target: Document, readers: tuple[Reader, ...]) -> tuple[Path, str]:
        """Return that the storageUri isn't the pointer's."""
        whole, uri = super().pointer(target), value_at(target, STORAGE_URI)
        parsed = parse_pointer(whole)
        if parsed is None or uri == parsed.uri or not readers:
            return STORAGE_URI, ""
        is_now = f"is {uri}" if uri else "isn't set"
        remedy = f"set it to {parsed.uri}, or remove annotation {CHECKPOINT_ANNOTATION} of spec.predictor"
        return STORAGE_URI, f"{is_now}, and {CHECKPOINT_ANNOTATION} is {whole}: {remedy}"

    def owned_before(self, target: Document) -> Path | None:
        """Return the storageUri: a manifest that names a first model owns it."""
        return STORAGE_URI if value_at(target, STORAGE_URI) else None

    def made(self, target: Document) -> Made | None:
        """Return the Deployment or Knative Service of the predictor."""
        kind = MADE.get(_mode_of(target))
        return Made(kind, f"{target['metadata']['name']}-predictor") if kind else None

    def pods_through(self, found: Found) -> tuple[KindName, ...] | None:
        """Return ReplicaSets in Standard mode; the pods of Knative revisions aren't read."""
        return None if found.made is None or _is_serverless(found) else super().pods_through(found)

    def revisions(self, found: Found) -> KindName | None:
        """Return ReplicaSets in Standard mode; Knative revisions aren't read."""
        return None if found.made is None or _is_serverless(found) else super().revisions(found)

    def pointer_of_revision(self, revision: Document) -> str:
        """Return the pointer in the template of a ReplicaSet."""
        return PREDICTOR.pointer(revision)

    def rollout(self, found: Found) -> Rollout:
        """Return how far what KServe made is, once it carries the pointer."""
        halt = _halt(found)
        if halt:
            return Halted(halt)
        if found.made is None:
            return Progressing(UNMADE)
        if PREDICTOR.pointer(found.made) != super().pointer(found.document):
            return Progressing(f"KServe hasn't passed the pointer on to {_name_of(found.made)} yet")
        rollout = revision_rollout(found.made) if _is_serverless(found) else PREDICTOR.rollout(found)
        return _with_failed_load(rollout, found.status)

    def obstacle(self, found: Found) -> str:
        """Return what keeps it from rolling out: a stop, a canary's share, a deletion, pods that can't be created."""
        return _halt(found) or self.replica_failure(found)

    def stuck(self, found: Found) -> str:
        """Return what the Deployment says of a rollout over its deadline."""
        return PREDICTOR.stuck(found) if found.made and not _is_serverless(found) else ""

    def replica_failure(self, found: Found) -> str:
        """Return what the Deployment says of pods that can't be created."""
        return PREDICTOR.replica_failure(found) if found.made and not _is_serverless(found) else ""

    def needs_room(self, found: Found) -> bool:
        """Return whether it starts with one more pod, as each Knative revision does."""
        return found.made is not None and (_is_serverless(found) or PREDICTOR.needs_room(found))


def _mode_of(target: Document) -> str:
    notes = target["metadata"].get("annotations") or {}
    return str((target.get("status") or {}).get("deploymentMode") or notes.get(MODE) or "")


def _is_serverless(found: Found) -> bool:
    return MADE.get(_mode_of(found.document)) == KNATIVE_SERVICE


def _halt(found: Found) -> str:
    meta = found.document["metadata"]
    if meta.get("deletionTimestamp"):
        return "the InferenceService is being deleted"
    if (meta.get("annotations") or {}).get(STOP) == "true":
        return f"the InferenceService is stopped ({STOP})"
    share = value_at(found.document, ("spec", "predictor", "canaryTrafficPercent"))
    if _is_serverless(found) and share is not None and share < 100:
        return f"spec.predictor.canaryTrafficPercent is {share}, so that a new model never gets all requests by itself"
    return ""


def _name_of(workload: Document) -> str:
    return f"{workload.get('kind', 'workload')} {workload['metadata']['name']}"


def _with_failed_load(rollout: Rollout, status: Document) -> Rollout:
    """Return the failure with what KServe says of a model that doesn't load: that is a verdict on the model."""
    model = status.get("modelStatus") or {}
    failure = model.get("lastFailureInfo") or {}
    is_blocked = model.get("transitionStatus") == "BlockedByFailedLoad" and failure.get("reason") == "ModelLoadFailed"
    if not isinstance(rollout, Failed) or not is_blocked:
        return rollout
    return Failed(f"{rollout.message}; ModelLoadFailed: {failure.get('message') or 'no message'}", is_verdict=True)
