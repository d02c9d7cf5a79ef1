"""Which runs and Jobs are deleted. Pure.

Everything that the loop remembers, it remembers in runs: what serves, what served before it, which weights were rolled
back, how many attempts there were. So a run is deleted only where none of this rests on it. Deleting a run takes its
Job along; checkpoints on volumes are not touched.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from refit_operator.api.metadata import owner_of
from refit_operator.api.run import Outcome, RetrainRun
from refit_operator.run.rules.views.documents import Document, ending_of
from refit_operator.target.rules.ownership import newest_rollout, promoted_by, rolled_back_digest

KEEP_FAILED = timedelta(days=1)
"""How long a failed Job, with its pod's log, stays after its end."""
STRAY_AFTER = timedelta(minutes=5)
"""How long after its run's end a Job that is still at work is stopped: it should have ended with it."""


@dataclass(frozen=True)
class History:
    """What there is of one monitor. `live` is the target's pointer, None where no target was found."""

    runs: tuple[RetrainRun, ...]
    jobs: tuple[Document, ...]
    live: str | None
    now: datetime
    awaits_audit: bool = False
    """Whether a run stays until its audit document is kept."""


def runs_to_delete(h: History, limit: int) -> tuple[RetrainRun, ...]:
    """Return the finished runs beyond the limit that nothing rests on, oldest first.

    As many again stay of those that trained, of those whose weights were rolled back, and of those that the breaker
    counts, whatever number of skipped ones came after them. `limit` is no smaller than the counts of breaker and budget
    (a rule of the CRD), so that these rest on what stays. The newest run always stays: it holds the count of attempts.
    Without a target it isn't known what serves.
    """
    if h.live is None:
        return ()
    finished = sorted((run for run in h.runs if run.is_finished), key=lambda run: run.spec.ordinal)
    trained = [run for run in finished if run.status.outcome is not Outcome.SKIPPED]
    rolled_back = [run for run in finished if rolled_back_digest(run)]
    counted = [run for run in finished if run.status.outcome and run.status.outcome.is_evidence]
    needed = {run.metadata.uid for some in (finished, trained, rolled_back, counted) for run in _newest(some, limit)}
    kept = needed | {run.metadata.uid for run in serving_runs(h.live, h.runs)}
    goes = (run for run in finished if run.metadata.uid not in kept)
    return tuple(run for run in goes if run.status.audit_time or not h.awaits_audit)


def _newest(runs: list[RetrainRun], limit: int) -> list[RetrainRun]:
    return runs[-max(1, limit) :]


def serving_runs(live: str, runs: tuple[RetrainRun, ...]) -> tuple[RetrainRun, ...]:
    """Return the runs of the served checkpoint and of the one before it, as the target has it and as we left it."""
    promoted = tuple(run for run in runs if not run.is_rollback)
    current = [run for run in (promoted_by(live, runs), promoted_by(live, promoted), newest_rollout(runs)) if run]
    before = (run.spec.live_pointer for run in current)
    return (*current, *(run for old in before if (run := promoted_by(old, runs))))


def jobs_to_delete(h: History) -> tuple[Document, ...]:
    """Return the Jobs of finished runs that are over: the newest Job stays, a failed one for a day.

    One that is still at work though its run has long ended goes too: an operator that slept through the end made it.
    """
    finished = {run.metadata.uid: run for run in h.runs if run.is_finished}
    ours = [job for job in h.jobs if owner_of(job) in {run.metadata.uid for run in h.runs}]
    newest = max(
        ours, key=lambda job: (_time(job["metadata"]["creationTimestamp"]), job["metadata"]["name"]), default=None
    )
    return tuple(
        job
        for job in ours
        if (run := finished.get(owner_of(job))) and _is_over(job, run, h.now, is_newest=job is newest)
    )


def _is_over(job: Document, run: RetrainRun, now: datetime, is_newest: bool) -> bool:
    ended = ending_of(job)
    if ended is None:
        completed = run.status.completion_time
        return completed is not None and now - completed >= STRAY_AFTER
    if is_newest:
        return False
    return bool(ended["type"] == "Complete") or now - _time(ended["lastTransitionTime"]) >= KEEP_FAILED


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
