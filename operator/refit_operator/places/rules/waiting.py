"""A run that waits for a place, and its place in the queue. Pure."""

from dataclasses import dataclass
from datetime import datetime
from math import inf

from refit_operator.api.metadata import Ref
from refit_operator.api.run import RetrainRun, TriggerReason


@dataclass(frozen=True)
class Limits:
    """How many runs may be under way at once, of all namespaces and of one; 0: any number."""

    runs: int = 0
    runs_per_namespace: int = 0

    @property
    def are_set(self) -> bool:
        """Whether there is any."""
        return bool(self.runs or self.runs_per_namespace)

    @property
    def most(self) -> float:
        """The most runs of all namespaces."""
        return self.runs or inf

    @property
    def most_of_one(self) -> float:
        """The most runs of one namespace."""
        return self.runs_per_namespace or inf


UNLIMITED = Limits()


@dataclass(frozen=True, order=True)
class Waiting:
    """A run in the order of its namespace: requested ones first, then by when the breach was read."""

    by_breach: bool
    time: datetime
    created: datetime
    uid: str
    monitor: Ref


def waiting(run: RetrainRun) -> Waiting:
    """Return the run as one that waits."""
    meta, trigger = run.metadata, run.spec.trigger
    by_breach = trigger.reason is not TriggerReason.MANUAL
    monitor = Ref(meta.namespace, run.spec.monitor_ref.name)
    return Waiting(by_breach, trigger.time, meta.creation_timestamp, meta.uid, monitor)


@dataclass(frozen=True)
class Place:
    """Where a run waits, and for what."""

    number: int
    of: int
    setting: str
    allowed: int
    among: str = ""

    def describe(self) -> str:
        """Return it in a sentence."""
        runs = "1 run" if self.allowed == 1 else f"{self.allowed} runs"
        return f"waits at place {self.number} of {self.of}{self.among}: {self.setting} allows {runs} at once"


@dataclass(frozen=True)
class Uncounted:
    """Nobody knows yet how many runs are under way: the operator has just started."""
