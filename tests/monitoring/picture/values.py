"""Panels of one time: numbers, bars, tables."""

from collections.abc import Sequence
from typing import Any

from tests.monitoring.panels import Json
from tests.monitoring.picture.frames import Cells, Field, configured
from tests.monitoring.picture.looks import Theme, color, shown


def _text(field: Field) -> str:
    word, _ = field.text_and_color(field.last)
    return word or shown(field.last, field.config.get("unit", "short"), field.config.get("decimals"))


def stat(axes: Any, fields: Sequence[Field]) -> None:
    """Draw a number on its colour."""
    _, hue = fields[0].text_and_color(fields[0].last)
    axes.set_facecolor(hue)
    axes.text(0.5, 0.5, _text(fields[0]), ha="center", va="center", fontsize=30, color="white", weight="bold")
    axes.set_xticks([])
    axes.set_yticks([])


def bars(axes: Any, fields: Sequence[Field], theme: Theme) -> None:
    """Draw horizontal bars, each with its name and its value."""
    turned = list(reversed(fields))
    longest = max(field.last for field in turned) or 1
    axes.barh(range(len(turned)), [f.last for f in turned], color=[f.color for f in turned], height=0.7, alpha=0.85)
    for row, field in enumerate(turned):
        axes.text(field.last + longest * 0.02, row, _text(field), va="center", fontsize=10, color=theme.text)
    axes.set_yticks(range(len(turned)), [field.name for field in turned])
    axes.set_xticks([])
    axes.set_xlim(0, longest * 1.25)
    axes.set_ylim(min(0, len(turned) - 4) - 0.6, len(turned) - 0.4)
    axes.tick_params(colors=theme.text, labelsize=9, length=0)


def table(axes: Any, panel: Json, rows: Sequence[Cells], theme: Theme) -> None:
    """Draw a table: what a column is named, and a line for each row."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    room = 8
    longest = [
        max(len(name), *(len(_cell(panel, name, row.get(name), theme)[0]) for row in rows)) + 3 for name in names
    ]
    for column, name in enumerate(names):
        left = sum(longest[:column]) / sum(longest)
        axes.text(left, 1, name, va="top", fontsize=9, color=theme.dim, weight="bold", transform=axes.transAxes)
        for line, row in enumerate(rows[:room], 1):
            text, hue = _cell(panel, name, row.get(name), theme)
            axes.text(left, 1 - line * 0.1, text, va="top", fontsize=9, color=hue, transform=axes.transAxes)
    if len(rows) > room:
        more = f"and {len(rows) - room} more, below"
        axes.text(0, 0.02, more, fontsize=9, color=theme.dim, transform=axes.transAxes)
    axes.set_axis_off()


def _cell(panel: Json, name: str, value: Any, theme: Theme) -> tuple[str, str]:
    config = configured(panel, name)
    if isinstance(value, float):
        return shown(value, config.get("unit", "short"), config.get("decimals")), theme.text
    mapped = next((m["options"][value] for m in config.get("mappings", ()) if value in m["options"]), None)
    return (mapped["text"], color(mapped["color"])) if mapped else (value or "", theme.text)
