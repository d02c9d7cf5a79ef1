"""Whose word counts on a target: what we last promoted, unless a person has changed it since.

Derived from the runs that exist, never from a status that could be wiped or forged.
"""

from collections.abc import Iterable

from refit_operator.api.conditions import ConditionType, Reason, find
from refit_operator.api.run import Outcome, RetrainRun


def newest_rollout(runs: Iterable[RetrainRun]) -> RetrainRun | None:
    """Return the newest finished run that says what the pointer should be; None where there is none.

    Its rollout was completed, or a person stopped it by changing the pointer, or it couldn't be taken back well.
    """
    done = [run for run in runs if run.is_finished and run.status.pointer_change and _settled(run)]
    return max(done, key=lambda run: run.spec.ordinal, default=None)


def _settled(run: RetrainRun) -> bool:
    finished = find(run.status.conditions, ConditionType.FINISHED)
    stopped = finished is not None and finished.reason in (Reason.OVERRULED, Reason.ROLLBACK_BLOCKED)
    return stopped or run.status.rolled_out_time is not None


def expected_pointer(runs: Iterable[RetrainRun]) -> str | None:
    """Return the pointer that the newest completed rollout left behind; None where no run ever completed one."""
    run = newest_rollout(runs)
    if run is None or run.status.pointer_change is None:
        return None
    return run.spec.live_pointer if run.status.outcome is Outcome.ROLLED_BACK else run.status.pointer_change.new


def handover(live: str, runs: Iterable[RetrainRun]) -> str:
    """Return what the take-pointer annotation must say for the operator to go on from `live`: `<live>#<ordinal>`.

    The ordinal is that of the newest rollout, so that an annotation doesn't hand back what a person undoes later.
    """
    run = newest_rollout(runs)
    return f"{live}#{run.spec.ordinal if run else 0}"


def is_overruled(live: str, taken: str | None, runs: Iterable[RetrainRun]) -> bool:
    """Return whether a person changed the pointer and hasn't handed it back.

    `live` is the target's pointer, empty where there is none; `taken` is the monitor's take-pointer annotation. While a
    run changes the pointer, or watches what it changed, it looks for a person's change itself.
    """
    runs = tuple(runs)
    if any(run.status.pointer_change and not run.is_finished for run in runs):
        return False
    expected = expected_pointer(runs)
    return expected is not None and live != expected and taken != handover(live, runs)


def is_another_target(uid: str, runs: Iterable[RetrainRun]) -> bool:
    """Return whether the newest rollout was that of a target which has been deleted and made anew since."""
    run = newest_rollout(runs)
    return run is not None and run.status.pointer_change is not None and run.status.pointer_change.target_uid != uid


def promoted_by(live: str, runs: Iterable[RetrainRun]) -> RetrainRun | None:
    """Return the newest run whose rollout of exactly that pointer was completed."""
    return next(
        (
            run
            for run in sorted(runs, key=lambda run: run.spec.ordinal, reverse=True)
            if live
            and run.status.rolled_out_time
            and run.status.pointer_change
            and run.status.pointer_change.new == live
        ),
        None,
    )


def pointer_before(live: str, runs: Iterable[RetrainRun]) -> str | None:
    """Return the pointer that the promotion of `live` replaced, empty where there was none.

    None where no run that exists promoted it. That it was once restored is no promotion: what was taken back then is
    never gone back to.
    """
    run = promoted_by(live, (run for run in runs if not run.is_rollback))
    return run.spec.live_pointer if run else None


def rolled_back_digests(runs: Iterable[RetrainRun]) -> frozenset[str]:
    """Return the digests that were taken back once, or were to be; they are never promoted again."""
    return frozenset(digest for run in runs if (digest := digest_taken_back(run)))


def digest_taken_back(run: RetrainRun) -> str:
    """Return the digest that the run took back, or was to, for readings, an abort or a person's request; else empty."""
    change, candidate = run.status.pointer_change, run.status.result.candidate
    if run.status.outcome is Outcome.RESTORED and change:
        return run.spec.live_pointer.rpartition("@")[2]
    decided = run.status.outcome is Outcome.ROLLED_BACK or (change is not None and change.rollback_time is not None)
    return candidate.digest if decided and candidate else ""
