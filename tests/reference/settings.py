"""The operator's settings: a table of its environment variables, made of settings.py, and what the chart calls them."""

from typing import Any

from charts.settings import SET_BY_THE_CHART, value_name
from refit_operator.settings import Settings
from tests.faults.report import markdown
from tests.reference.words import code, plain

HEADER = """# Settings of the operator
Generated from `refit_operator.settings` by `make reference`; do not edit.

Environment variables of the operator's container. With the chart they are values below `settings`; those that the chart
sets itself are none of its values. A value that can't be meant stops the operator at its start, and the log says which.
What an installation from `manifests/base` sets is in [deployment.yaml](../../manifests/base/deployment.yaml);
[how to install](../how-to/install.md).

"""
HEAD = ["variable", "value of the chart", "default", "what it is"]


def page() -> str:
    """Return docs/reference/settings.md."""
    fields = Settings.model_json_schema()["properties"]
    return HEADER + markdown([HEAD, *(_row(name, field) for name, field in fields.items())]) + "\n"


def _row(name: str, field: dict[str, Any]) -> list[str]:
    variable, default = f"REFIT_{name.upper()}", field.get("default", "")
    value = f"`settings.{value_name(variable)}`" if name not in SET_BY_THE_CHART else _set(SET_BY_THE_CHART[name])
    shown = "" if default == "" else code(str(default).lower() if isinstance(default, bool) else str(default))
    return [f"`{variable}`", value, shown, plain(field["description"])]


def _set(follows_from: str) -> str:
    """Return what the chart sets a variable by: a value of another name, or why there is none."""
    return f"none: {follows_from}" if " " in follows_from else f"`{follows_from}`"
