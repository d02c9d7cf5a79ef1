"""How late a drop is seen, by its size: evidence against M of N, and a CUSUM that knows the good accuracy."""

import random
from collections.abc import Mapping, Sequence
from itertools import islice
from math import log
from statistics import median, quantiles

import numpy as np

from benchmarks.alarms import Counts as Rows
from benchmarks.alarms import Cusum, Flags, Rule, count_alarms, first_alarm, is_below
from benchmarks.charts import Axis, Line, chart, log_axis
from benchmarks.decisions import Records, Section
from benchmarks.decisions.judge import first_run, monitor
from benchmarks.decisions.outcomes import independent
from benchmarks.decisions.recursion import log_statistics
from benchmarks.pages import Record
from refit_operator.prometheus.rules.reading import Counts

TAU, GOOD, LABELS = 0.85, 0.87, 200
MONTH = 8640
"""Windows of five minutes, and what one false run in 30 days has as its evidence."""
DROPS = {0.84: 300, 0.83: 100, 0.82: 60, 0.80: 30, 0.75: 15, 0.60: 10}
"""To which accuracy, and for how many windows is waited."""
BEFORE = {"evidence, a day after a rollout": 288, "evidence, two hours after one": 24, "evidence, from the first": 0}
PATHS, MONTHS = 60, 40
M_OF_N, COOLDOWN = Rule(3, 5), 12


def by_evidence(name: str, before: int) -> Record:
    """Return how late the operator's rules start a run after so many good windows."""
    judge, lags = monitor(TAU, MONTH), {}
    for accuracy, horizon in DROPS.items():
        times = [first_run(judge, path, begin=before) or horizon for path in _paths(before, accuracy, horizon)]
        lags[str(accuracy)] = _summary(times)
    return {"rule": name, "lags": lags, "at_tau": "1 at most", "at_good": "1 at most"}


def without_discount(name: str, before: int) -> Record:
    """Return how late evidence is enough where each outcome counts by itself."""
    lags = {}
    for accuracy, horizon in DROPS.items():
        found = [list(log_statistics(path, TAU, below=True))[before:] for path in _paths(before, accuracy, horizon)]
        times = [next((n for n, each in enumerate(path, 1) if each >= log(MONTH)), horizon) for path in found]
        lags[str(accuracy)] = _summary(times)
    return {"rule": name, "lags": lags, "at_tau": "1 at most, of independent ones", "at_good": "1 at most"}


def _paths(before: int, accuracy: float, horizon: int) -> list[list[Counts | None]]:
    """Return good windows, and those from a drop on: the same ones for each rule."""
    chance, paths = random.Random(f"{before} {accuracy}"), []
    for _ in range(PATHS):
        good = islice(independent(LABELS)(chance, GOOD), before)
        paths.append([*good, *islice(independent(LABELS)(chance, accuracy), horizon)])
    return paths


def by_other(name: str, rule: Rule | Cusum) -> Record:
    """Return the same of a rule that isn't the operator's for counts, and its false runs a month."""
    lags = {}
    for accuracy, horizon in DROPS.items():
        right = np.random.default_rng(6).binomial(LABELS, accuracy, (400, horizon))
        found = rule.first(right, LABELS) if isinstance(rule, Cusum) else first_alarm(_below(right), rule)
        lags[str(accuracy)] = _summary([min(int(index) + 1, horizon) for index in found])
    at_tau, at_good = (f"{_a_month(rule, accuracy):.3g}" for accuracy in (TAU, GOOD))
    return {"rule": name, "lags": lags, "at_tau": at_tau, "at_good": at_good}


def _a_month(rule: Rule | Cusum, accuracy: float) -> float:
    """Return the false runs a month at an accuracy."""
    right = np.random.default_rng(4).binomial(LABELS, accuracy, (MONTHS, MONTH))
    if isinstance(rule, Cusum):
        return float(rule.count(right, LABELS, COOLDOWN).mean())
    return float(count_alarms(_below(right), rule, COOLDOWN).mean())


def _below(right: Rows) -> Flags:
    return is_below(right, LABELS, TAU)


def _summary(times: Sequence[int]) -> list[float]:
    """Return the median and the 95th percentile."""
    return [median(times), round(quantiles(times, n=20)[-1], 1)]


def measure() -> list[Record]:
    """Measure each rule."""
    good = np.random.default_rng(4).binomial(LABELS, GOOD, (MONTHS, MONTH))
    cusum = Cusum(GOOD, 2 * TAU - GOOD).tuned(good, LABELS, COOLDOWN, 1.0)
    return [
        *(by_evidence(name, before) for name, before in BEFORE.items()),
        without_discount("evidence, a day after one, without discount", BEFORE["evidence, a day after a rollout"]),
        by_other(f"{M_OF_N} readings", M_OF_N),
        by_other(f"CUSUM that knows {GOOD}", cusum),
    ]


def render(records: Records) -> str:
    """Return the section."""
    heads = " | ".join(f"to {accuracy}" for accuracy in DROPS)
    rows = "\n".join(_row(record) for record in records)
    return f"""## How late a drop is seen
Windows from a drop to a run, median / 95th percentile, from an accuracy of {GOOD} with the threshold {TAU}, {LABELS}
independent outcomes a window, and one false run in {MONTH:,} windows allowed (30 days of five minutes). In brackets: as
long as was waited. Of {PATHS} paths each, 400 for the last two rules; a drop comes at a window's beginning.

| rule | {heads} | false runs a month at {TAU} | at {GOOD} |
|{" --- |" * (len(DROPS) + 3)}
{rows}

![Windows to a run by the accuracy after the drop](decisions/lag.svg)

M of N is quick and wrong every day. The CUSUM has to be told the good accuracy, and what it is tuned to holds there
alone: a model that is as good as the threshold demands has the runs of the column before. Evidence is bound to the
threshold, and costs most where it knows few windows: it can't tell yet how many outcomes
[come together](../concepts/evidence.md#outcomes-that-come-together)."""


def _row(record: Record) -> str:
    cells = [_cell(record["lags"][str(accuracy)], horizon) for accuracy, horizon in DROPS.items()]
    return f"| {' | '.join([record['rule'], *cells, record['at_tau'], record['at_good']])} |"


def _cell(found: Sequence[float], horizon: int) -> str:
    middle, late = (f"({value:.0f})" if value >= horizon else f"{value:.0f}" for value in found)
    return f"{middle} / {late}"


def pictures(records: Records) -> Mapping[str, str]:
    """Return the picture of the medians."""
    points = {record["rule"]: [(a, record["lags"][str(a)][0]) for a in DROPS] for record in records}
    if not points:
        return {}
    x = Axis("accuracy after the drop", 0.60, 0.85, (0.60, 0.65, 0.70, 0.75, 0.80, 0.85))
    y = log_axis("windows until a run (median)", [value for found in points.values() for _, value in found])
    lines = [Line(rule, found) for rule, found in points.items()]
    return {"lag.svg": chart(f"From {GOOD}, threshold {TAU}", x, y, lines)}


SECTION = Section("lag", 20, measure, render, pictures)
