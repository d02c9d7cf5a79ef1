"""Whose change counts on a target: the operator's last one, unless somebody changed the pointer since.

Derived from the runs that exist, never from a status that could be wiped or forged.
"""

from collections.abc import Iterable

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, RetrainRun
from refit_operator.api.uris import name_pointer
from refit_operator.target.rules.view import TargetView


def newest_rollout(runs: Iterable[RetrainRun]) -> RetrainRun | None:
    """Return the newest finished run that says what the pointer should be; None where there is none.

    Its rollout was completed, or was overruled by a change of the pointer, or its rollback was blocked.
    """
    done = [run for run in runs if run.is_finished and run.status.pointer_change and _settled(run)]
    return max(done, key=lambda run: run.spec.ordinal, default=None)


def _settled(run: RetrainRun) -> bool:
    finished = find(run.status.conditions, ConditionType.FINISHED)
    ended = finished is not None and finished.reason in (Reason.OVERRULED, Reason.ROLLBACK_BLOCKED)
    return ended or run.status.rolled_out_time is not None


def expected_pointer(runs: Iterable[RetrainRun]) -> str | None:
    """Return the pointer that the newest completed rollout left behind; None where no run ever completed one."""
    run = newest_rollout(runs)
    if run is None or run.status.pointer_change is None:
        return None
    return run.spec.live_pointer if run.status.outcome is Outcome.ROLLED_BACK else run.status.pointer_change.new


def describe_change(target: TargetView, expected: str) -> str:
    """Return what became of the pointer, by whom where that is recorded, and what was expected; empty is none.

    Where one of its annotations contradicts the others, that is what became of it.
    """
    if target.disagreement:
        return target.disagreement
    managers = ", ".join(f'"{manager}"' for manager in target.pointer_managers)
    by = f" by field manager {managers}" if managers else ""
    changed = f"was set to {target.pointer}{by}" if target.pointer else "was removed"
    wanted = name_pointer(expected) if expected else "none"
    return f"{target.carrier} {changed}; expected {wanted}"


def handover(live: str, runs: Iterable[RetrainRun]) -> str:
    """Return what the take-pointer annotation must say for the operator to go on from `live`: `<live>#<ordinal>`.

    The ordinal is that of the newest rollout, so that an annotation doesn't hand over what is undone later.
    """
    run = newest_rollout(runs)
    return f"{live}#{run.spec.ordinal if run else 0}"


def is_overruled(live: str, taken: str | None, runs: Iterable[RetrainRun]) -> bool:
    """Return whether the pointer was changed by somebody else and not handed over since.

    `live` is the target's pointer, empty where there is none; `taken` is the monitor's take-pointer annotation. While a
    run changes or verifies the pointer, its own checks find such a change.
    """
    runs = tuple(runs)
    if any(run.status.pointer_change and not run.is_finished for run in runs):
        return False
    expected = expected_pointer(runs)
    return expected is not None and live != expected and taken != handover(live, runs)


def is_another_target(uid: str, runs: Iterable[RetrainRun]) -> bool:
    """Return whether the newest rollout was that of a target which was deleted and created again since."""
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

    None where no run that exists promoted it. A requested rollback is no promotion: what it rolled back is never
    restored.
    """
    run = promoted_by(live, (run for run in runs if not run.is_rollback))
    return run.spec.live_pointer if run else None


def rolled_back_digests(runs: Iterable[RetrainRun]) -> frozenset[str]:
    """Return the digests that were rolled back once, or were to be; they are never promoted again."""
    return frozenset(digest for run in runs if (digest := rolled_back_digest(run)))


def rolled_back_digest(run: RetrainRun) -> str:
    """Return the digest that the run rolled back, or was to, for readings, an abort or a request; else empty.

    A rollout that failed for the cluster's reasons says nothing of the weights.
    """
    change, candidate = run.status.pointer_change, run.status.result.candidate
    promoted = find(run.status.conditions, ConditionType.PROMOTED)
    if promoted is not None and promoted.reason == Reason.ROLLOUT_BLOCKED:
        return ""
    if run.status.outcome is Outcome.RESTORED and change:
        return run.spec.live_pointer.rpartition("@")[2]
    decided = run.status.outcome is Outcome.ROLLED_BACK or (change is not None and change.rollback_time is not None)
    return candidate.digest if decided and candidate else ""
