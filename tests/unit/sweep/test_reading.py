"""What a sweep asks of monitors beside their value. Prometheus is a stand-in: against a real one see the wire tests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.prometheus.rules.reading import (
    Counts,
    FailureKind,
    NoData,
    QueryFailed,
    Reading,
    Stale,
    TooFewSamples,
    Value,
)
from refit_operator.sweep import reading
from refit_operator.sweep.group import Form
from tests.support.samples import NOW

FORM = Form(None, True, True, (None, None), timedelta(seconds=60), 10)
ASKED = ("value", "samples", "age", "behind")
ANSWERS: dict[str, Reading] = {
    "value": Value(0.9, NOW),
    "samples": Value(100, NOW),
    "age": Value(60, NOW),
    "behind": Value(10, NOW),
}
LATE = QueryFailed(FailureKind.Timeout, "late", NOW)


class Server:
    """A reader whose server answers as it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **answers: Reading) -> None:
        self.answers, self.asked = ANSWERS | answers, list[str]()
        monkeypatch.setattr(reading, "read_values", self.read_values)

    async def open(self, *_: object) -> "Server":
        return self

    async def read_values(self, _: object, queries: Sequence[str], time: datetime) -> list[Reading]:
        self.asked += queries
        return [self.answers[query] for query in queries]

    async def read(self) -> Reading:
        reader: Any = self
        (found,) = await reading.read(reader, "shop", "", PrometheusSpec(), FORM, [ASKED], NOW)
        return found


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({}, Value(0.9, NOW, Counts(90, 100))),
        ({"samples": Value(0, NOW)}, TooFewSamples(0, NOW)),
        ({"age": Value(61, NOW)}, Stale(timedelta(seconds=61), NOW)),
        ({"age": NoData(NOW)}, Stale(None, NOW)),
        ({"behind": Value(9, NOW)}, TooFewSamples(9, NOW)),
        ({"behind": NoData(NOW)}, TooFewSamples(0, NOW)),
        ({"age": LATE}, QueryFailed(FailureKind.Timeout, "metric.maxAge: late", NOW)),
        ({"behind": LATE}, QueryFailed(FailureKind.Timeout, "metric.minSamples: late", NOW)),
    ],
)
async def test_a_value_is_doubted_as_in_its_window(
    monkeypatch: pytest.MonkeyPatch, answers: dict[str, Reading], found: Reading
) -> None:
    assert await Server(monkeypatch, **answers).read() == found


async def test_where_there_is_no_value_nothing_else_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(monkeypatch, value=NoData(NOW))
    assert await server.read() == NoData(NOW)
    assert server.asked == ["value"]
