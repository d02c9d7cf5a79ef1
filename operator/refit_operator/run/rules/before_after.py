"""Outcomes since a rollout against those of the replaced model, and what is said of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from refit_operator.api.baseline import Baseline
from refit_operator.api.run import RetrainRun
from refit_operator.prometheus.rules.baseline import scatter_of
from refit_operator.prometheus.rules.dispersion import worth
from refit_operator.prometheus.rules.reading import Counts, Reading, Value
from refit_operator.prometheus.rules.sequential import RISK, Before, Comparison, Verdict, compare
from refit_operator.run.rules.baseline import baseline_of

CERTAIN = f"certain ({100 * (1 - RISK):g} %)"


@dataclass(frozen=True)
class BeforeAfter:
    """A ratio's outcomes before and after a promotion."""

    run: RetrainRun
    baseline: Baseline
    after: Comparison

    @property
    def verdict(self) -> Verdict:
        """What the outcomes say."""
        return self.after.verdict

    @property
    def outcomes(self) -> str:
        """Return both sides in words."""
        name, counts = self.run.spec.metric.name, self.after.counts
        before = f"before {self.baseline.value:.3g} over {self.baseline.total:,}"
        if not counts.total:
            return f"{name}: no outcome was counted since the rollout; {before}"
        outcomes = f"{counts.total:,} outcomes{worth(counts.total, self.after.repeats)}"
        return f"{name} {counts.good / counts.total:.3g} over {outcomes} since the rollout; {before}"

    @property
    def worse(self) -> str:
        """Return what a worse model is, by verification.maxDrop."""
        drop = self.run.spec.verification.max_drop
        return f"more than {drop:g} worse (verification.maxDrop)" if drop else "worse"

    @property
    def message(self) -> str:
        """Return what is known, and how certain."""
        match self.verdict:
            case Verdict.WORSE:
                return f"{self.outcomes}; {CERTAIN} that it is {self.worse}"
            case Verdict.NOT_WORSE:
                return f"{self.outcomes}; {CERTAIN} that it isn't {self.worse}"
            case Verdict.UNCERTAIN:
                return f"{self.outcomes}; not yet {CERTAIN} whether it is {self.worse}"

    @property
    def uncertain(self) -> str:
        """Return what is said where the time is over."""
        return f"{self.outcomes}; too few to be {CERTAIN} whether it is {self.worse}"


def outcomes_of(baseline: Baseline, repeats: float = 1.0) -> Before | None:
    """Return its outcomes; None where none are counted. `repeats`: how many are known to come together."""
    if baseline.good is None or baseline.total is None:
        return None
    unselected = Counts(baseline.good_since_trigger or 0, baseline.total_since_trigger or 0)
    together = max(repeats, baseline.repeats or 1.0)
    return Before(Counts(baseline.good, baseline.total), unselected, scatter_of(baseline), together)


_compared = lru_cache(maxsize=16)(compare)
"""One decision asks for it in several checks."""


def before_and_after(run: RetrainRun, readings: Sequence[Reading]) -> BeforeAfter | None:
    """Return the comparison; None where no outcomes of the replaced model are recorded."""
    baseline = baseline_of(run)
    before = outcomes_of(baseline, run.spec.metric.known_repeats) if baseline else None
    if baseline is None or before is None:
        return None
    after = tuple(reading.counts for reading in readings if isinstance(reading, Value) and reading.counts)
    found = _compared(before, after, run.spec.verification.max_drop, run.spec.metric.below)
    return BeforeAfter(run, baseline, found)
