"""The statistic of evidence by its recursion, window by window: what the operator's sum over starts has to equal."""

from collections.abc import Iterable, Iterator
from math import exp, fsum, inf, log, log1p

from refit_operator.prometheus.rules.evidence import MOST_OF_A_WINDOW, alternatives_to, log_factor
from refit_operator.prometheus.rules.reading import Counts


def log_statistics(
    windows: Iterable[Counts | None], threshold: float, below: bool, repeats: float = 1.0
) -> Iterator[float]:
    """Yield the logarithm of the statistic after each window: M becomes exp(min(L/c, ln 100))·(M + 1)."""
    level = threshold if below else 1 - threshold
    alternatives = alternatives_to(level)
    sums = [-inf] * len(alternatives)
    for window in windows:
        if window and window.total:
            right = window if below else Counts(window.total - window.good, window.total)
            factors = [min(log_factor(right, level, q) / repeats, MOST_OF_A_WINDOW) for q in alternatives]
            sums = [_go_on(m, factor) for m, factor in zip(sums, factors, strict=True)]
        yield _log_mean(sums)


def _go_on(log_sum: float, factor: float) -> float:
    """Return ln(exp(L)·(M + 1)) for ln M and L."""
    return factor + max(log_sum, 0.0) + log1p(exp(-abs(log_sum)))


def _log_mean(logs: list[float]) -> float:
    top = max(logs)
    return top if top == -inf else top + log(fsum(exp(each - top) for each in logs) / len(logs))
