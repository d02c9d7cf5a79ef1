"""How likely the gate accepts: of rows that are right or wrong summed over all answers, else simulated.

Simulated are slices, holdouts that are asked again, and metrics that are no share of rows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from benchmarks.decisions.gates import Rule, chance, least_gained, measured_verdict, risk_of, verdict
from benchmarks.pages import Record
from refit_operator.api.reasons import Reason
from refit_operator.api.training import GateSpec
from refit_operator.run.rules.certainty import rows_needed
from refit_trainer.comparison.bootstrap import estimate
from refit_trainer.comparison.difference import MEASURED_DRAWS
from refit_trainer.comparison.pairs import Pairs

RISK = 1 - GateSpec().confidence
SIZES, SHARES = (100, 500, 1000, 5000), (0.02, 0.05, 0.1, 0.2)
RULES = {
    "better": Rule(),
    "better by more than 0.02 (`margin`)": Rule(margin=0.02),
    "not worse by 0.02 (`accept: NotWorse`)": Rule(tolerance=0.02),
}
BETTER, NOT_WORSE, BY_NUMBER = RULES["better"], Rule(tolerance=0.02), Rule(by_number=True)
USUAL = 0.1
"""Share of rows that one model alone has right, where it isn't varied."""
HOLDOUTS = (100, 200, 500, 1000, 2000, 5000)
GAINS = (-0.02, -0.01, 0.0, 0.01, 0.02, 0.03, 0.05, 0.1)
SLICES, SLICE_ROWS, MOST_LOST, CANDIDATES = (1, 2, 5, 10, 20, 50), 100, 0.02, 500
EQUAL, AT_THE_LIMIT, BAD = (0.05, 0.05), (0.04, 0.06), (0.02, 0.12)
GATES, ASKED_ROWS, ASKED, ACCURACY = (1, 2, 5, 10, 20, 50, 100), 200, 2000, 0.8
MOST_DIFFERING = range(3 * int(USUAL * ASKED_ROWS))
"""Rows that one model alone has right: more, nine standard deviations off, aren't drawn."""
INPUTS, REPEATED = (100, 400), 200
Numbers = NDArray[np.int64]


def error_of(share: float, times: int) -> float:
    """Return the standard error of a share that was found in so many trials."""
    return sqrt(share * (1 - share) / times)


def sizes() -> Iterator[Record]:
    """Yield how likely a candidate is accepted that is exactly at what has to be exceeded."""
    for name, rule in RULES.items():
        for rows in SIZES:
            for share in SHARES:
                accepted = round(chance(rows, share, rule.limit, rule), 5)
                yield {"part": "size", "rule": name, "rows": rows, "share": share, "accepted": accepted}


def powers() -> Iterator[Record]:
    """Yield how likely candidates are accepted that differ by so much, by bounds and by their numbers alone."""
    for rows in HOLDOUTS:
        for gain in GAINS:
            ways = {"better": BETTER, "number": BY_NUMBER, "not_worse": NOT_WORSE}
            found = {way: round(chance(rows, USUAL, gain, rule), 4) for way, rule in ways.items()}
            yield {"part": "power", "rows": rows, "gain": gain, **found}


def rows_that_tell() -> Iterator[Record]:
    """Yield how likely a candidate is accepted on as many rows as a refusal's message names."""
    for gain in (0.01, 0.02, 0.03, 0.05):
        rows = rows_needed(USUAL, gain, 1 - risk_of(1))
        yield {"part": "needed", "gain": gain, "rows": rows, "accepted": round(chance(rows, USUAL, gain, BETTER), 4)}


def drawn(random: np.random.Generator, gained: float, lost: float) -> Pairs:
    """Return the answers on a slice."""
    one, other, _ = random.multinomial(SLICE_ROWS, [gained, lost, 1 - gained - lost])
    return Pairs(int(one), int(other), SLICE_ROWS)


def is_refused(slices: Mapping[str, Pairs], by_number: bool = False) -> bool:
    """Return whether a slice is what a candidate is refused for that is better on all rows."""
    whole = Pairs(60 * len(slices), 10 * len(slices), SLICE_ROWS * len(slices))
    rule = Rule(max_slice_drop=MOST_LOST, by_number=by_number)
    return verdict(whole, rule, slices=slices).reason is Reason.SLICE_REGRESSED


@cache
def is_refused_alone(part: Pairs) -> bool:
    """Return whether a slice is what a candidate is refused for, where it is the only one."""
    return is_refused({"slice": part})


