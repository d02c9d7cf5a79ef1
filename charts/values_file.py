"""values.yaml: the values in the order of their declaration, each under its description."""

import json
import textwrap
from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]
WIDTH = 110
APART = 5
"""From how many values on there is an empty line before each."""
HEADER = """# Generated from charts/values.py, the operator's settings, and manifests/base by `make chart`; do not edit.
# values.schema.json says what each may be, and a value that isn't known is refused.
"""


def values_yaml(schema: Document, values: Document) -> str:
    """Return the file's text."""
    return HEADER + "\n".join(_lines(schema, values, ""))


def _lines(schema: Document, values: Document, indent: str) -> Iterator[str]:
    """Yield the lines of an object's properties; one without a value is a comment that shows its default."""
    for name, field in schema["properties"].items():
        if name in values or "default" in field:
            yield from [""] if len(schema["properties"]) >= APART else []
            yield from _comment(field["description"], indent)
        if name in values:
            yield from _property(name, field, values[name], indent)
        elif "default" in field:
            yield f"{indent}# {name}: {json.dumps(field['default'])}"


def _property(name: str, field: Document, value: Any, indent: str) -> Iterator[str]:
    if "properties" in field:
        yield f"{indent}{name}:"
        yield from _lines(field, value, indent + "  ")
    else:
        yield f"{indent}{name}: {json.dumps(value)}"


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")
