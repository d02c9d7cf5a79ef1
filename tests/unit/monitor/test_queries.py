"""All queries of a monitor are looked at before one is asked, each in a turn of its own."""

import asyncio
from typing import Any

import pytest

from refit_operator.api.monitor import ModelMonitor
from refit_operator.monitor.observe import first_query_error
from refit_operator.prometheus.reader import query_error
from tests.support.samples import monitor_document


def spec_of(**changes: Any) -> Any:
    return ModelMonitor.model_validate(monitor_document(**changes)).spec


RATIO: dict[str, Any] = {"query": None, "ratio": {"good": 'ok{a="$(name)"}', "total": "judged"}}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({}, ""),
    "the metric's": ({"metric": {"query": "sum("}}, "metric.query: unclosed left parenthesis"),
    "the samples'": (
        {"metric": {"minSamples": {"query": "x[1e400]", "count": 1}}},
        "metric.minSamples.query: '[1e400]' isn't a range",
    ),
    "none of a ratio's": ({"metric": RATIO}, ""),
    "a ratio's good": (
        {"metric": RATIO | {"ratio": {"good": "sum(ok)", "total": "judged"}}},
        "metric.ratio.good: one series selector is needed",
    ),
    "a ratio's total": (
        {"metric": RATIO | {"ratio": {"good": "ok", "total": "judged[5m]"}}},
        "metric.ratio.total: one series selector is needed",
    ),
    "a ratio's variable": (
        {"metric": RATIO | {"ratio": {"good": 'ok{a="$(nobody)"}', "total": "judged"}}},
        "metric.ratio.good: there is no variable $(nobody)",
    ),
    "a guard's": ({"guards": [{"name": "fed", "query": "x offset 1e400", "min": 1}]}, "guard fed: '1e400' isn't a"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_the_first_query_that_is_wrong_is_named(name: str) -> None:
    changes, want = WRONG[name]
    error = await first_query_error(spec_of(**changes), query_error)
    assert error.startswith(want) if want else error == ""


async def test_others_have_their_turn_between_two_queries() -> None:
    """Each may take milliseconds, and the Lease is renewed on the same event loop."""
    guards = [{"name": f"g{index}", "query": f"turn_{index} > 0", "min": 1} for index in range(8)]
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    assert await first_query_error(spec_of(guards=guards), query_error) == ""
    task.cancel()
    assert turns >= len(guards)
