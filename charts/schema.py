"""values.schema.json: every value has a description and a type, and one that isn't known is refused."""

from typing import Any

from charts.settings import settings_schema
from charts.values import Values

Schema = dict[str, Any]
GLOBAL = {"type": "object", "description": "What Helm hands to the charts of another chart. Nothing of it is used."}


def values_schema() -> Schema:
    """Return the JSON schema of the chart's values."""
    document = Values.model_json_schema(by_alias=True)
    made = _inlined(document, document.get("$defs", {}))
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": False,
        "properties": made["properties"] | {"settings": settings_schema(), "global": GLOBAL},
    }


def _inlined(node: Any, definitions: Schema) -> Any:
    """Return a schema with its definitions in place of references, and without titles and nulls."""
    if isinstance(node, list):
        return [_inlined(each, definitions) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        own = {key: value for key, value in node.items() if key != "$ref"}
        return _inlined(definitions[node["$ref"].rsplit("/", 1)[1]] | own, definitions)
    kept = {key: value for key, value in _without_null(node).items() if key not in ("$defs", "title")}
    return {
        key: {name: _inlined(each, definitions) for name, each in value.items()}
        if key == "properties"
        else _inlined(value, definitions)
        for key, value in kept.items()
    }


def _without_null(node: Schema) -> Schema:
    """An optional value is one that may be absent, not one that may be null."""
    options = [option for option in node.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == len(node.get("anyOf", ())):
        return node
    rest = {key: value for key, value in node.items() if key not in ("anyOf", "default")}
    return options[0] | rest if len(options) == 1 else {"anyOf": options} | rest
