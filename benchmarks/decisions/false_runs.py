"""How often a run starts for nothing at an accuracy of exactly the threshold, against the promise."""

import random
from collections.abc import Mapping
from itertools import islice
from math import log
from statistics import fmean, stdev

from benchmarks.charts import Axis, Line, chart, log_axis
from benchmarks.decisions import Records, Section
from benchmarks.decisions.judge import first_run, monitor
from benchmarks.decisions.outcomes import Source, as_before, by_crowds, by_users, independent, of_size, with_gaps
from benchmarks.decisions.recursion import log_statistics
from benchmarks.pages import Record
from refit_operator.prometheus.rules.evidence import WINDOWS
from refit_operator.prometheus.rules.reading import Counts

TAU, HIGH = 0.85, 0.99
PROMISED, PATHS, LOOKED_AT = 100, 40, 300
SIZES = (5, 20, 50, 200, 500, 2000)
GROUPS = (1, 2, 4, 10)
CORRELATIONS = (0.0, 0.2, 0.5, 0.8)

KEPT = "Every promise is kept, as far as so many paths tell: none is short of it by more than two standard errors."


def sources() -> dict[str, Source]:
    """Return what is simulated at the threshold TAU, by its name on the page."""
    return {
        **{f"independent, {total} a window": independent(total) for total in SIZES},
        **{f"groups of {size}, 200 a window": of_size(200, size) for size in GROUPS[1:]},
        "groups of 10, 20 a window": of_size(20, 10),
        **{f"Markov {rho:g}, 200 a window": as_before(200, rho) for rho in CORRELATIONS[1:]},
        "Markov 0.5, 5 a window": as_before(5, 0.5),
        "Markov 0.8, 5 a window": as_before(5, 0.8),
        "users of 4 on average, 200 a window": by_users(200, 4, 100),
        "users, few of whom send most, 200 a window": by_crowds(200, 100),
        "independent, 50 a window, a third gaps": with_gaps(independent(50), 1 / 3),
        "groups of 4, 40 a window, a third gaps": with_gaps(of_size(40, 4), 1 / 3),
    }


def one_by_one(windows: list[Counts | None]) -> int | None:
    """Return after how many windows a run would start if each outcome were counted by itself."""
    found = enumerate(log_statistics(windows, TAU, below=True), 1)
    return next((number for number, statistic in found if statistic >= log(PROMISED)), None)


def simulate(name: str, source: Source, threshold: float = TAU, shown: int = WINDOWS) -> Record:
    """Return the mean number of windows to a false run; a path without any counts as LOOKED_AT, which lowers it."""
    chance, judge = random.Random(name), monitor(threshold, PROMISED)
    paths = [list(islice(source(chance, threshold), LOOKED_AT)) for _ in range(PATHS)]
    times = [first_run(judge, path, shown=shown) or LOOKED_AT for path in paths]
    naive = [one_by_one(path) or LOOKED_AT for path in paths] if threshold == TAU else []
    return {
        "name": name,
        "promised": PROMISED,
        "mean": round(fmean(times), 1),
        "error": round(stdev(times) / PATHS**0.5, 1),
        "none": sum(time == LOOKED_AT for time in times),
        "one_by_one": round(fmean(naive), 1) if naive else None,
    }


def measure() -> list[Record]:
    """Simulate each source, and what restarts and a high threshold do."""
    found = [simulate(name, source) for name, source in sources().items()]
    found.append(simulate("independent, 200 a window, the last 20 windows alone seen", independent(200), shown=20))
    found.append(simulate("independent, 20 a window, threshold 0.99", independent(20), HIGH))
    found.append(simulate("groups of 10, 200 a window, threshold 0.99", of_size(200, 10), HIGH))
    return found


def is_kept(record: Record) -> bool:
    """Return whether the promise is kept, as far as so many paths tell: not more than two standard errors short."""
    return bool(record["mean"] + 2 * record["error"] >= record["promised"])


def render(records: Records) -> str:
    """Return the section."""
    rows = "\n".join(_row(record) for record in records)
    broken = [record["name"] for record in records if not is_kept(record)]
    verdict = f"Not kept: {'; '.join(broken)}." if broken else KEPT
    return f"""## Runs for nothing
The accuracy is exactly the threshold ({TAU}), nothing is wrong, and one false run in {PROMISED} windows is allowed.
After each window the operator's rules judge what its range query would show: evidence, and that the newest reading is
in breach. The mean number of windows to a run has to be {PROMISED} or more. {PATHS} paths of at most {LOOKED_AT}
windows; one without a run counts as {LOOKED_AT}, so that the true mean is larger. *One by one* is the same evidence
without the discount for outcomes that [come together](../concepts/evidence.md#outcomes-that-come-together). {verdict}

| outcomes | windows to a false run (standard error) | paths without one | one by one |
| --- | --- | --- | --- |
{rows}

![Windows to a false run by how many outcomes come together](decisions/false-runs.svg)

A restart of the operator changes nothing: nothing is stored, and the next range query shows the same windows. What it
can't show any more only lowers the evidence. Counters at the threshold through a real Prometheus, with groups, restarts
and missing scrapes, keep it likewise ([the test](../../tests/wire/prometheus/test_promise.py))."""


def _row(record: Record) -> str:
    naive = "" if record["one_by_one"] is None else f"{record['one_by_one']:.0f}"
    return (
        f"| {record['name']} | {record['mean']:.0f} ({record['error']:.0f}) | {record['none']} of {PATHS} | {naive} |"
    )


def pictures(records: Records) -> Mapping[str, str]:
    """Return the picture of groups: discounted, one by one, and the promise."""
    by_name = {record["name"]: record for record in records}
    names = [f"groups of {size}, 200 a window" if size > 1 else "independent, 200 a window" for size in GROUPS]
    found = [by_name[name] for name in names if name in by_name]
    if len(found) < len(GROUPS):
        return {}
    lines = [
        Line("discounted", [(size, record["mean"]) for size, record in zip(GROUPS, found, strict=True)]),
        Line("one by one", [(size, record["one_by_one"]) for size, record in zip(GROUPS, found, strict=True)]),
        Line("promised", [(1, PROMISED), (10, PROMISED)], dashed=True),
    ]
    x = Axis("outcomes that come together", 1, 10, GROUPS)
    y = log_axis("windows to a false run", [1, *(value for line in lines for _, value in line.points)])
    return {"false-runs.svg": chart("Runs for nothing at the threshold", x, y, lines)}


SECTION = Section("false-runs", 10, measure, render, pictures)
