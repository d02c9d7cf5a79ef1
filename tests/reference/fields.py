"""The fields of a kind: a table for each part of its spec, and one of its status, from the schema of its CRD."""

from collections.abc import Iterator
from dataclasses import dataclass

from refit_operator.api.base import ApiModel
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import RetrainRun
from refit_operator.api.schema import Schema, structural_schema
from tests.faults.report import markdown
from tests.reference.words import allowed, default_of, kind_of, plain

OF_KUBERNETES = ("affinity",)
"""Fields whose own fields are as Kubernetes documents them; they aren't repeated."""
TOGETHER = "What must fit together, or the API server refuses it with these words:"
HEAD = ["field", "type", "default", "what it is"]
MONITOR = """# Fields of a ModelMonitor
Generated from `refit_operator.api` by `make reference`; do not edit.

Every field, with its type, its default and its bounds. `kubectl explain modelmonitor.spec.metric` says the same in a
terminal. A field that isn't known is refused by `kubectl apply`; what isn't set has the default that `kubectl get -o
yaml` shows. Durations are written as `90s`, `1h30m` or `720h`: there are no days. A complete monitor is in
[manifests/samples/reviews](../../manifests/samples/reviews).
"""
RUN = """# Fields of a RetrainRun
Generated from `refit_operator.api` by `make reference`; do not edit.

A run is one attempt at a better model, and what became of it. The operator alone creates runs. Users set two fields of
one, `spec.approval` and `spec.abort`; the rest of the spec can't be changed. What a run copies of its monitor is
described at [the monitor](modelmonitor.md).
"""


@dataclass(frozen=True)
class Part:
    """What has a table of its own: one field of the spec, or the whole status."""

    path: str
    schema: Schema
    deep: bool = True
    """Whether the fields of its fields are in the table, too."""


def monitor_page() -> str:
    """Return docs/reference/modelmonitor.md."""
    return MONITOR + "".join(_part(part, {}) for part in _parts(ModelMonitor))


def run_page() -> str:
    """Return docs/reference/retrainrun.md."""
    copied = {part.path: _shape(part.schema) for part in _parts(ModelMonitor) if part.schema.get("properties")}
    return RUN + "".join(_part(part, copied) for part in _parts(RetrainRun))


def _parts(kind: type[ApiModel]) -> Iterator[Part]:
    """Return the spec, whose table has its fields alone, then each section of it, then the status."""
    fields = structural_schema(kind)["properties"]
    yield Part("spec", fields["spec"], deep=False)
    for name, field in fields["spec"]["properties"].items():
        if field.get("properties"):
            yield Part(f"spec.{name}", field)
        elif _entry(field).get("properties"):
            yield Part(f"spec.{name}{_mark(field)}", _entry(field))
    yield Part("status", fields["status"])


def _part(part: Part, copied: dict[str, Schema]) -> str:
    title = f"\n## {part.path}\n"
    if copied.get(part.path) == _shape(part.schema):
        return f"{title}A copy of the monitor's [{part.path}](modelmonitor.md#{part.path.replace('.', '')}).\n"
    rows = [HEAD, *_rows(part.schema, part.deep)]
    return f"{title}{plain(part.schema.get('description', ''))}\n\n{markdown(rows)}\n{_rules(part)}"


def _shape(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key not in ("description", "default")}


def _rows(schema: Schema, deep: bool, before: str = "") -> Iterator[list[str]]:
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        given = "required" if name in required else default_of(field)
        text = " ".join((field.get("description", ""), *allowed(field)))
        yield [f"`{before}{name}`", kind_of(field), given, plain(text)]
        if deep and name not in OF_KUBERNETES:
            yield from _rows(field, deep, f"{before}{name}.")
            yield from _rows(_entry(field), deep, f"{before}{name}{_mark(field)}.")


def _entry(field: Schema) -> Schema:
    """Return the schema of a list's or a map's entries."""
    entries = field.get("items") or field.get("additionalProperties")
    return entries if isinstance(entries, dict) else {}


def _mark(field: Schema) -> str:
    return "[]" if "items" in field else ".*"


def _rules(part: Part) -> str:
    """Return what the API server says where a rule about several fields is broken."""
    found = [line for line in _said(part.schema, part.deep) if not line.endswith(" is immutable")]
    return f"\n{TOGETHER}\n\n" + "".join(f"- {line}\n" for line in found) if found else ""


def _said(schema: Schema, deep: bool, before: str = "") -> Iterator[str]:
    where = f"`{before.rstrip('.')}`: " if before else ""
    for rule in schema.get("x-kubernetes-validations", []):
        yield where + plain(rule["message"])
    for name, field in schema.get("properties", {}).items() if deep else ():
        if name not in OF_KUBERNETES:
            yield from _said(field, deep, f"{before}{name}.")
            yield from _said(_entry(field), deep, f"{before}{name}{_mark(field)}.")
