"""The one thing that the operator owns on a target: the checkpoint pointer, by server-side apply.

All of its annotations go in one request, so that no server reads half of a change. Never with force, unless the
annotation refit.dev/take-pointer hands the pointer over. The uid and resourceVersion just read go along, so that a
target created again or changed meanwhile is not touched (seen: a stale uid answers 422 on a live object and 409 on a
missing one).
"""

from dataclasses import dataclass
from typing import Any

from kubernetes.aio.client.exceptions import ApiException

from refit_operator.api.base import FIELD_MANAGER
from refit_operator.api.metadata import managers_of
from refit_operator.api.pointer import ANNOTATIONS, annotations_of
from refit_operator.kubernetes_api.client import ASKED, DEPLOYMENT, Cluster, Document
from refit_operator.kubernetes_api.errors import describe, parse_status, translated


@dataclass(frozen=True)
class Applied:
    """The target carries the pointer."""


@dataclass(frozen=True)
class Conflict:
    """Another field manager owns the pointer; the message names it."""

    message: str


@dataclass(frozen=True)
class Replaced:
    """The target isn't the object that was read."""


ApplyOutcome = Applied | Conflict | Replaced


def build_pointer_patch(target: Document, pointer: str) -> Document:
    """Return the apply configuration; annotations that the pointer doesn't have are left out, which removes them."""
    meta = target["metadata"]
    identity = {key: meta[key] for key in ("name", "namespace", "uid", "resourceVersion")}
    body: Document = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": identity}
    if annotations := annotations_of(pointer):
        body["spec"] = {"template": {"metadata": {"annotations": annotations}}}
    return body


async def apply_pointer(cluster: Cluster, target: Document, pointer: str, force: bool = False) -> ApplyOutcome:
    """Write the pointer to the target that was read.

    To leave an annotation out removes it only where no other manager owns it too, and there is no conflict then (seen).
    Such a one is known before anything is written, and the API server's answer is checked all the same. Raises
    Transient where the target changed since it was read.
    """
    if conflict := _cant_be_removed(target, pointer):
        return conflict
    with translated():
        resource = await cluster.resource(DEPLOYMENT)
        try:
            applied = await resource.server_side_apply(
                body=build_pointer_patch(target, pointer),
                namespace=target["metadata"]["namespace"],
                field_manager=FIELD_MANAGER,
                force_conflicts=force,
                **ASKED,
            )
        except ApiException as error:
            return read_refusal(error)
        return _read_answer(applied, pointer)


def _cant_be_removed(target: Document, pointer: str) -> Conflict | None:
    """Return the annotation that would stay behind, so that the rest would be written without it."""
    wanted, live = annotations_of(pointer), _annotations(target)
    names = (name for name in ANNOTATIONS if name in live and name not in wanted)
    kept = next((name for name in names if managers_of(target, name) != (FIELD_MANAGER,)), None)
    return _stays(target, kept) if kept else None


def _read_answer(deployment: Document, pointer: str) -> ApplyOutcome:
    wanted, live = annotations_of(pointer), _annotations(deployment)
    other = next((name for name in ANNOTATIONS if live.get(name, "") != wanted.get(name, "")), None)
    return _stays(deployment, other) if other else Applied()


def _stays(deployment: Document, annotation: str) -> Conflict:
    others = [manager for manager in managers_of(deployment, annotation) if manager != FIELD_MANAGER]
    owners = ", ".join(f'"{manager}"' for manager in others)
    owned = f"owned by field manager {owners}" if owners else "owned by no field manager, as after an undo"
    live = _annotations(deployment).get(annotation, "absent")
    return Conflict(f"{annotation} stays {live}: {owned}")


def _annotations(deployment: Document) -> dict[str, str]:
    return (deployment["spec"]["template"].get("metadata") or {}).get("annotations") or {}


def read_refusal(error: ApiException) -> ApplyOutcome:
    """Return what a refused apply means; raise the error where it means neither."""
    causes: list[dict[str, Any]] = (parse_status(error).get("details") or {}).get("causes") or []
    reasons = {cause.get("reason") for cause in causes}
    fields = {cause.get("field") for cause in causes}
    if "FieldManagerConflict" in reasons:
        return Conflict(describe(error))
    if error.status in (404, 422) and (error.status == 404 or "metadata.uid" in fields):
        return Replaced()
    if error.status == 409 and "uid" in describe(error).lower():
        return Replaced()
    raise error