def by_slices() -> Iterator[Record]:
    """Yield how often candidates are refused for a slice: together as Holm does, each by itself, by the numbers."""
    kinds = {"equal": (EQUAL, EQUAL), "limit": (AT_THE_LIMIT, AT_THE_LIMIT), "bad": (EQUAL, BAD)}
    for number, (kind, (most, last)) in enumerate(kinds.items()):
        for count in SLICES:
            random, found = np.random.default_rng([1, number, count]), np.zeros(3)
            for _ in range(CANDIDATES):
                parts = {f"s{n}": drawn(random, *(most if n < count - 1 else last)) for n in range(count)}
                alone = any(map(is_refused_alone, parts.values()))
                found += [is_refused(parts), alone, is_refused(parts, by_number=True)]
            ways = dict(zip(("holm", "alone", "number"), (found / CANDIDATES).tolist(), strict=True))
            yield {"part": "slices", "kind": kind, "slices": count, **ways, "candidates": CANDIDATES}


def answers(random: np.random.Generator, gain: float) -> tuple[Numbers, Numbers]:
    """Return of candidates on holdouts the rows that one model alone has right, and the candidate's of these.

    All of a holdout are held against one served model: where that happens to be often wrong they all gain.
    """
    wrong = random.binomial(ASKED_ROWS, 1 - ACCURACY, (ASKED, 1))
    gained = random.binomial(wrong, (USUAL + gain) / 2 / (1 - ACCURACY), (ASKED, max(GATES)))
    lost = random.binomial(ASKED_ROWS - wrong, (USUAL - gain) / 2 / ACCURACY, (ASKED, max(GATES)))
    return gained + lost, gained


def passes(differing: Numbers, gained: Numbers, rule: Rule, use: int) -> NDArray[np.bool_]:
    """Return which candidates are accepted at this use of their holdouts."""
    least = np.array(least_gained(ASKED_ROWS, MOST_DIFFERING, rule, use))
    return np.asarray(gained >= least[differing])


WAYS_TO_ASK = {"counted": (BETTER, True), "first": (BETTER, False), "number": (BY_NUMBER, False)}


def by_uses() -> Iterator[Record]:
    """Yield how often any of so many candidates passes that were tried on one holdout, one after another."""
    for number, gain in enumerate((0.0, -0.01, -0.02)):
        differing, gained = answers(np.random.default_rng([2, number]), gain)
        for way, (rule, is_counted) in WAYS_TO_ASK.items():
            passed = [
                passes(differing[:, gate], gained[:, gate], rule, gate + 1 if is_counted else 1)
                for gate in range(max(GATES))
            ]
            ever = np.logical_or.accumulate(passed).mean(axis=1)
            for gates in GATES:
                share = round(float(ever[gates - 1]), 4)
                yield {"part": "uses", "gain": gain, "way": way, "gates": gates, "passed": share, "holdouts": ASKED}


Drawn = Callable[[np.random.Generator, int], Callable[[Sequence[int]], float]]


def word_errors(random: np.random.Generator, inputs: int) -> Callable[[Sequence[int]], float]:
    """Draw utterances of different lengths and clarity; return the difference of the word error rates."""
    words = random.integers(1, 30, inputs)
    clarity = random.beta(1, 6, inputs)
    errors = random.binomial(words, np.stack([clarity, clarity]))

    def difference(places: Sequence[int]) -> float:
        chosen = np.asarray(places)
        return float((errors[0, chosen] - errors[1, chosen]).sum() / words[chosen].sum())

    return difference


def macro_f1s(random: np.random.Generator, inputs: int) -> Callable[[Sequence[int]], float]:
    """Draw answers to three classes, one of which is rare; return the difference of the macro F1."""
    truth = random.choice(3, inputs, p=[0.5, 0.4, 0.1])
    right = random.random((2, inputs)) < 0.8
    said = np.where(right, truth, (truth + random.integers(1, 3, (2, inputs))) % 3)

    def macro_f1(chosen: Numbers, model: int) -> float:
        cells = np.bincount(truth[chosen] * 3 + said[model, chosen], minlength=9).reshape(3, 3)
        total = cells.sum(axis=0) + cells.sum(axis=1)
        return float(np.mean(2 * np.diag(cells)[total > 0] / total[total > 0]))

    return lambda places: macro_f1(np.asarray(places), 0) - macro_f1(np.asarray(places), 1)


METRICS: dict[str, Drawn] = {"wer": word_errors, "macro_f1": macro_f1s}


def by_draws() -> Iterator[Record]:
    """Yield how often equally good candidates pass by metrics that are no share of rows: the bootstrap's bounds."""
    for metric, draw in METRICS.items():
        for inputs in INPUTS:
            random = np.random.default_rng([3, len(metric), inputs])
            differences = (draw(random, inputs) for _ in range(REPEATED))
            found = (estimate(range(inputs), each, MEASURED_DRAWS) for each in differences)
            passed = sum(measured_verdict(each, Rule(metric=metric)).accepted for each in found) / REPEATED
            record = {"part": "draws", "metric": metric, "inputs": inputs}
            yield {**record, "accepted": round(passed, 4), "candidates": REPEATED}


def measure() -> list[Record]:
    """Sum and simulate all parts."""
    return [*sizes(), *powers(), *rows_that_tell(), *by_slices(), *by_uses(), *by_draws()]
