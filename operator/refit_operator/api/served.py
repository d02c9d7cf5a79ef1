"""What the API server doesn't keep of these types, because its CRDs are older than they are. Pure.

Its OpenAPI document says what it keeps. Every account may read it, also one with rights in one namespace only.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from refit_operator.api.base import API_VERSION, GROUP, ApiModel
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import RetrainRun
from refit_operator.api.schema import structural_schema

OPENAPI = f"/openapi/v3/apis/{API_VERSION}"
"""The path of the document."""
MONITORS, RUNS = f"modelmonitors.{GROUP}", f"retrainruns.{GROUP}"
KINDS: dict[str, type[ApiModel]] = {MONITORS: ModelMonitor, RUNS: RetrainRun}
JOB_REF = "status.jobRef"
"""Of a run: without it a Job that somebody deletes is made again."""
NEEDED = (JOB_REF, "status.stage", "status.outcome", "status.pointerChange", "status.holdoutChangedTime")
"""Of a run's status. Without the others that follow it a run doesn't end, forgets that it is to be rolled back, or goes
round in circles; a stage that isn't known is refused where its model serves already, and isn't verified.
"""
NOT_DECIDED = ("spec.approval", "spec.approvalBy", "spec.approvalReason", "spec.abort", "spec.monitorRef")
"""Of a run's spec what people set, and whose it is: what the operator decides doesn't rest on them."""
NAMED = 5
"""Fields that a message names."""
Schema = dict[str, Any]


def dropped(document: Schema) -> dict[str, tuple[str, ...]]:
    """Return of each CRD what these types have and the API server doesn't keep; `document` is its OpenAPI document.

    A CRD that has just been created isn't in it yet, and is left out.
    """
    components: Schema = document.get("components") or {}
    published = {_kind(schema): schema for schema in (components.get("schemas") or {}).values()}
    return {
        name: tuple(_missing(structural_schema(kind), published[kind.__name__], ""))
        for name, kind in KINDS.items()
        if kind.__name__ in published
    }


def forbidding(found: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the fields of a run without which it would do what nobody decided, or do it twice.

    What monitors lack, too, no monitor asks for. A run with a value that isn't known is refused, and does nothing.
    """
    runs, monitors = found.get(RUNS, ()), found.get(MONITORS)
    decided = (field for field in runs if _is_of(field, ("spec",)) and "=" not in field)
    known = (*NOT_DECIDED, *(("spec",) if monitors is None else monitors))
    lost = (field for field in decided if not _is_of(field, known))
    return (*lost, *(field for field in runs if field == "status" or _is_of(field, NEEDED)))


def _is_of(field: str, names: tuple[str, ...]) -> bool:
    """Return whether a field, or a value of one, is one of these or lies in one."""
    return any(field == name or field.startswith((f"{name}.", f"{name}=")) for name in names)


def describe(fields: tuple[str, ...]) -> str:
    """Return the fields in words, the first few by their names."""
    rest = len(fields) - NAMED
    return ", ".join(fields[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _kind(schema: Schema) -> str:
    return next((str(each["kind"]) for each in schema.get("x-kubernetes-group-version-kind", ())), "")


def _missing(ours: Schema, theirs: Schema, path: str) -> Iterator[str]:
    """Yield the fields and values of a part that the other one hasn't got; of what lies in a missing field nothing."""
    if theirs.get("x-kubernetes-preserve-unknown-fields"):
        return
    if "enum" in ours and "enum" in theirs:
        yield from (f"{path}={value}" for value in ours["enum"] if value not in theirs["enum"])
    known: Schema = theirs.get("properties", {})
    for name, part in ours.get("properties", {}).items():
        inner = f"{path}.{name}" if path else name
        if inner == "metadata":
            continue
        if name not in known:
            yield inner
        else:
            yield from _missing(part, known[name], inner)
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(ours.get(key), dict) and isinstance(theirs.get(key), dict):
            yield from _missing(ours[key], theirs[key], path + mark)
