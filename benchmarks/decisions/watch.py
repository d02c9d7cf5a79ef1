"""Whether a promotion stays: false rollbacks, early confirmations, and what is missed, by the operator's own rules."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.charts import Axis, Line, chart
from benchmarks.decisions import Records, Section, together
from benchmarks.decisions.promotions import (
    BETTER,
    DROP,
    FORMER,
    OLD,
    SOURCES,
    THRESHOLD,
    TRAINING,
    Promotion,
    Windows,
    baseline,
    by_readings,
    promotion,
    verdict,
)
from benchmarks.decisions.tables import of
from benchmarks.pages import Record, table
from refit_operator.prometheus.rules.reading import Counts
from refit_operator.prometheus.rules.sequential import RISK, Before, Verdict

HOUR, LONG, DAY = 11, 100, 287
"""Windows of verifications, less the first, which late labels spoil."""
NEWEST = 5
"""Windows that a requested run is given as those that led to it."""
SIZES = (5, 20, 50, 200, 800, 2000)
LOSSES = (0.20, 0.15, 0.10, 0.07, 0.05, 0.03)
PATHS, AT_THE_LIMIT, TOGETHER, FEW = 100, 300, 300, 20


def shares(found: Sequence[Verdict]) -> Record:
    """Return how often each verdict was given."""
    times = Counter(found)
    return {
        "rolled_back": round(times[Verdict.WORSE] / len(found), 4),
        "confirmed": round(times[Verdict.NOT_WORSE] / len(found), 4),
        "promotions": len(found),
    }


def at_the_limit() -> Iterator[Record]:
    """Yield what becomes of a model that is worse by maxDrop exactly: neither verdict may be given in over 1 of 100."""
    kinds = [(name, OLD) for name in SOURCES] + [("independent", THRESHOLD)]
    for size in SIZES:
        for name, old in kinds:
            random = np.random.default_rng([1, size, len(name), int(100 * old)])
            cases = (promotion(random, size, old - DROP, LONG, old, SOURCES[name]) for _ in range(AT_THE_LIMIT))
            found = [verdict(case, baseline(case))[0] for case in cases]
            yield {"part": "limit", "size": size, "source": name, "old": old, **shares(found)}


def requested(random: np.random.Generator, name: str, history: int, change: float, length: int) -> Promotion:
    """Return the promotion of a requested run, whose outcomes come together, after so many windows."""
    former = together.windows(random, name, OLD, history)
    trained = together.windows(random, name, OLD, TRAINING)
    after = together.windows(random, name, OLD + change, length)
    return Promotion(former[:-NEWEST], former[-NEWEST:], trained, after)


def that_come_together() -> Iterator[Record]:
    """Yield what becomes of a model that is worse by maxDrop exactly, counted as the operator does, and one by one."""
    for number, name in enumerate(together.SOURCES):
        for history in together.HISTORIES:
            random = np.random.default_rng([4, number, history])
            cases = [requested(random, name, history, -DROP, LONG) for _ in range(TOGETHER)]
            befores = [baseline(case) for case in cases]
            found = [verdict(case, before)[0] for case, before in zip(cases, befores, strict=True)]
            yield {"part": "together", "source": name, "history": history, **shares(found)}
            if history:
                pairs = zip(cases, befores, strict=True)
                naive = [together.one_by_one(before, case.after, DROP) for case, before in pairs]
                yield {"part": "one-by-one", "source": name, "history": history, **shares(naive)}
        for change in (-0.20, 0.10):
            random = np.random.default_rng([5, number, int(100 * (change + 1))])
            cases = [requested(random, name, together.HISTORIES[0], change, LONG) for _ in range(FEW)]
            verdicts = [verdict(case, baseline(case))[0] for case in cases]
            yield {"part": "together-loss", "source": name, "change": change, **shares(verdicts)}


def by_loss() -> Iterator[Record]:
    """Yield what becomes of worse and of better models, in an hour and in a day."""
    for length in (HOUR, DAY):
        for size in SIZES:
            for change in (*(-loss for loss in LOSSES), 0.0, 0.05, 0.10):
                random = np.random.default_rng([2, length, size, int(100 * (change + 1))])
                cases = [promotion(random, size, OLD + change, length) for _ in range(PATHS)]
                found = [verdict(case, baseline(case)) for case in cases]
                late = [windows for each, windows in found if each is not Verdict.UNCERTAIN]
                minutes = int(np.median(late)) * 5 if late else None
                yield {
                    "part": "loss",
                    "windows": length,
                    "size": size,
                    "change": change,
                    "minutes": minutes,
                    **shares([each for each, _ in found]),
                }


def bar(case: Promotion, windows: Windows) -> Before:
    """Return these windows as the side of before, with the differences that the operator knows."""
    return replace(baseline(case), counts=total(windows), unselected=total(windows))


BARS: dict[str, Callable[[Promotion], Verdict]] = {
    "the reading that started the run, 3 of 5": by_readings,
    "all outcomes of before the drop": lambda case: verdict(case, bar(case, case.former))[0],
    "all since the evidence began to rise": lambda case: verdict(case, bar(case, case.led))[0],
    "those while the candidate was trained (the operator)": lambda case: verdict(case, baseline(case))[0],
}


def total(windows: Windows) -> Counts:
    """Return all outcomes."""
    return Counts(sum(each.good for each in windows), sum(each.total for each in windows))


def by_bar() -> Iterator[Record]:
    """Yield what each side of before would lead to."""
    for change in (0.05, 0.0, -DROP, -0.05, -0.10, -0.20):
        random = np.random.default_rng([3, int(100 * (change + 1))])
        cases = [promotion(random, 200, OLD + change, HOUR) for _ in range(2 * PATHS)]
        for name, judge in BARS.items():
            yield {"part": "bar", "bar": name, "change": change, **shares([judge(case) for case in cases])}


def measure() -> list[Record]:
    """Simulate all parts."""
    return [*at_the_limit(), *that_come_together(), *by_loss(), *by_bar()]


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _wrong(record: Record) -> list[float]:
    """Return the shares of wrong verdicts: one that is better now and then may be confirmed."""
    return [record["rolled_back"], *([] if record["source"] == BETTER else [record["confirmed"]])]


def _limit_table(records: Records) -> str:
    kinds = dict.fromkeys((each["source"], each["old"]) for each in of(records, part="limit"))
    rows = []
    for name, old in kinds:
        found = of(records, part="limit", source=name, old=old)
        why = "a false alarm at 0.85" if old == THRESHOLD else "a drop to 0.78"
        cells = [", ".join(_percent(share) for share in _wrong(each)) for each in found]
        rows.append([f"{name}, after {why}", *cells])
    return table(["outcomes in a window", *map(str, SIZES)], rows)


def _together_table(records: Records) -> str:
    head = [
        "outcomes",
        f"after {together.HISTORIES[0]} windows",
        "at first",
        "one by one",
        "0.20 worse, rolled back",
        "0.10 better, confirmed",
    ]
    return table(head, list(together.cells(records, _percent)))


def _loss_table(records: Records, windows: int) -> str:
    rows = []
    for size in SIZES:
        found = of(records, part="loss", windows=windows, size=size)
        rows.append([str(size), *(_cell(each) for each in found)])
    changes = [each["change"] for each in of(records, part="loss", windows=windows, size=SIZES[0])]
    return table(["outcomes in a window", *(f"{change:+.2f}" if change else "0" for change in changes)], rows)


def _cell(record: Record) -> str:
    late = f" ({record['minutes']} min)" if record["minutes"] else ""
    share = record["rolled_back"] if record["change"] < 0 else record["confirmed"]
    return f"{_percent(share)}{late if share >= 0.5 else ''}"


def _bar_table(records: Records) -> str:
    changes = list(dict.fromkeys(each["change"] for each in of(records, part="bar")))
    rows = [[name, *(_percent(each["rolled_back"]) for each in of(records, part="bar", bar=name))] for name in BARS]
    return table(["before is", *(f"{change:+.2f}" if change else "0" for change in changes)], rows)


def _losses(records: Records) -> str:
    return f"""\
