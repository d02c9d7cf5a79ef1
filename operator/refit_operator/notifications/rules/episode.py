"""An episode: a breach or a request, the run that it led to, and how that ended. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.metadata import Ref
from refit_operator.api.run import Outcome, RetrainRun, TriggerReason

SENT_FOR = timedelta(hours=24)
"""After that long nobody is helped by the news: it isn't sent any more."""

_TITLES = {
    Outcome.PROMOTED: "a new checkpoint serves",
    Outcome.REJECTED: "the candidate was refused",
    Outcome.ROLLED_BACK: "the promotion was rolled back",
    Outcome.FAILED: "the run failed",
    Outcome.ABORTED: "the run was aborted",
    Outcome.RESTORED: "the requested rollback is done",
    Outcome.SUPERSEDED: "the run was superseded",
    Outcome.SKIPPED: "the run was skipped",
}


@dataclass(frozen=True)
class Episode:
    """What a notification says."""

    id: str
    """UID of the run: the same after a restart."""
    monitor: Ref
    run: str
    outcome: Outcome
    reason: str
    cause: str
    """What led to the run, in a sentence."""
    message: str
    """How it ended, in the run's words."""
    began: datetime
    ended: datetime
    checkpoint: str
    """The candidate; empty where there is none."""

    @property
    def title(self) -> str:
        """What came of it."""
        return _TITLES[self.outcome]


def episode_of(run: RetrainRun) -> Episode | None:
    """Return the episode of a run; None while it isn't over."""
    status, meta = run.status, run.metadata
    if status.outcome is None or status.completion_time is None:
        return None
    finished = find(status.conditions, ConditionType.FINISHED)
    return Episode(
        id=meta.uid,
        monitor=Ref(meta.namespace, run.spec.monitor_ref.name),
        run=meta.name,
        outcome=status.outcome,
        reason=finished.reason if finished else status.outcome.value,
        cause=_cause(run),
        message=status.message or "",
        began=meta.creation_timestamp,
        ended=status.completion_time,
        checkpoint=status.result.checkpoint,
    )


def is_news(run: RetrainRun, now: datetime) -> bool:
    """Return whether the run ended a short time ago, and its notification isn't recorded as sent."""
    ended = run.status.completion_time
    return ended is not None and run.status.notified_time is None and now - ended < SENT_FOR


def _cause(run: RetrainRun) -> str:
    trigger, metric = run.spec.trigger, run.spec.metric
    if trigger.reason is TriggerReason.MANUAL:
        return "a run was requested"
    if trigger.reason is TriggerReason.ROLLBACK_REQUESTED:
        return "a rollback was requested"
    value = "" if trigger.value is None else f" with {trigger.value:.4g}"
    return f"{metric.name} was in breach{value}, threshold {trigger.threshold:.4g}"
