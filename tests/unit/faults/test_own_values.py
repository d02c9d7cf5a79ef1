"""What the fault tests say of an operator that takes damaged answers for what monitors say."""

from typing import Any

import pytest

from tests.faults.invariants import Document
from tests.faults.own_values import Truth, problems_of, shown_wrong
from tests.support.watched import in_order

TRUTHS = {
    "well": Truth(0.9),
    "other": Truth(0.902),
    "falls": Truth(0.904, 0.5),
    "ratio": Truth(0.906, 0.506, passes=True),
}


def monitor(name: str, value: str | None = None, **conditions: str) -> Document:
    kinds = [{"type": kind, "status": status} for kind, status in conditions.items()]
    metric: dict[str, Any] = {} if value is None else {"metric": {"value": value}}
    return {"kind": "ModelMonitor", "metadata": {"name": name}, "status": metric | {"conditions": kinds}}


WELL = monitor("well", "0.9000", MetricAvailable="True", WithinThreshold="True")
CASES: dict[str, tuple[list[Document], list[str]]] = {
    "as it should be": ([{"kind": "ModelMonitor", "metadata": {"name": "well"}}, monitor("well"), WELL], []),
    "runs and Jobs say no values": ([{"kind": "Job", "metadata": {"name": "well"}}], []),
    "no reading, and the query has one": (
        [WELL, monitor("well", MetricAvailable="False"), monitor("other", MetricAvailable="False"), WELL],
        ["B1: MetricAvailable is False: other, well (2 in all)"],
    ),
    "nobody knows whether there is one": (
        [monitor("falls", MetricAvailable="Unknown")],
        ["B1: MetricAvailable is Unknown: falls (1 in all)"],
    ),
    "a breach that is none": (
        [monitor("well", WithinThreshold="False")],
        ["B2: in breach, and its own value isn't: well (1 in all)"],
    ),
    "a breach": ([monitor("falls", "0.5000", MetricAvailable="True", WithinThreshold="False")], []),
    "another's value": ([monitor("well", "0.9020")], ["B3: a value that isn't its own: well (1 in all)"]),
    "a value on the way": ([monitor("ratio", "0.7000")], []),
    "no value on the way": ([monitor("falls", "0.7000")], ["B3: a value that isn't its own: falls (1 in all)"]),
    "below all on the way": ([monitor("ratio", "0.5040")], ["B3: a value that isn't its own: ratio (1 in all)"]),
}


@pytest.mark.parametrize(("documents", "found"), CASES.values(), ids=CASES)
def test_what_is_violated(documents: list[Document], found: list[str]) -> None:
    assert problems_of(in_order(documents), TRUTHS) == found


def test_a_metric_that_shows_anothers_value() -> None:
    assert shown_wrong({"well": 0.9, "falls": 0.5}, TRUTHS) == []
    assert shown_wrong({"well": 0.902, "other": 0.902}, TRUTHS) == [
        "B3: 1 metrics show a value that isn't the monitor's: well 0.902"
    ]
