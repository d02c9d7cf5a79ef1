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
from refit_operator.api.metadata import managers_at
from refit_operator.api.pointer import Fields, Path, show_path, value_at
from refit_operator.kubernetes_api.client import ASKED, Cluster, Document
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


def build_pointer_patch(target: Document, fields: Fields) -> Document:
    """Return the apply configuration; places that the pointer has no value for are left out, which removes them."""
    meta = target["metadata"]
    identity = {key: meta[key] for key in ("name", "namespace", "uid", "resourceVersion")}
    body: Document = {"apiVersion": fields.kind[0], "kind": fields.kind[1], "metadata": identity}
    for path, value in fields.values.items():
        _set(body, path, value)
    return body


def _set(body: Document, path: Path, value: str) -> None:
    for key in path[:-1]:
        body = body.setdefault(key, {})
    body[path[-1]] = value


async def apply_pointer(cluster: Cluster, target: Document, fields: Fields, force: bool = False) -> ApplyOutcome:
    """Write the pointer to the target that was read.

    To leave a field out removes it only where no other manager owns it too, and there is no conflict then (seen).
    Such a one is known before anything is written, and the API server's answer is checked all the same. Raises
    Transient where the target changed since it was read.
    """
    if conflict := _cant_be_removed(target, fields):
        return conflict
    applied = await send_apply(cluster, target, fields, force)
    return applied if isinstance(applied, Conflict | Replaced) else _read_answer(applied, fields)


async def send_apply(cluster: Cluster, target: Document, fields: Fields, force: bool) -> Document | Conflict | Replaced:
    """Apply the fields to the object that was read; return what it is then, or why it was refused."""
    with translated():
        resource = await cluster.resource(fields.kind)
        try:
            applied: Document = await resource.server_side_apply(
                body=build_pointer_patch(target, fields),
                namespace=target["metadata"]["namespace"],
                field_manager=FIELD_MANAGER,
                force_conflicts=force,
                **ASKED,
            )
        except ApiException as error:
            return _read_refusal(error)
        return applied


def _cant_be_removed(target: Document, fields: Fields) -> Conflict | None:
    """Return the field that would stay behind, so that the rest would be written without it."""
    leaving = (path for path in fields.places if value_at(target, path) is not None and path not in fields.values)
    kept = next((path for path in leaving if managers_at(target, path) != (FIELD_MANAGER,)), None)
    return _stays(target, kept) if kept else None


def _read_answer(target: Document, fields: Fields) -> ApplyOutcome:
    other = next(
        (path for path in fields.places if (value_at(target, path) or "") != fields.values.get(path, "")), None
    )
    return _stays(target, other) if other else Applied()


def _stays(target: Document, path: Path) -> Conflict:
    others = [manager for manager in managers_at(target, path) if manager != FIELD_MANAGER]
    owners = ", ".join(f'"{manager}"' for manager in others)
    owned = f"owned by field manager {owners}" if owners else "owned by no field manager, as after an undo"
    name = show_path(path).removeprefix("annotation ")
    return Conflict(f"{name} stays {value_at(target, path) or 'absent'}: {owned}")


def _read_refusal(error: ApiException) -> Conflict | Replaced:
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