What becomes of models that are truly worse or better than the old one by so much, in brackets after how many minutes
(median): worse ones rolled back, others confirmed early. What isn't decided stays, unconfirmed. In an hour:

{_loss_table(records, HOUR)}

In a day:

{_loss_table(records, DAY)}
"""


def render(records: Records) -> str:
    """Return the section."""
    worst = max(share for each in of(records, part="limit") for share in _wrong(each))
    most = max(max(each["rolled_back"], each["confirmed"]) for each in of(records, part="together"))
    promotions = sum(each["promotions"] for each in of(records, part="limit"))
    return f"""## Whether a promotion stays

The promise: a model that isn't worse by more than `verification.maxDrop` is rolled back in at most {_percent(RISK)}
of the promotions, and one that is worse is confirmed early in at most {_percent(RISK)}
([how](../concepts/verification.md)). Simulated: windows of five minutes, a threshold of {THRESHOLD}, a training of
half an hour, `maxDrop` {DROP}.

A model that is worse by {DROP} exactly, verified for {LONG} windows; rolled back, and confirmed early, of
{promotions:,} promotions in all. The most of any is {_percent(worst)}.

{_limit_table(records)}

Likewise where outcomes [come together](../concepts/evidence.md#outcomes-that-come-together), after a run that was
requested: with a history of {together.HISTORIES[0]} windows by which to tell, and with none before the training's.
The most of any is {_percent(most)}. *One by one* is what each outcome counted by itself would lead to.

{_together_table(records)}

![Rolled back by the size of the loss](decisions/watch-losses.svg)

{_losses(records)}
What the comparison is with decides more than how it is done. Rolled back in an hour of 200 outcomes in five minutes,
where the old model had {FORMER}, fell to {OLD}, and the new one differs from that by:

{_bar_table(records)}

By the outcomes of before the drop an improvement of five points is rolled back, to a model that is worse.
"""


def pictures(records: Records) -> dict[str, str]:
    """Return the picture of what is found by the size of the loss."""
    lines = []
    for size in SIZES:
        found = [each for each in of(records, part="loss", windows=DAY, size=size) if each["change"] <= 0]
        points = sorted((-each["change"], 100 * each["rolled_back"]) for each in found)
        lines.append(Line(f"{size} outcomes in 5 min", points))
    lines.append(Line("promised at up to 0.02", [(0.0, 100 * RISK), (DROP, 100 * RISK)], dashed=True))
    x = Axis("how much worse the promoted model is", 0, 0.2, [0, 0.02, 0.05, 0.1, 0.15, 0.2])
    y = Axis("rolled back within a day, %", 0, 100, [0, 25, 50, 75, 100])
    return {"watch-losses.svg": chart("Worse models that are rolled back", x, y, lines)}


SECTION = Section(name="watch", place=40, measure=measure, render=render, pictures=pictures)
