"""Trainings that wait in a queue, and for how long they have."""

from datetime import UTC, datetime
from typing import Any

from tests.support.cluster.kubectl import Document, Space

DEADLINE_S = 15


def queued(**more: Any) -> Document:
    """A training for the LocalQueue `gpus`, with a deadline that a wait would overrun."""
    return {
        "queueName": "gpus",
        "deadline": f"{DEADLINE_S}s",
        "podTemplate": {"terminationGracePeriodSeconds": 0},
        **more,
    }


def seconds_in_phase(space: Space, name: str) -> float:
    """Return how long a run has been in its phase."""
    since = space.get("rr", name)["status"]["clock"]["since"]
    return (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
