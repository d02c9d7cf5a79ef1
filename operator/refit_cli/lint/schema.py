"""A document against the CustomResourceDefinition's own schema: fields, types, bounds, defaults and CEL rules."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, cast

import cel
from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError

from refit_cli.lint.findings import Finding, Path, error
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.schema import structural_schema

Schema = dict[str, Any]
LONGEST_VALUE = 60
"""Characters of a value that a message quotes."""
_RESERVED = ("for", "in", "as", "break", "const", "continue", "else", "function", "if", "import", "let", "loop")
"""Field names that CEL has words for, of those that the API server escapes."""


@cache
def monitor_schema() -> Schema:
    """Return the schema of a ModelMonitor; what a user doesn't write is left out of it."""
    schema = structural_schema(ModelMonitor)
    own = {"spec": schema["properties"]["spec"], "metadata": {"type": "object"}}
    named: Schema = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "status": {}}
    return schema | {"properties": named | own, "required": ["spec"]}


def schema_findings(document: Any) -> list[Finding]:
    """Return what the API server would refuse by the schema alone."""
    found = Draft4Validator(monitor_schema()).iter_errors(document)
    errors = [error(_RULES.get(each.validator, "schema"), _at(each), _words(each)) for each in found]
    return errors + list(_unknown(document, monitor_schema(), ()))


_RULES = {"required": "missing-field", "type": "wrong-type", "enum": "unknown-value"}


def _at(found: ValidationError) -> Path:
    path = tuple(found.absolute_path)
    if found.validator != "required":
        return path
    return (*path, found.message.split("'")[1])  # one error for each missing field, which only its text names


def _words(found: ValidationError) -> str:
    value, wanted = _shown(found.instance), cast(Any, found.validator_value)
    match found.validator:
        case "required":
            return "is required"
        case "type":
            return f"{value} is of type {_type(found.instance)}, and must be of type {wanted}{_hint(found)}"
        case "enum":
            return f"{value} isn't one of {', '.join(map(str, wanted))}"
        case "pattern":
            return f"{value} doesn't match {wanted}{_duration_hint(wanted)}"
        case "minimum" | "maximum":
            return f"{value} is {'less' if found.validator == 'minimum' else 'more'} than {wanted}"
        case _:
            return found.message


def _hint(found: ValidationError) -> str:
    """Return what a writer of YAML most likely meant."""
    if found.validator_value == "string" and isinstance(found.instance, int | float | bool):
        return ': quote it, as "1"'
    if found.validator_value in ("number", "integer") and isinstance(found.instance, str):
        return ": take the quotes away, and write numbers as 0.005, not as 5e-3"
    return ""


def _duration_hint(pattern: str) -> str:
    return ": durations are written as 90s, 1h30m or 720h; there are no days" if "(h|m|s|ms)" in pattern else ""


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _type(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return names.get(type(value), "null")


def _unknown(value: Any, schema: Schema, path: Path) -> Iterator[Finding]:
    """Yield the fields that the schema hasn't: kubectl apply refuses them, other clients lose them in silence."""
    for key, part, inner in _parts(value, schema):
        if inner is not None:
            yield from _unknown(part, inner, (*path, key))
        elif isinstance(key, str):
            yield error("unknown-field", (*path, key), f"there is no such field{_nearest(key, schema['properties'])}")


def _parts(value: Any, schema: Schema) -> Iterator[tuple[str | int, Any, Schema | None]]:
    """Yield the parts of an object or a list, each with its schema; None where a field has none."""
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        yield from ((index, part, schema["items"]) for index, part in enumerate(value))
    if isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
        yield from ((str(key), part, schema["additionalProperties"]) for key, part in value.items())
    elif isinstance(value, dict) and "properties" in schema:
        yield from ((str(key), part, schema["properties"].get(key)) for key, part in value.items())


def _nearest(name: str, fields: Schema) -> str:
    same = [field for field in fields if field.lower() == re.sub(r"[_-]", "", name).lower()]
    return f"; did you mean {same[0]}?" if same else ""


def with_defaults(value: Any, schema: Schema) -> Any:
    """Return a value as the API server completes it before it asks the CEL rules."""
    if isinstance(value, dict):
        fields = schema.get("properties", {})
        missing = {name: field["default"] for name, field in fields.items() if "default" in field and name not in value}
        whole = {**value, **missing}
        return {
            key: with_defaults(part, fields.get(key, schema.get("additionalProperties") or {}))
            for key, part in whole.items()
        }
    if isinstance(value, list):
        return [with_defaults(part, schema.get("items") or {}) for part in value]
    return value


def rule_findings(document: dict[str, Any]) -> list[Finding]:
    """Return the CEL rules that a document breaks, which is complete and fits the schema."""
    whole = with_defaults(document, monitor_schema())
    return list(_broken(whole, monitor_schema(), ()))


def _broken(value: Any, schema: Schema, path: Path) -> Iterator[Finding]:
    for rule in schema.get("x-kubernetes-validations", ()):
        if not evaluate(rule["rule"], value):
            yield error("cel", path or ("metadata", "name"), rule["message"])
    for key, part, inner in _parts(value, schema):
        if inner is not None:
            yield from _broken(part, inner, (*path, key))


def evaluate(rule: str, value: Any) -> bool:
    """Return whether a rule holds; one that fails to be evaluated doesn't, as for the API server."""
    functions: dict[str, Callable[..., Any]] = {"split": str.split, "lowerAscii": str.lower}
    try:
        return cel.evaluate(rule, cel.Context(variables={"self": _escaped(value)}, functions=functions)) is True
    except (RuntimeError, TypeError, ValueError):
        return False


def _escaped(value: Any) -> Any:
    """Return a value whose fields are named as CEL rules of the API server name them."""
    if isinstance(value, dict):
        return {f"__{key}__" if key in _RESERVED else key: _escaped(part) for key, part in value.items()}
    return [_escaped(part) for part in value] if isinstance(value, list) else value
