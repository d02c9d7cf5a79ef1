"""What a monitor's reconciliation observes, and what it decides. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from refit_operator.api.metric import DEFAULT_WINDOW
from refit_operator.api.monitor import NEVER, MeasureStatus, ModelMonitor
from refit_operator.api.reasons import Reason
from refit_operator.api.run import RetrainRun
from refit_operator.api.uris import Pointer, parse_pointer
from refit_operator.monitor.rules.measure import measure_digest
from refit_operator.monitor.rules.pinned import pin
from refit_operator.prometheus.rules.evidence import Evidence, needed_for, weigh
from refit_operator.prometheus.rules.mass_breach import MassBreach
from refit_operator.prometheus.rules.reading import QueryFailed, Reading, Value
from refit_operator.prometheus.rules.window import count_breaches, eligible, newest
from refit_operator.target.rules.ownership import (
    is_another_target,
    is_overruled,
    newest_rollout,
    pointer_before,
    promoted_by,
)
from refit_operator.target.rules.request import open_request, open_rollback
from refit_operator.target.rules.view import TargetView


@dataclass(frozen=True)
class Observed:
    """Everything that a decision about a monitor rests on, read at one moment."""

    monitor: ModelMonitor
    target: TargetView | None
    runs: tuple[RetrainRun, ...]
    now: datetime
    window: tuple[Reading, ...] | QueryFailed = ()
    """The last N readings, oldest first."""
    query_error: str = ""
    """Which query doesn't parse, and why."""
    query_range: timedelta = timedelta(0)
    interval: timedelta = timedelta(minutes=5)
    next_reading: datetime | None = None
    not_served: str = ""
    """Why there can be no target: the API server doesn't know its kind."""
    claimed_by: str = ""
    """The older monitor that has the same target."""
    taken_pointer: str | None = None
    mass_breach: MassBreach | None = None
    """Whether most monitors of the server fell into breach together."""
    lack_of_room: str = ""
    """Which quota allows no more pod of the target; read only where everything but the guards allows a run."""
    drift: tuple[Reading, ...] | QueryFailed = ()
    """The last readings of spec.drift, oldest first; nothing that is decided rests on them."""
    drift_range: timedelta = timedelta(0)
    guards: tuple[Reading, ...] | None = None
    """What each guard's query gave; None where they weren't queried."""

    @property
    def newest(self) -> Reading | None:
        """The last reading; a query that failed is one as well."""
        if isinstance(self.window, QueryFailed):
            return self.window
        return newest(self.window)

    @property
    def active_run(self) -> RetrainRun | None:
        """The run under way."""
        return next((run for run in reversed(self.runs) if not run.is_finished), None)

    @property
    def last_run(self) -> RetrainRun | None:
        """The newest run that has finished."""
        return next((run for run in reversed(self.runs) if run.is_finished), None)

    @property
    def last_completion(self) -> datetime | None:
        """When the newest finished run ended; one that doesn't say when ended no sooner than it was made."""
        ended = [run for run in self.runs if run.is_finished]
        times = [run.status.completion_time or run.metadata.creation_timestamp for run in ended]
        return max(times, default=None)

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """The readings that count: wholly after the monitor's creation and after the last run's end."""
        if isinstance(self.window, QueryFailed):
            return ()
        since = self.monitor.metadata.creation_timestamp
        if self.last_completion:
            since = max(since, self.last_completion)
        return eligible(self.window, since, self.query_range)

    @property
    def breaches(self) -> int:
        """How many of the last N readings that count are in breach."""
        metric = self.monitor.spec.metric
        return count_breaches(self.readings, metric.threshold, metric.below, metric.breaches.out_of)

    @property
    def measure(self) -> MeasureStatus | None:
        """What outcomes are measured of and by, and since when that is the same; None where they aren't counted.

        When the metric, its threshold or the pointer was changed only the status says, by their digest. Without one, a
        monitor that was there before had a query; one that wasn't, or whose status was lost, is measured all along.
        """
        spec, status = self.monitor.spec, self.monitor.status
        if not spec.metric.is_counted:
            return None
        digest = measure_digest(spec.metric, self.target.pointer if self.target else "")
        if status.measure and status.measure.digest == digest:
            return MeasureStatus(digest=digest, since=min(status.measure.since, self.now))
        is_new = status.measure is None and status.observed_generation == NEVER
        return MeasureStatus(digest=digest, since=self.monitor.metadata.creation_timestamp if is_new else self.now)

    @cached_property
    def weighed(self) -> tuple[Reading, ...]:
        """The readings of a ratio that count as evidence: wholly of one model, measured in one way."""
        rollouts = [run.status.rolled_out_time for run in self.runs if run.status.rolled_out_time]
        since = [*rollouts, *([self.measure.since] if self.measure else [])]
        return eligible(self.readings, max(since), self.query_range) if since else self.readings

    @cached_property
    def evidence(self) -> Evidence | None:
        """What the outcomes say, as far as they count; None where they aren't counted."""
        metric = self.monitor.spec.metric
        if not metric.is_counted:
            return None
        windows = tuple(reading.counts if isinstance(reading, Value) else None for reading in self.weighed)
        return weigh(windows, metric.threshold, metric.below, metric.known_repeats)

    @property
    def evidence_needed(self) -> float:
        """The statistic that is a breach."""
        metric = self.monitor.spec.metric
        allowed = metric.allowed_false_runs
        window = metric.window or DEFAULT_WINDOW if metric.ratio else self.interval
        return needed_for(allowed.at_most, allowed.per, window)

    @property
    def is_breached(self) -> bool:
        """Whether the outcomes of a ratio are evidence enough, or M of the last N readings that count are in breach."""
        if self.evidence:
            return self.evidence.reaches(self.evidence_needed)
        return self.breaches >= self.monitor.spec.metric.breaches.count

    @property
    def is_overruled(self) -> bool:
        """Whether the pointer was changed by somebody else since the last promotion."""
        return self.target is not None and is_overruled(self.target.pointer, self.taken_pointer, self.runs)

    @property
    def is_replaced(self) -> bool:
        """Whether the target isn't the one that the last promotion was for."""
        return self.target is not None and is_another_target(self.target.uid, self.runs)

    @property
    def served(self) -> Pointer | None:
        """The model in service, in claim terms; None where none is named, or no container reads the pointer."""
        if self.target and not self.target.reads_pointer:
            return None
        if self.target and self.target.pointer:
            pointer = parse_pointer(self.target.pointer)
            return pointer and Pointer(self.target.to_claim_uri(pointer.uri), pointer.digest)
        initial = self.monitor.spec.serving.initial_model
        return pin(initial, self.runs) if initial else None

    @property
    def protected(self) -> tuple[str, ...]:
        """The models that may be needed again, in claim terms: what serves, what was promoted, what served before."""
        if self.target is None:
            return ()
        runs = (self.served_by, newest_rollout(self.runs))
        changes = [run.status.pointer_change for run in runs if run and run.status.pointer_change]
        texts = {
            self.target.pointer,
            self.pointer_before or "",
            *(text for change in changes for text in (change.old, change.new)),
        }
        pointers = [pointer for text in texts if (pointer := parse_pointer(text))]
        return tuple(sorted({self.target.to_claim_uri(pointer.uri) for pointer in pointers}))

    @property
    def served_by(self) -> RetrainRun | None:
        """The run that promoted what serves."""
        return promoted_by(self.target.pointer, self.runs) if self.target else None

    @property
    def request(self) -> datetime | None:
        """When the run was requested that isn't started yet."""
        return open_request(self.monitor.metadata, self.runs, self.now)

    @property
    def rollback_request(self) -> datetime | None:
        """When the rollback was requested that isn't answered yet."""
        return open_rollback(self.monitor.metadata, self.runs, self.now)

    @property
    def pointer_before(self) -> str | None:
        """The pointer that the live one replaced, empty where there was none; None where no run says so."""
        return pointer_before(self.target.pointer, self.runs) if self.target else None

    @property
    def cooldown_ends(self) -> datetime | None:
        """When the next run may start; None where there was no run."""
        return self.last_completion + self.monitor.spec.policy.cooldown if self.last_completion else None


@dataclass(frozen=True)
class Hold:
    """Start nothing, and why."""

    reason: Reason
    message: str


@dataclass(frozen=True)
class StartRun:
    """Create this RetrainRun."""

    body: dict[str, Any]
    message: str


Decision = Hold | StartRun
