"""From a pydantic type to the structural schema that a CustomResourceDefinition wants.

JSON schema has references, nulls and titles; a structural schema has none of them.
"""

from typing import Any

from pydantic import BaseModel

_DROPPED = ("title", "$defs", "exclusiveMinimum", "exclusiveMaximum", "const", "discriminator")
Schema = dict[str, Any]


def structural_schema(kind: type[BaseModel]) -> Schema:
    """Return the structural schema (OpenAPI v3) of a type, with camelCase names."""
    document = kind.model_json_schema(by_alias=True, mode="serialization")
    return _convert(document, document.get("$defs", {}))


def _convert(node: Schema, definitions: Schema) -> Schema:
    node = _without_null(_resolve(node, definitions))
    if node.get("anyOf") == [{"type": "integer"}, {"type": "string"}]:
        return {"x-kubernetes-int-or-string": True, **_carry(node, definitions, drop=("anyOf",))}
    return _carry(node, definitions)


def _resolve(node: Schema, definitions: Schema) -> Schema:
    """Put the definition in place of a reference; what stands beside the reference wins."""
    if "$ref" not in node:
        return node
    own = {key: value for key, value in node.items() if key != "$ref"}
    return {**_resolve(definitions[node["$ref"].rsplit("/", 1)[1]], definitions), **own}


def _without_null(node: Schema) -> Schema:
    """An optional field is one that may be absent, not one that may be null."""
    options = node.get("anyOf")
    if not options or {"type": "null"} not in options:
        return node
    rest = [option for option in options if option != {"type": "null"}]
    node = {key: value for key, value in node.items() if key != "anyOf" and not (key == "default" and value is None)}
    return {**rest[0], **node} if len(rest) == 1 else {**node, "anyOf": rest}


def _bounds(node: Schema) -> Schema:
    """Return exclusive bounds as OpenAPI 3.0 has them: the number in `minimum` or `maximum`, beside a boolean."""
    found: Schema = {}
    for bound in ("minimum", "maximum"):
        exclusive = f"exclusive{bound.capitalize()}"
        if exclusive in node:
            found |= {bound: node[exclusive], exclusive: True}
    return found


def _carry(node: Schema, definitions: Schema, drop: tuple[str, ...] = ()) -> Schema:
    node = _resolve(node, definitions)
    out = {key: value for key, value in node.items() if key not in _DROPPED + drop}
    out |= _bounds(node)
    if "const" in node:
        out["enum"] = [node["const"]]
    if "properties" in out:
        defaulted = {name for name, field in out["properties"].items() if "default" in field}
        out["properties"] = {name: _convert(field, definitions) for name, field in out["properties"].items()}
        required = [name for name in node.get("required", []) if name not in defaulted]
        out.pop("required", None)
        out |= {"required": required} if required else {}
        out.pop("additionalProperties", None)
    for key in ("items", "additionalProperties"):
        if isinstance(out.get(key), dict):
            out[key] = _convert(out[key], definitions)
    return out
