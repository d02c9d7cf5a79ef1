"""A story as it should be, and a run's document."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.prometheus import Sample
from demo.sentences import MOVIES, TWEETS, TWEETS_UNSEEN
from demo.story import Accuracies, Attempt, Evidence, Phase, Requests, Story

DRIFT = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
OLD, NEW = (f"sha256:{letter * 64}" for letter in "ab")


def at(seconds: float) -> datetime:
    return DRIFT + timedelta(seconds=seconds)


def run_document() -> dict[str, Any]:
    """A RetrainRun that has ended well."""
    return {
        "metadata": {"name": "reviews-1-0a1b2c3d"},
        "spec": {
            "trigger": {"reason": "MetricBreached", "value": 0.724, "threshold": 0.78, "time": "2026-11-24T17:00:40Z"},
            "gate": {"metric": "accuracy"},
        },
        "status": {
            "stage": "Finished",
            "outcome": "Promoted",
            "message": "accuracy 0.94 after the promotion, 0.724 before it",
            "startTime": "2026-11-24T17:00:41Z",
            "trainedTime": "2026-11-24T17:01:35Z",
            "rolledOutTime": "2026-11-24T17:01:50Z",
            "completionTime": "2026-11-24T17:03:05Z",
            "result": {
                "trainingRows": 1500,
                "candidate": {"digest": NEW, "metrics": {"accuracy": "0.931"}},
                "served": {"digest": OLD, "metrics": {"accuracy": "0.781"}},
            },
        },
    }


def attempt(**changes: Any) -> Attempt:
    facts: dict[str, Any] = {
        "name": "reviews-1-0a1b2c3d",
        "stage": "Finished",
        "outcome": "Promoted",
        "message": "accuracy 0.94 after the promotion, 0.724 before it",
        "breached": at(40),
        "breached_value": 0.724,
        "started": at(41),
        "trained": at(95),
        "rolled_out": at(110),
        "completed": at(185),
        "candidate": NEW,
        "training_rows": 1500,
        "gate": (0.781, 0.931),
    }
    return Attempt(**(facts | changes))


def story(**changes: Any) -> Story:
    phases = ((MOVIES, -50, 0), (TWEETS, 0, 111), (TWEETS_UNSEEN, 111, 157), (MOVIES, 157, 190))
    facts: dict[str, Any] = {
        "threshold": 0.78,
        "phases": tuple(Phase(name, at(start), at(end)) for name, start, end in phases),
        "attempt": attempt(),
        "digests": (OLD, NEW),
        "accuracies": Accuracies(0.833, 0.722, 0.941, 0.826),
        "requests": Requests(12000, 0),
        "curve": tuple(Sample(at(second), _accuracy(second)) for second in range(-34, 190, 2)),
        "evidence": Evidence(
            message="accuracy 0.724 over 980 outcomes since 16:59 UTC; evidence 9,100 that it is below 0.78",
            curve=tuple(Sample(at(second), _evidence(second)) for second in (*range(-34, 110, 2), *range(130, 190, 2))),
            needed=8640.0,
        ),
    }
    return Story(**(facts | changes))


def _evidence(second: float) -> float:
    """Rises from the drift on, and begins anew after the rollout."""
    return 0.3 if second < 6 or second > 110 else 0.3 * math.exp(0.3 * (second - 6))


def _accuracy(second: float) -> float:
    """Steps as a window of twenty seconds shows them, with some noise."""
    levels = ((0, 20, 0.83, 0.72), (113, 133, 0.72, 0.94), (160, 180, 0.94, 0.83))
    value = 0.83
    for start, end, before, after in levels:
        if second >= start:
            value = before + (after - before) * min(1.0, (second - start) / (end - start))
    return value + 0.008 * math.sin(second)
