"""What was read, in words and numbers: for messages, for the status, and for the run that is started by it. Pure."""

from datetime import datetime
from math import exp, floor, log

from refit_operator.api.baseline import Baseline
from refit_operator.api.monitor import EvidenceStatus
from refit_operator.monitor.rules.decision import Observed
from refit_operator.prometheus.rules.baseline import pooled, with_differences
from refit_operator.prometheus.rules.dispersion import worth
from refit_operator.prometheus.rules.evidence import Evidence

LARGEST = 1e9
"""A larger statistic is written as more than that."""
_LARGEST_LOG = 700.0
"""The largest number whose exponential is one."""


def evidence_message(o: Observed) -> str:
    """Return the outcomes in a sentence; empty where none count."""
    evidence, metric = o.evidence, o.monitor.spec.metric
    since = _began(o, evidence)
    if evidence is None or since is None:
        return ""
    share = f"{metric.name} {evidence.value:.3g} over {_outcomes(evidence)} since {_shown_time(o, since)} UTC"
    side = "below" if metric.below else "above"
    found = f"evidence {_shown(evidence.log_statistic)} that it is {side} {metric.threshold:.4g}"
    return f"{share}; {found} ({o.evidence_needed:,.0f} needed)"


def evidence_status(o: Observed) -> EvidenceStatus | None:
    """Return the outcomes in numbers; None where none count."""
    evidence = o.evidence
    since = _began(o, evidence)
    if evidence is None or since is None:
        return None
    return EvidenceStatus(
        statistic=f"{exp(min(evidence.log_statistic, _LARGEST_LOG)):.4g}",
        needed=f"{o.evidence_needed:.4g}",
        value=f"{evidence.value:.4f}",
        outcomes=evidence.counts.total,
        repeats=f"{evidence.repeats:.2f}",
        since=since,
    )


def baseline_of(o: Observed) -> Baseline | None:
    """Return the readings that lead to a run; None where none had a value.

    Of a ratio in breach these are those since its evidence began to rise.
    """
    if o.evidence is None:
        return pooled(o.readings, o.query_range)
    newest = max(0, len(o.weighed) - o.monitor.spec.metric.breaches.out_of)
    begun = o.evidence.begun if o.is_breached else None
    led = pooled(o.weighed[newest if begun is None else begun :], o.query_range)
    likeliest = o.evidence.begun or 0
    return with_differences(led, None, o.weighed[:likeliest], o.weighed[likeliest:])


def _outcomes(evidence: Evidence) -> str:
    """Return how many there are, and how many independent ones say as much where that is clearly fewer."""
    return f"{evidence.counts.total:,} outcomes{worth(evidence.counts.total, evidence.repeats)}"


def _began(o: Observed, evidence: Evidence | None) -> datetime | None:
    """Return the beginning of the window with which the evidence began to rise."""
    if evidence is None or evidence.begun is None:
        return None
    return o.weighed[evidence.begun].time - o.query_range


def _shown_time(o: Observed, time: datetime) -> str:
    return f"{time:%H:%M}" if time.date() == o.now.date() else f"{time:%Y-%m-%d %H:%M}"


def _shown(log_statistic: float) -> str:
    """Return the statistic to two digits, rounded down, so that none seems enough that isn't."""
    if log_statistic > log(LARGEST):
        return f"more than {LARGEST:,.0f}"
    whole = floor(exp(log_statistic))
    unit = 10 ** max(0, len(str(whole)) - 2)
    return f"{whole // unit * unit:,}" if whole else "less than 1"
