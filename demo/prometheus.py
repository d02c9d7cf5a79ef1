"""Prometheus's HTTP API: what the demo reads its numbers from, the same ones that the operator reads."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from demo.kubectl import DemoFailed

TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Sample:
    """A value and when it was so."""

    time: datetime
    value: float


@dataclass(frozen=True)
class Prometheus:
    """A server."""

    address: str

    def value(self, query: str, at: datetime | None = None) -> float | None:
        """Return the one value of a query, None where there is none or it isn't a number."""
        values = [float(series["value"][1]) for series in self._get("query", query, time=at)]
        return values[0] if len(values) == 1 and math.isfinite(values[0]) else None

    def labels(self, query: str) -> list[dict[str, str]]:
        """Return the labels of a query's series."""
        return [series["metric"] for series in self._get("query", query)]

    def series(self, query: str, start: datetime, end: datetime, step_s: float) -> list[Sample]:
        """Return the values of a query's one series over time."""
        answer = self._get("query_range", query, start=start, end=end, step=step_s)
        return list(_samples(answer[0]["values"])) if answer else []

    def _get(self, path: str, query: str, **parameters: datetime | float | None) -> list[dict[str, Any]]:
        given = {name: _text(value) for name, value in parameters.items() if value is not None}
        url = f"{self.address}/api/v1/{path}"
        try:
            reply = httpx.get(url, params={"query": query, **given}, timeout=TIMEOUT_S, trust_env=False)
            result: list[dict[str, Any]] = reply.raise_for_status().json()["data"]["result"]
        except (httpx.HTTPError, KeyError, ValueError) as error:
            raise DemoFailed(f"Prometheus at {self.address} did not answer {query!r}: {error!r}") from error
        return result


def _text(value: datetime | float) -> str:
    return str(value.timestamp() if isinstance(value, datetime) else value)


def _samples(pairs: list[tuple[float, str]]) -> Iterator[Sample]:
    for when, text in pairs:
        if math.isfinite(float(text)):
            yield Sample(datetime.fromtimestamp(when, UTC), float(text))
