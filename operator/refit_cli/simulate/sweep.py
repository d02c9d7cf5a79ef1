"""`--sweep threshold=0.80:0.90:0.02`: the same monitor with one field changed, several times. Pure."""

import copy
from dataclasses import dataclass
from math import floor
from typing import Any

import yaml

from refit_cli.exits import Exit, Failed
from refit_cli.lint.schema import monitor_schema

MOST = 50
"""Values of one sweep."""
ROOTS = (("spec", "metric"), ("spec", "policy"), ("spec",), ())
"""Where a field is looked for whose path isn't whole."""


@dataclass(frozen=True)
class Sweep:
    """A field and the values that it is given."""

    path: tuple[str, ...]
    values: tuple[Any, ...]

    @property
    def field(self) -> str:
        """The field's path."""
        return ".".join(self.path)

    def change(self, document: dict[str, Any], value: Any) -> dict[str, Any]:
        """Return a monitor's document with one of the values."""
        changed = copy.deepcopy(document)
        at = changed
        for key in self.path[:-1]:
            at = at.setdefault(key, {})
        at[self.path[-1]] = value
        return changed


def parse_sweep(text: str) -> Sweep:
    """Return the sweep of `field=value,value` or `field=first:last:step`. Raises Failed."""
    name, equals, given = text.partition("=")
    if not equals or not given:
        raise Failed(Exit.USAGE, f"--sweep {text}: write field=value,value or field=first:last:step")
    values = _range(given) if given.count(":") == 2 else [yaml.safe_load(value) for value in given.split(",")]
    if len(values) > MOST:
        raise Failed(Exit.USAGE, f"--sweep {text}: {len(values)} values, {MOST} are allowed")
    return Sweep(_path(name), tuple(values))


def _range(given: str) -> list[float]:
    try:
        first, last, step = map(float, given.split(":"))
        count = floor((last - first) / step + 1e-9) + 1
    except (ValueError, ZeroDivisionError):
        count = 0
    if count < 1:
        raise Failed(Exit.USAGE, f"--sweep {given}: write numbers as first:last:step, with a step that leads there")
    return [round(first + number * step, 10) for number in range(count)]


def _path(name: str) -> tuple[str, ...]:
    parts = tuple(name.split("."))
    found = next(((*root, *parts) for root in ROOTS if _is_field((*root, *parts))), None)
    if found is None:
        raise Failed(Exit.USAGE, f"--sweep {name}: there is no such field under spec, spec.metric or spec.policy")
    return found


def _is_field(path: tuple[str, ...]) -> bool:
    at: dict[str, Any] | None = monitor_schema()
    for key in path:
        at = (at or {}).get("properties", {}).get(key)
    return at is not None
