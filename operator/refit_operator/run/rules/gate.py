"""The gate: whether a candidate may serve. Pure.

A tuple of checks, each named for its Reason in snake case; a candidate that none refuses is accepted. A missing number
refuses.
"""

from collections.abc import Callable
from dataclasses import dataclass

from refit_operator.api.reasons import Reason
from refit_operator.api.training import Accept
from refit_operator.run.rules.certainty import holm
from refit_operator.run.rules.contract import SMALLEST_SLICE_ROWS
from refit_operator.run.rules.gate_case import Case
from refit_operator.run.rules.gate_words import describe_acceptance, describe_doubt, describe_laxness


@dataclass(frozen=True)
class Verdict:
    """What the gate says, with the numbers it says it by."""

    accepted: bool
    reason: Reason
    message: str


Refusal = tuple[Reason, str] | None
EPSILON = 1e-9
"""Room for the rounding of decimal numbers: a margin of 0.05 is met by 0.85 against 0.80."""
ROUNDING = 1e-3
"""Room for the rounding of a risk that the judge's report has as its rest."""


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
    """Refuse where the candidate's number isn't better by the margin, or is worse by more than the tolerance."""
    value, served, gate = case.candidate, case.served, case.gate
    if value is None or served is None or case.gain(value, served) >= case.threshold - EPSILON:
        return None
    said = f"does not beat served {served:.4g}" + (f" with margin {gate.margin:.4g}" if gate.margin else "")
    if gate.accept is Accept.NOT_WORSE:
        said = f"is worse than served {served:.4g} by more than the tolerance of {gate.tolerance:.4g}"
    return Reason.NOT_BETTER, f"{gate.metric} {value:.4g} {said}; {case.direction}"


def unclear(case: Case) -> Refusal:
    """Refuse where the candidate may be no better, or too much worse, for all that this holdout tells."""
    found, least = case.difference, case.least_gain
    if found is None or least is None:
        return None
    if 1 - found.confidence > (1 - case.confidence) * (1 + ROUNDING):
        return Reason.UNCLEAR, describe_laxness(case, found)
    return None if least > case.threshold else (Reason.UNCLEAR, describe_doubt(case, found, least))


def no_baseline(case: Case) -> Refusal:
    """Refuse where neither a served model nor a bound says what is good enough."""
    if case.has_served or case.gate.bound is not None:
        return None
    return Reason.NO_BASELINE, "nothing is served yet and gate.bound is not set"


def slice_regressed(case: Case) -> Refusal:
    """Refuse where one slice loses more than maxSliceDrop; smaller ones than SMALLEST_SLICE_ROWS tell nothing.

    Where the judge gives bounds, a loss has to be certain: of many slices some lose by chance.
    """
    return _certainly_regressed(case) if case.difference else _by_number_regressed(case)


def _certainly_regressed(case: Case) -> Refusal:
    parts, limit = case.report.slices, case.gate.max_slice_drop
    found = {name: part.difference.p for name, part in parts.items() if part.difference}
    p_values = {name: p for name, p in found.items() if p is not None}
    tests = case.report.slice_count or 0
    dropped = holm(p_values, tests, 1 - case.gate.confidence) if limit is not None else []
    if not dropped:
        return None
    part, more = parts[dropped[0]], f", and {len(dropped) - 1} more" if len(dropped) > 1 else ""
    said = f"slice {dropped[0]}: {part.candidate:.4g} against served {part.served:.4g} on {part.rows} rows"
    chance = f"p {p_values[dropped[0]]:.2g}, Holm over {max(tests, len(p_values))} slices"
    return Reason.SLICE_REGRESSED, f"{said} drops more than {limit:.4g} ({chance}){more}"


def _by_number_regressed(case: Case) -> Refusal:
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


def known_labels_regressed(case: Case) -> Refusal:
    """Refuse where the candidate certainly loses on the labels that the served model knows: new ones hide no loss."""
    known = case.report.new_labels.known if case.report.new_labels else None
    p = known.difference.p if known and known.difference else None
    if known is None or known.served is None or p is None or p > 1 - case.gate.confidence:
        return None
    said = f"{case.gate.metric} {known.candidate:.4g} against served {known.served:.4g} on {known.rows} rows"
    why = f"of labels that the served model knows drops more than {case.known_drop:.4g} (p {p:.2g})"
    return Reason.KNOWN_LABELS_REGRESSED, f"{said} {why}"


CHECKS: tuple[Callable[[Case], Refusal], ...] = (
    metric_not_reported,
    direction_unclear,
    digest_mismatch,
    rolled_back_before,
    holdout_too_small,
    no_baseline,
    bound_not_met,
    not_better,
    unclear,
    slice_regressed,
    known_labels_regressed,
)


def judge(case: Case) -> Verdict:
    """Return the first refusal, or the acceptance."""
    for check in CHECKS:
        refusal = check(case)
        if refusal:
            return Verdict(False, *refusal)
    return Verdict(True, Reason.GATE_PASSED, describe_acceptance(case))
