"""A promotion against what it replaced, by counters from a real Prometheus: rolled back, or confirmed early."""

from typing import Any

import pytest

from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import target
from tests.support.cluster.runs import pointer, run_number, start


def promoted(space: Space, quality: str) -> Document:
    """Return the run of a model of 0.5 whose candidate has that quality in service, verified for ten minutes.

    The training takes two windows, so that there are outcomes since the trigger.
    """
    selectors = {name: f'predictions_{name}_total{{namespace="{space.name}"}}' for name in ("correct", "judged")}
    metric: dict[str, Any] = {
        "query": None,
        "interval": None,
        "ratio": {"good": selectors["correct"], "total": selectors["judged"]},
        "window": "10s",
        "falseRuns": {"atMost": 10, "per": "1h"},
    }
    verification = {"for": "10m", "settle": None, "maxDrop": 0.02}
    training = {"hyperparameters": {"seconds": "25"}}
    start(space, target(promoted_quality=quality), metric=metric, training=training, verification=verification)
    return run_number(space, 1)


def confirmed(run: Document) -> tuple[str, str]:
    condition = next(each for each in run["status"]["conditions"] if each["type"] == "Confirmed")
    return condition["status"], condition["reason"]


@pytest.mark.parametrize(
    ("quality", "outcome", "condition", "words"),
    [
        ("0.3", "RolledBack", ("False", "Regressed"), "certain (99 %) that it is more than"),
        ("0.8", "Promoted", ("True", "NoRegression"), "certain (99 %) that it isn't more than"),
    ],
    ids=["a worse one", "a better one"],
)
def test_all_outcomes_decide_long_before_the_time_is_over(
    space: Space, quality: str, outcome: str, condition: tuple[str, str], words: str
) -> None:
    run = promoted(space, quality)
    status, trigger = run["status"], run["spec"]["trigger"]
    assert (status["outcome"], confirmed(run)) == (outcome, condition)
    assert words in status["message"]
    measured = status["message"].partition("accuracy ")[2].partition(" ")[0]
    assert float(measured) == pytest.approx(float(quality), abs=0.02)
    assert pointer(space) == ("" if outcome == "RolledBack" else status["pointerChange"]["new"])
    for baseline in (trigger["baseline"], status["baseline"]):
        assert baseline["good"] / baseline["total"] == pytest.approx(0.5, abs=0.03)
    assert trigger["baseline"]["until"] == trigger["time"] < status["baseline"]["until"]
    assert status["baseline"]["totalSinceTrigger"] > 0
