"""What happened, from the objects' own timestamps and Prometheus's numbers. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo.prometheus import Sample


@dataclass(frozen=True)
class Attempt:
    """A RetrainRun as the story needs it; times it hasn't reached are None."""

    name: str
    stage: str
    outcome: str
    message: str
    breached: datetime
    breached_value: float | None
    started: datetime | None
    trained: datetime | None
    rolled_out: datetime | None
    completed: datetime | None
    candidate: str
    training_rows: int | None
    gate: tuple[float, float] | None
    """Served and candidate on the holdout."""


@dataclass(frozen=True)
class Phase:
    """What the traffic was from one time to another."""

    name: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Accuracies:
    """What Prometheus measured of each domain, by the model that served before and by the one after."""

    movies_before: float | None
    tweets_before: float | None
    tweets_after: float | None
    movies_after: float | None


@dataclass(frozen=True)
class Requests:
    """What the clients counted."""

    sent: int
    failed: int


@dataclass(frozen=True)
class Evidence:
    """How strongly the outcomes said that the accuracy was below its threshold, as the operator exports it."""

    message: str
    """What the operator said of the breach."""
    curve: tuple[Sample, ...]
    needed: float | None
    """What makes a breach."""


@dataclass(frozen=True)
class Story:
    """The whole of it."""

    threshold: float
    phases: tuple[Phase, ...]
    attempt: Attempt
    digests: tuple[str, str]
    """What served before and after, as the server itself reports."""
    accuracies: Accuracies
    requests: Requests
    curve: tuple[Sample, ...]
    evidence: Evidence

    @property
    def drift(self) -> datetime:
        """When the tweets began."""
        return self.phases[1].start

    @property
    def recovered(self) -> datetime | None:
        """When the accuracy was back above the threshold after the rollout."""
        rolled_out = self.attempt.rolled_out
        later = (sample for sample in self.curve if rolled_out and sample.time >= rolled_out)
        return next((sample.time for sample in later if sample.value >= self.threshold), None)


def parse_time(text: str | None) -> datetime | None:
    """Parse a timestamp of the API server, None where there is none."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def parse_attempt(document: Mapping[str, Any]) -> Attempt:
    """Parse a RetrainRun."""
    trigger, status = document["spec"]["trigger"], document.get("status") or {}
    result = status.get("result") or {}
    breached = parse_time(trigger["time"])
    assert breached is not None
    return Attempt(
        name=document["metadata"]["name"],
        stage=status.get("stage") or "",
        outcome=status.get("outcome") or "",
        message=status.get("message") or "",
        breached=breached,
        breached_value=trigger.get("value"),
        started=parse_time(status.get("startTime")),
        trained=parse_time(status.get("trainedTime")),
        rolled_out=parse_time(status.get("rolledOutTime")),
        completed=parse_time(status.get("completionTime")),
        candidate=(result.get("candidate") or {}).get("digest") or "",
        training_rows=result.get("trainingRows"),
        gate=_gate(document["spec"]["gate"].get("metric", "accuracy"), result),
    )


def _gate(metric: str, result: Mapping[str, Any]) -> tuple[float, float] | None:
    served, candidate = ((result.get(name) or {}).get("metrics") or {} for name in ("served", "candidate"))
    if metric not in served or metric not in candidate:
        return None
    return float(served[metric]), float(candidate[metric])


def failures(story: Story) -> list[str]:
    """Return what the story should have shown and didn't; nothing where it is as it should be."""
    before, after = story.digests
    unseen = story.accuracies.tweets_after
    checks: Sequence[tuple[bool, str]] = (
        (before != after, f"the served model did not change: {before or 'unknown'}"),
        (after == story.attempt.candidate, f"{after or 'an unknown model'} is served, not the candidate"),
        (
            unseen is not None and unseen >= story.threshold,
            f"accuracy on the new traffic is {percent(unseen)}, not back above {percent(story.threshold)}",
        ),
        (story.requests.sent > 0, "no requests were counted"),
        (story.requests.failed == 0, f"{story.requests.failed} of {story.requests.sent} requests failed"),
    )
    return [message for holds, message in checks if not holds]


def percent(share: float | None) -> str:
    """Return a share in percent."""
    return "unknown" if share is None else f"{100 * share:.1f} %"
