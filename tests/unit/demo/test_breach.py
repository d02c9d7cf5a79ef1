"""The demo's numbers, by the operator's own rule: how soon it alarms, and that it doesn't while nothing is wrong."""

import random
from datetime import timedelta
from math import log
from pathlib import Path

import pytest
import yaml

from benchmarks.decisions.recursion import log_statistics
from refit_operator.api.metric import MetricSpec
from refit_operator.prometheus.rules.evidence import needed_for, weigh
from refit_operator.prometheus.rules.reading import Counts
from tests.support.cluster.kubectl import merge

MANIFESTS = Path(__file__).parents[3] / "manifests"
A_SECOND, SCRAPES_EVERY_S = 25, 2
MOVIES, TWEETS = 0.84, 0.727
"""The first model's accuracies, as three runs of the demo measured them."""


def metric_of(*files: str) -> MetricSpec:
    spec: object = {}
    for file in files:
        spec = merge(spec, yaml.safe_load((MANIFESTS / file).read_text())["spec"]["metric"])
    return MetricSpec.model_validate(spec)


BEFORE = timedelta(minutes=1)
"""Of films, before the tweets."""
SAMPLE = metric_of("samples/reviews/monitor.yaml")
DEMO = metric_of("samples/reviews/monitor.yaml", "overlays/demo/monitor.yaml")


def needed(metric: MetricSpec) -> float:
    allowed = metric.allowed_false_runs
    return needed_for(allowed.at_most, allowed.per, metric.window or timedelta(0))


def counted() -> int:
    """Return the outcomes of a window, less those after its last scrape."""
    assert DEMO.window
    return round(A_SECOND * (DEMO.window.total_seconds() - SCRAPES_EVERY_S))


def drawn(accuracy: float, draw: random.Random) -> Counts:
    return Counts(sum(draw.random() < accuracy for _ in range(counted())), counted())


def time_to_the_breach(seed: int) -> timedelta:
    """Return the time from the first window of tweets alone."""
    assert DEMO.window
    draw = random.Random(seed)
    windows = [drawn(MOVIES, draw) for _ in range(BEFORE // DEMO.window)]
    for number in range(1, 100):
        windows.append(drawn(TWEETS, draw))
        if weigh(windows, DEMO.threshold, DEMO.below).reaches(needed(DEMO)):
            return number * DEMO.window
    raise AssertionError("no breach in a hundred windows")


def test_the_demo_asks_for_as_much_evidence_as_the_sample() -> None:
    assert needed(DEMO) == needed(SAMPLE) == 8640


def test_the_drift_is_mostly_in_breach_within_a_minute_and_a_half() -> None:
    times = sorted(time_to_the_breach(seed) for seed in range(40))
    assert times[20] <= timedelta(seconds=75) and times[34] <= timedelta(seconds=105), times


@pytest.mark.parametrize("accuracy", [MOVIES, 0.82])
def test_nothing_is_near_a_breach_before_it(accuracy: float) -> None:
    *_, last = log_statistics([Counts(round(accuracy * counted()), counted())] * 400, DEMO.threshold, DEMO.below)
    assert last < log(needed(DEMO) / 1000)
