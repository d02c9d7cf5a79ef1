"""How long a run's Job has been queued, pending or running, by the operator's clock: those of API server and nodes may
differ from it.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from refit_operator.api.base import ApiModel
from refit_operator.api.durations import Duration


class Phase(StrEnum):
    """What the Job is doing, as far as deadlines go."""

    QUEUED = "Queued"
    """It is suspended; no deadline runs."""
    PENDING = "Pending"
    """Its pod isn't created or can't start; training.pendingDeadline runs."""
    RUNNING = "Running"
    """A container runs, ran last, or waits for its next attempt; training.deadline runs."""


class RunClock(ApiModel):
    """The phase that was seen last, and how long the Job ran before it."""

    phase: Phase = Field(description="Queued, Pending or Running.")
    since: datetime = Field(description="When the operator first saw it.")
    ran: Duration = Field(default=timedelta(0), description="Running time before this phase.")

    def running_time(self, now: datetime) -> timedelta:
        """Return how long the Job has run until now."""
        return self.ran + self.time_in(Phase.RUNNING, now)

    def time_in(self, phase: Phase, now: datetime) -> timedelta:
        """Return how long the Job has been in a phase without a break; nothing where it is in another one."""
        return max(timedelta(0), now - self.since) if self.phase is phase else timedelta(0)

    def turned(self, phase: Phase, now: datetime) -> "RunClock":
        """Return the clock as of now in this phase; the same clock where the phase is the same."""
        return self if phase is self.phase else RunClock(phase=phase, since=now, ran=self.running_time(now))
