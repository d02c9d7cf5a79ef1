"""Runs that a gate refused and would refuse again: what has their start, rows and hyperparameters isn't trained. Pure.

The trainer alone sees the rows of the training, the judge alone those of the holdout. Both say a digest of them, and
what is decided by these is decided here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from refit_operator.api.base import RETRAIN_ANNOTATION
from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, RetrainRun, TriggerReason

REFUSALS_KEPT = 20
"""Refused runs whose fingerprints are in a trainer's configuration, the newest ones."""


@dataclass(frozen=True)
class Refusal:
    """A run that the gate refused."""

    run: str
    holdout: str
    """The digest of the rows that it was refused on."""
    reason: str
    message: str


Refusals = Mapping[str, Refusal]
"""By the fingerprint of the training."""
NO_REFUSALS: Refusals = MappingProxyType({})


def refusals_before(runs: Iterable[RetrainRun], run: RetrainRun) -> Refusals:
    """Return the refusals that hold for this run too, where its rows and its holdout are theirs; none where it trains
    at any rate: it was requested, its holdout is known to be another one, a script of one's own tells no fingerprint.

    With several machines it trains, since the others don't see what the first one finds.
    """
    training = run.spec.training
    asked_for = run.spec.trigger.reason is not TriggerReason.METRIC_BREACHED
    if asked_for or run.status.holdout_changed_time or training.command or training.num_nodes > 1:
        return NO_REFUSALS
    earlier = sorted((e for e in runs if e.spec.ordinal < run.spec.ordinal), key=lambda e: e.spec.ordinal)
    found = {e.status.result.fingerprint or "": refusal for e in earlier if (refusal := _refusal(e, run))}
    return dict(list(found.items())[-REFUSALS_KEPT:])


def _refusal(earlier: RetrainRun, run: RetrainRun) -> Refusal | None:
    """Return what was refused, None where it was for another reason than the model, or the gate asks something else."""
    result, accepted = earlier.status.result, find(earlier.status.conditions, ConditionType.ACCEPTED)
    if earlier.status.outcome is not Outcome.REJECTED or accepted is None or accepted.status != "False":
        return None
    if accepted.reason == Reason.DIGEST_MISMATCH or not result.fingerprint or not result.holdout_digest:
        return None
    if _asked(earlier) != _asked(run):
        return None
    return Refusal(earlier.metadata.name, result.holdout_digest, accepted.reason, accepted.message)


def _asked(run: RetrainRun) -> tuple[object, ...]:
    """Return what a gate's verdict depends on, but the candidate and the rows."""
    return run.spec.gate, run.served, run.spec.training.image, run.spec.training.task


def describe(refusal: Refusal) -> str:
    """Return why nothing was trained, and what to do where it should be."""
    same = f"start, rows, hyperparameters and holdout are those of run {refusal.run}"
    return (
        f"nothing was trained: {same}, which was refused ({refusal.reason}: {refusal.message}); a run that is "
        f"requested with the annotation {RETRAIN_ANNOTATION} trains all the same"
    )
