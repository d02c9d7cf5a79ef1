"""What a table says of a field: its type, its default, and what is allowed."""

import json
import re
from collections.abc import Iterator

from refit_operator.api.durations import PATTERN
from refit_operator.api.schema import Schema


def plain(text: str) -> str:
    """Return a text in which nothing is Markdown, for a cell of a table."""
    return re.sub(r"([*_\[\]])", r"\\\1", text.replace("<", "&lt;")).replace("|", "&#124;").strip()


def code(text: str) -> str:
    """Return a text as code, also with a bar, which would end a cell."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;")
    return f"`{text}`" if escaped == text and "`" not in text else f"<code>{escaped}</code>"


def kind_of(field: Schema) -> str:
    """Return a field's type, in words."""
    if field.get("x-kubernetes-int-or-string"):
        return "integer or string"
    if "enum" in field:
        return " or ".join(code(str(value)) for value in field["enum"])
    if field.get("pattern") == PATTERN:
        return "duration"
    if "items" in field:
        return f"list of {_plural(kind_of(field['items']))}"
    entries = field.get("additionalProperties")
    if isinstance(entries, dict):
        return f"map of {_plural(kind_of(entries))}"
    return "time" if field.get("format") == "date-time" else str(field.get("type", "any"))


def _plural(kind: str) -> str:
    return f"{kind}s" if re.fullmatch("[a-z]+", kind) else kind


def default_of(field: Schema) -> str:
    """Return a field's default, as it is written in YAML; nothing where its own fields have theirs."""
    if "default" not in field or (field.get("properties") and "default" in field):
        return ""
    value = field["default"]
    return code(value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False))


def allowed(field: Schema) -> Iterator[str]:
    """Return the bounds of a field, a sentence each."""
    if "minimum" in field or "maximum" in field:
        yield f"{_range(field)}."
    if field.get("maxLength") and field.get("pattern") != PATTERN and "enum" not in field:
        yield f"At most {field['maxLength']:,} characters."
    for key, what in (("maxItems", "entries"), ("maxProperties", "entries")):
        if key in field:
            yield f"At most {field[key]:,} {what}."


def _range(field: Schema) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    at_least = "Above" if field.get("exclusiveMinimum") else "At least"
    at_most = "below" if field.get("exclusiveMaximum") else "at most"
    if low is None:
        return f"{at_most.capitalize()} {high:,}"
    return f"{at_least} {low:,}" + (f", {at_most} {high:,}" if high is not None else "")
