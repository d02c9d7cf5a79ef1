"""What a Grafana dashboard consists of, as its JSON model has it (schemaVersion 39, Grafana 10 and later)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
WIDTH = 24
SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
LEGEND: Json = {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}
TOOLTIP: Json = {"mode": "multi", "sort": "desc"}
REDUCED: Json = {"orientation": "auto", "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
STAT: Json = {"graphMode": "none", "justifyMode": "auto", "showPercentChange": False, "wideLayout": True}
BARS: Json = {"displayMode": "basic", "valueMode": "color", "namePlacement": "left", "showUnfilled": False}
SIZES: Json = {"sizing": "auto", "minVizWidth": 8, "minVizHeight": 16, "maxVizHeight": 32}
OPTIONS: Mapping[str, Json] = {
    "timeseries": {"legend": LEGEND, "tooltip": TOOLTIP},
    "stat": REDUCED | STAT | {"colorMode": "background", "textMode": "value"},
    "bargauge": REDUCED | BARS | SIZES | {"orientation": "horizontal"},
    "state-timeline": {
        "legend": LEGEND | {"showLegend": False},
        "tooltip": TOOLTIP,
        "mergeValues": True,
        "rowHeight": 0.9,
        "showValue": "auto",
    },
    "table": {"frameIndex": 0, "showHeader": True, "cellHeight": "sm"},
}
"""What Grafana's types want of each type of panel, where a panel says nothing else."""


@dataclass(frozen=True)
class Query:
    """A query, and the name of what it gives."""

    text: str
    legend: str = "__auto"
    instant: bool = False

    def json(self, ref: str, type: str) -> Json:
        """Return it as a target of a panel of a type."""
        kind = {"instant": True, "range": False} if self.instant else {"instant": False, "range": True}
        form = {"format": "table" if type == "table" else "time_series"}
        return {"refId": ref, "datasource": SOURCE, "expr": self.text, "legendFormat": self.legend, **form, **kind}


@dataclass(frozen=True)
class Panel:
    """A panel: what it asks, and how it is shown."""

    title: str
    says: str
    queries: tuple[Query, ...]
    type: str = "timeseries"
    unit: str = "short"
    width: int = 8
    height: int = 8
    empty: str = ""
    """What it says where it has nothing to show, in normal service; a panel that says nothing here always has data."""
    custom: Json = field(default_factory=dict)
    """How lines are drawn."""
    defaults: Json = field(default_factory=dict)
    overrides: tuple[Json, ...] = ()
    options: Json = field(default_factory=dict)
    transformations: tuple[Json, ...] = ()

    def json(self, number: int, x: int, y: int) -> Json:
        """Return it at a place of the grid."""
        empty = {"noValue": self.empty} if self.empty else {}
        return {
            "id": number,
            "type": self.type,
            "title": self.title,
            "description": self.says,
            "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [query.json(chr(ord("A") + index), self.type) for index, query in enumerate(self.queries)],
            "fieldConfig": {
                "defaults": {"unit": self.unit, "custom": self.custom} | empty | self.defaults,
                "overrides": list(self.overrides),
            },
            "options": OPTIONS[self.type] | self.options,
            "transformations": list(self.transformations),
        }


@dataclass(frozen=True)
class Row:
    """A heading, and the panels under it."""

    title: str
    panels: tuple[Panel, ...]

    def json(self, number: int, y: int) -> Json:
        """Return the heading."""
        place = {"x": 0, "y": y, "w": WIDTH, "h": 1}
        return {"id": number, "type": "row", "title": self.title, "collapsed": False, "gridPos": place, "panels": []}


def laid_out(rows: Sequence[Row]) -> Iterator[Json]:
    """Yield headings and panels, from left to right and from the top down."""
    number, y = 1, 0
    for row in rows:
        yield row.json(number, y)
        number, x, y, tallest = number + 1, 0, y + 1, 0
        for panel in row.panels:
            if x + panel.width > WIDTH:
                x, y, tallest = 0, y + tallest, 0
            yield panel.json(number, x, y)
            number, x, tallest = number + 1, x + panel.width, max(tallest, panel.height)
        y += tallest


def named(name: str, **properties: Any) -> Json:
    """Return how the series of a name differ from the others, by property: `color` is a fixed one."""
    found = [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]
    return {"matcher": {"id": "byName", "options": name}, "properties": found}


def fixed(color: str) -> Json:
    """Return a colour that isn't one of the palette."""
    return {"mode": "fixed", "fixedColor": color}


def coloured(colors: Mapping[str, str]) -> tuple[Json, ...]:
    """Return the colours of series by their names, so that a word has one colour in every panel."""
    return tuple(named(name, color=fixed(color)) for name, color in colors.items())


def limits(below: str, *steps: tuple[float, str]) -> Json:
    """Return the colours of a value: the first, and another from each step on."""
    found = [{"color": below, "value": None}, *({"color": color, "value": value} for value, color in steps)]
    return {"color": {"mode": "thresholds"}, "thresholds": {"mode": "absolute", "steps": found}}


def line_at(value: float, color: str) -> tuple[Json, Json]:
    """Return `defaults` and `custom` of a panel with a dashed line at a value."""
    steps = [{"color": "transparent", "value": None}, {"color": color, "value": value}]
    return {"thresholds": {"mode": "absolute", "steps": steps}}, {"thresholdsStyle": {"mode": "dashed"}}


def words(colors: Mapping[str, str]) -> Json:
    """Return what has the numbers of a timeline shown as words, each in its colour; they count from 1."""
    shown = {str(n): {"text": word, "color": color, "index": n} for n, (word, color) in enumerate(colors.items(), 1)}
    return {"mappings": [{"type": "value", "options": shown}]}


def numbered(metric: str, label: str, known: Iterable[str], matchers: str) -> str:
    """Return a query for the number of a label's value among those known: a timeline draws numbers, not labels."""
    each = (f'{number} * {metric}{{{label}="{word}",{matchers}}}' for number, word in enumerate(known, 1))
    return f"max by (monitor) ({' or '.join(each)})"
