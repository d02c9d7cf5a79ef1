"""The gate: whether a candidate may serve. Pure.

A tuple of checks, each named for its Reason in snake case; a candidate that none refuses is accepted. A missing number
refuses.
"""

from collections.abc import Callable
from dataclasses import dataclass

from refit_operator.api.conditions import Reason
from refit_operator.api.training import Better, GateSpec
from refit_operator.run.rules.contract import SMALLEST_SLICE_ROWS
from refit_operator.run.rules.direction import Direction, direction_of
from refit_operator.run.rules.views.reports import JudgeReport


@dataclass(frozen=True)
class Verdict:
    """What the gate says, with the numbers it says it by."""

    accepted: bool
    reason: Reason
    message: str


@dataclass(frozen=True)
class Case:
    """What is judged."""

    gate: GateSpec
    report: JudgeReport
    has_served: bool
    trained_digest: str
    rolled_back: frozenset[str]

    @property
    def reported_direction(self) -> Better | None:
        """The side that the judge reports as the better one; None where it reports none for the gate's metric."""
        return self.report.directions.get(self.gate.metric)

    @property
    def direction(self) -> Direction | None:
        """The side that is the better one, None where it isn't known."""
        return direction_of(self.gate.metric, self.gate.direction, self.reported_direction)

    @property
    def lower(self) -> bool:
        """True where a smaller number is the better one; asked once the direction is known."""
        return self.direction is not None and self.direction.better is Better.LOWER

    @property
    def candidate(self) -> float | None:
        """The candidate's number."""
        return self.report.candidate.metrics.get(self.gate.metric)

    @property
    def served(self) -> float | None:
        """The served model's number."""
        return self.report.served.metrics.get(self.gate.metric) if self.report.served else None

    def gain(self, candidate: float, served: float) -> float:
        """Return by how much the candidate is the better one."""
        return served - candidate if self.lower else candidate - served


Refusal = tuple[Reason, str] | None
EPSILON = 1e-9
"""Room for the rounding of decimal numbers: a margin of 0.05 is met by 0.85 against 0.80."""


def metric_not_reported(case: Case) -> Refusal:
    """Refuse where the judge didn't report the gate's metric."""
    if case.candidate is None:
        known = ", ".join(sorted(case.report.candidate.metrics)) or "nothing"
        return Reason.METRIC_NOT_REPORTED, f"gate.metric {case.gate.metric!r} isn't reported; the judge reports {known}"
    if case.has_served and case.served is None:
        return Reason.METRIC_NOT_REPORTED, "the judge didn't report the served model"
    return None


def direction_unclear(case: Case) -> Refusal:
    """Refuse where it isn't known which side of the metric is better, or spec and judge contradict each other."""
    metric, ours, theirs = case.gate.metric, case.gate.direction, case.reported_direction
    if case.direction is None:
        unknown = f"whether a higher or a lower {metric!r} is better is neither reported by the judge nor known by name"
        return Reason.DIRECTION_UNCLEAR, f"{unknown}; set gate.direction to Higher or Lower"
    if ours and theirs and ours is not theirs:
        return Reason.DIRECTION_UNCLEAR, f"gate.direction is {ours}, but the judge reports {theirs} for {metric!r}"
    return None


def digest_mismatch(case: Case) -> Refusal:
    """Refuse where the judged checkpoint isn't the trained one."""
    if case.report.candidate.digest == case.trained_digest:
        return None
    return Reason.DIGEST_MISMATCH, f"judged {case.report.candidate.digest}, trained {case.trained_digest}"


def rolled_back_before(case: Case) -> Refusal:
    """Refuse weights that were rolled back before."""
    if case.report.candidate.digest not in case.rolled_back:
        return None
    return Reason.ROLLED_BACK_BEFORE, f"{case.report.candidate.digest} was rolled back before"


def holdout_too_small(case: Case) -> Refusal:
    """Refuse where the holdout has too few distinct inputs to tell: a row that repeats an input is no more evidence."""
    if case.report.evidence >= case.gate.min_rows:
        return None
    has = case.report.evidence_text
    return Reason.HOLDOUT_TOO_SMALL, f"the holdout has {has}, gate.minRows is {case.gate.min_rows}"


def bound_not_met(case: Case) -> Refusal:
    """Refuse below the minimum, or above the maximum where lower is better."""
    bound, value = case.gate.bound, case.candidate
    if bound is None or value is None or case.gain(value, bound) >= -EPSILON:
        return None
    return Reason.BOUND_NOT_MET, f"{case.gate.metric} {value:.4g} {'>' if case.lower else '<'} bound {bound:.4g}"


def not_better(case: Case) -> Refusal:
    """Refuse where the candidate isn't better by the margin."""
    value, served = case.candidate, case.served
    if value is None or served is None or case.gain(value, served) >= case.gate.margin - EPSILON:
        return None
    margin = f" with margin {case.gate.margin:.4g}" if case.gate.margin else ""
    message = f"{case.gate.metric} {value:.4g} does not beat served {served:.4g}{margin}; {case.direction}"
    return Reason.NOT_BETTER, message


def no_baseline(case: Case) -> Refusal:
    """Refuse where neither a served model nor a bound says what is good enough."""
    if case.has_served or case.gate.bound is not None:
        return None
    return Reason.NO_BASELINE, "nothing is served yet and gate.bound is not set"


def slice_regressed(case: Case) -> Refusal:
    """Refuse where one slice loses more than maxSliceDrop; smaller ones than SMALLEST_SLICE_ROWS tell nothing."""
    limit = case.gate.max_slice_drop
    for name, part in sorted(case.report.slices.items()):
        if limit is None or part.served is None or part.rows < SMALLEST_SLICE_ROWS:
            continue
        if case.gain(part.candidate, part.served) < -limit - EPSILON:
            return (
                Reason.SLICE_REGRESSED,
                f"slice {name}: {part.candidate:.4g} against served {part.served:.4g} drops more than {limit:.4g}",
            )
    return None


CHECKS: tuple[Callable[[Case], Refusal], ...] = (
    metric_not_reported,
    direction_unclear,
    digest_mismatch,
    rolled_back_before,
    holdout_too_small,
    no_baseline,
    bound_not_met,
    not_better,
    slice_regressed,
)


def judge(case: Case) -> Verdict:
    """Return the first refusal, or the acceptance."""
    for check in CHECKS:
        refusal = check(case)
        if refusal:
            return Verdict(False, *refusal)
    against = f" against served {case.served:.4g}" if case.served is not None else ""
    message = f"{case.gate.metric} {case.candidate:.4g}{against} on {case.report.evidence_text}; {case.direction}"
    return Verdict(True, Reason.GATE_PASSED, message)
