"""The OpenAPI document of an API server whose CRDs lack some fields or values of the operator's types.

Made of the types; tests/cluster/test_operator_alerts.py has the document of a real one.
"""

import copy
from typing import Any

from refit_operator.api.base import GROUP, VERSION
from refit_operator.api.schema import structural_schema
from refit_operator.api.served import KINDS

Schema = dict[str, Any]


def published(**lacking: tuple[str, ...]) -> Schema:
    """Return the document; `lacking` has paths by kind, `status.stage=Shadowing` for a value."""
    schemas = {}
    for kind in KINDS.values():
        schema = copy.deepcopy(structural_schema(kind))
        schema["properties"]["metadata"] = {"allOf": [{"$ref": "#/components/schemas/ObjectMeta"}]}
        schema["x-kubernetes-group-version-kind"] = [{"group": GROUP, "kind": kind.__name__, "version": VERSION}]
        for path in lacking.get(kind.__name__, ()):
            remove(schema, path)
        schemas[f"dev.refit.{VERSION}.{kind.__name__}"] = schema
    return {"components": {"schemas": schemas}}


def remove(schema: Schema, path: str) -> None:
    """Take a field, or a value of one, out of a schema."""
    field, _, value = path.partition("=")
    *parents, last = field.replace("[]", ".items").replace("{}", ".additionalProperties").split(".")
    for name in parents:
        schema = schema[name] if name in ("items", "additionalProperties") else schema["properties"][name]
    if value:
        schema["properties"][last]["enum"].remove(value)
    else:
        del schema["properties"][last]
