"""How far the rollout of a target is, whatever its kind."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Complete:
    """Every pod is of the newest template and available."""


@dataclass(frozen=True)
class Progressing:
    """Pods are still being replaced."""

    message: str


@dataclass(frozen=True)
class Waiting:
    """It stands still as it is meant to, such as in a step that pauses: no deadline counts meanwhile."""

    message: str


@dataclass(frozen=True)
class Failed:
    """It missed the target's own progressDeadlineSeconds, or was aborted.

    A Deployment's condition outlives a change back to an older template until its pods are there, with the strategy
    Recreate for as long as they start (seen), so that it condemns nothing then.
    """

    message: str
    is_verdict: bool = False
    """Whether it says of itself that the candidate is bad, as an abort does, whatever its pods are seen to do."""


@dataclass(frozen=True)
class Halted:
    """Paused, at zero replicas, or being deleted, for example: nothing moves until somebody changes that."""

    message: str


Rollout = Complete | Progressing | Waiting | Failed | Halted
