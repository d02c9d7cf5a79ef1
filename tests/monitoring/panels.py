"""What a Grafana dashboard consists of, as its JSON model has it (schemaVersion 39, Grafana 10 and later)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
WIDTH = 24
SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True)
class Query:
    """A query, and the name of what it gives."""

    text: str
    legend: str = "__auto"
    instant: bool = False

    def json(self, ref: str) -> Json:
        """Return it as a target of a panel."""
        kind = {"instant": True, "format": "table", "range": False} if self.instant else {"range": True}
        return {"refId": ref, "datasource": SOURCE, "expr": self.text, "legendFormat": self.legend, **kind}


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
    custom: Json = field(default_factory=dict)
    """How lines are drawn."""
    defaults: Json = field(default_factory=dict)
    overrides: tuple[Json, ...] = ()
    options: Json = field(default_factory=dict)
    transformations: tuple[Json, ...] = ()

    def json(self, number: int, x: int, y: int) -> Json:
        """Return it at a place of the grid."""
        return {
            "id": number,
            "type": self.type,
            "title": self.title,
            "description": self.says,
            "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [query.json(chr(ord("A") + index)) for index, query in enumerate(self.queries)],
            "fieldConfig": {
                "defaults": {"unit": self.unit, "custom": self.custom} | self.defaults,
                "overrides": list(self.overrides),
            },
            "options": self.options,
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
