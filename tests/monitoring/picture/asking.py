"""What a dashboard asks a Prometheus, with its variables filled in as Grafana does it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from tests.monitoring.panels import Json

STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
LABEL_VALUES = re.compile(r"label_values\((.*), *(\w+)\)$")
TIMEOUT_S = 30


@dataclass(frozen=True)
class Span:
    """The time shown, and how often the series are scraped, which a data source in Grafana is told."""

    start: float
    end: float
    scrape: float = 15

    def step(self, points: float) -> float:
        """Return the time between two points of a panel that is so many pixels wide."""
        wanted = max((self.end - self.start) / points, self.scrape)
        return next((step for step in STEPS if step >= wanted), wanted)


@dataclass(frozen=True)
class Series:
    """Labels, and values by time."""

    labels: Mapping[str, str]
    times: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Source:
    """A Prometheus, asked about a span."""

    address: str
    span: Span
    variables: Mapping[str, str]

    def filled(self, text: str, step: float) -> str:
        """Return a text with variables and intervals in the place of their names."""
        rate = max(step + self.span.scrape, 4 * self.span.scrape)
        times = {"__rate_interval": rate, "__interval": step, "__range": self.span.end - self.span.start}
        known = dict(self.variables) | {name: f"{max(1, round(seconds))}s" for name, seconds in times.items()}
        return re.sub(r"\$(?:{(\w+)}|(\w+))", lambda found: known.get(found[1] or found[2], found[0]), text)

    def ask(self, target: Json, step: float) -> list[Series]:
        """Return the answer to a target of a panel."""
        if target.get("instant"):
            found = self._get("query", query=self.filled(target["expr"], step), time=self.span.end)["result"]
            return [_series(one["metric"], [one["value"]]) for one in found]
        return self.over_time(target["expr"], step)

    def over_time(self, query: str, step: float) -> list[Series]:
        """Return the values of a query over the span; Grafana asks for whole steps."""
        start, end = (time // step * step for time in (self.span.start, self.span.end))
        asked = {"query": self.filled(query, step), "start": start, "end": end, "step": step}
        return [_series(one["metric"], one["values"]) for one in self._get("query_range", **asked)["result"]]

    def label_values(self, query: str) -> list[str]:
        """Return what the query of a variable gives."""
        found = LABEL_VALUES.match(query)
        if not found:
            raise ValueError(f"the variable's query is {query!r}, not label_values(series, label)")
        times = {"start": self.span.start, "end": self.span.end}
        named = self._get(f"label/{found[2]}/values", **{"match[]": self.filled(found[1], 1)}, **times)
        return [str(name) for name in named]

    def _get(self, path: str, **parameters: Any) -> Any:
        reply = requests.get(f"{self.address}/api/v1/{path}", params=parameters, timeout=TIMEOUT_S)
        if not reply.ok:
            raise ValueError(f"{self.address} answers {reply.status_code} to {parameters}: {reply.text[:200]}")
        return reply.json()["data"]


def _series(labels: Json, samples: list[tuple[float, str]]) -> Series:
    return Series(labels, tuple(float(time) for time, _ in samples), tuple(float(text) for _, text in samples))


def choose(source: Source, dashboard: Json) -> Source:
    """Return the source with a value for each variable: the one given, else the first that its query gives."""
    for variable in dashboard["templating"]["list"]:
        name = variable["name"]
        if variable["type"] == "query" and name not in source.variables:
            values = sorted(source.label_values(variable["query"]["query"]))
            source = Source(source.address, source.span, {**source.variables, name: values[0] if values else ""})
    return source
