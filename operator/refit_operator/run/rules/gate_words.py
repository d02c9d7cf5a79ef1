"""What the gate says of differences and their bounds, in words. Pure."""

from refit_operator.api.training import Accept
from refit_operator.run.rules.certainty import RENEW_AFTER, rows_needed, variance_by_row
from refit_operator.run.rules.gate_case import Case
from refit_operator.run.rules.views.reports import JudgedDifference

SHOWN = 3
"""Slices named in a message."""


def percent(confidence: float) -> str:
    """Return a confidence as a percentage."""
    return f"{confidence * 100:.4g} %"


def describe_acceptance(case: Case) -> str:
    """Return the numbers that an acceptance rests on, and how sure they are."""
    sure = ""
    if case.difference and case.least_gain is not None:
        sure = f": {_at_least(case.least_gain)} with {percent(case.difference.confidence)} certainty"
        sure += f" ({case.difference.method})"
    elif case.has_served:
        sure = ", with no certainty given by the judge"
    return f"{_numbers(case)}{sure}; {case.direction}{_new_labels(case)}{_doubtful_slices(case)}{_renewal(case)}"


def describe_doubt(case: Case, found: JudgedDifference, least: float) -> str:
    """Return what the bounds leave open, what is asked for, and how many rows would tell."""
    gate = case.gate
    asked = f"more than {gate.margin:.4g} better (gate.margin)"
    if gate.accept is Accept.NOT_WORSE:
        asked = f"less than {gate.tolerance:.4g} worse (gate.tolerance)"
    sure = f"with {percent(found.confidence)} certainty it is {_at_least(least)} ({found.method})"
    told = f"{_rows_that_tell(case, found, least)}{_new_labels(case)}{_renewal(case)}"
    return f"{_numbers(case)}: {sure}, and has to be {asked}{told}"


def describe_laxness(case: Case, found: JudgedDifference) -> str:
    """Return how sure the judge's bounds are, and how sure they have to be."""
    asked = f"{percent(case.confidence)} at gate {case.use} on this holdout (gate.confidence)"
    return f"the judge's bounds have {percent(found.confidence)} certainty, and the gate needs {asked}{_renewal(case)}"


def _numbers(case: Case) -> str:
    against = f" against served {case.served:.4g}" if case.served is not None else ""
    return f"{case.gate.metric} {case.candidate:.4g}{against} on {case.report.evidence_text}"


def _at_least(gain: float) -> str:
    return f"more than {gain:.4g} better" if gain >= 0 else f"less than {-gain:.4g} worse"


def _rows_that_tell(case: Case, found: JudgedDifference, least: float) -> str:
    """Return how many rows would tell a difference of this size; nothing where it is no more than what is asked for."""
    gain = -found.value if case.lower else found.value
    gap, rows = gain - case.threshold, case.report.evidence
    if gap <= 0 or rows == 0:
        return ""
    share = variance_by_row(gain - least, rows, found.confidence)
    share = share if found.differing is None else found.differing / rows
    needed = max(rows + 1, rows_needed(share, gap, found.confidence))
    return f"; if it is as it seems, about {needed:,} rows would tell"


def _doubtful_slices(case: Case) -> str:
    """Return the slices of which it isn't known whether they lose more than they may."""
    limit = case.gate.max_slice_drop
    if limit is None or case.difference is None:
        return ""
    found = sorted(
        name
        for name, part in case.report.slices.items()
        if part.difference is None or case.least(part.difference) <= -limit
    )
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    named = f"{', '.join(found[:SHOWN])}{more}"
    return f"; too few rows to tell whether a slice drops more than {limit:.4g}: {named}" if found else ""


def _new_labels(case: Case) -> str:
    """Return how many rows have labels that the served model doesn't know, and both models without these."""
    new = case.report.new_labels
    if new is None or not new.rows:
        return ""
    rest = ""
    if (known := new.known) and known.served is not None:
        rest = f", without them {known.candidate:.4g} against served {known.served:.4g} on {known.rows}"
    return f"; the served model doesn't know the labels of {new.rows} rows{rest}"


def _renewal(case: Case) -> str:
    return f"; {case.use} gates asked this holdout: renew it" if case.use > RENEW_AFTER else ""
