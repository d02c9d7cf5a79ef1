"""`python -m benchmarks.false_alarms`: how often a good model is retrained for nothing, how late a drop is seen.

Prints the tables of docs/concepts/false-alarms.md and draws its picture. Seeded: the same numbers every time.
"""

from collections.abc import Iterable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.alarms import Cusum, Rule, after_drop, count_alarms, first_alarm, is_below, overlapping

THRESHOLD, LABELS, MARGIN = 0.85, 200, 0.02
MINUTES = 10
MONTH, COOLDOWN = 30 * 24 * 60 // MINUTES, 60 // MINUTES
MONTHS, DROPS, HORIZON = 400, 4000, 6 * 24 * 7
RULES = tuple(Rule(m, n) for m, n in ((1, 1), (2, 2), (2, 3), (3, 3), (3, 5), (4, 5), (5, 5), (6, 10), (8, 10)))
DEFAULT, LONG, STRICT = Rule(3, 5), Rule(6, 10), Rule(5, 5)
DROPPED_TO = (0.84, 0.83, 0.82, 0.80, 0.75)
PICTURE = Path(__file__).parents[1] / "docs/pictures/false-alarms.png"


def false_runs(rule: Rule, margin: float = MARGIN, labels: int = LABELS, seed: int = 1) -> float:
    """Return the runs a month that a model of accuracy threshold + margin gets for nothing."""
    right = np.random.default_rng(seed).binomial(labels, THRESHOLD + margin, (MONTHS, MONTH))
    return float(count_alarms(is_below(right, labels, THRESHOLD), rule, COOLDOWN).mean())


def false_runs_polled(polls: int, rule: Rule = DEFAULT, months: int = 40) -> float:
    """Return the same for a range of ten minutes that is polled so many times while it passes."""
    right = overlapping(np.random.default_rng(2), THRESHOLD + MARGIN, LABELS, polls, (months, MONTH * polls))
    return float(count_alarms(is_below(right, LABELS, THRESHOLD), rule, COOLDOWN * polls, overlap=polls).mean())


def lags(first: Iterable[int], phase: Iterable[float]) -> np.ndarray:
    """Return the minutes from each drop to its alarm."""
    found: np.ndarray = MINUTES * (np.asarray(first) + 1 - np.asarray(phase))
    return found


def lag(rule: Rule | Cusum, after: float, labels: int = LABELS) -> tuple[float, float]:
    """Return the median and the 95th percentile of the minutes until a drop from threshold + margin is seen."""
    right, phase = after_drop(np.random.default_rng(3), THRESHOLD + MARGIN, after, labels, (DROPS, HORIZON))
    if isinstance(rule, Cusum):
        first = rule.first(right, labels)
    else:
        first = first_alarm(is_below(right, labels, THRESHOLD), rule)
    middle, late = np.percentile(lags(first, phase), (50, 95))
    return float(middle), float(late)


def cusum(rule: Rule) -> Cusum:
    """Return the cumulative sum that knows the good accuracy exactly and alarms no more often than the rule."""
    right = np.random.default_rng(4).binomial(LABELS, THRESHOLD + MARGIN, (MONTHS, MONTH))
    return Cusum(THRESHOLD + MARGIN, THRESHOLD - MARGIN).tuned(right, LABELS, COOLDOWN, false_runs(rule))


def false_runs_of_cusum(rule: Cusum, accuracy: float) -> float:
    """Return its false runs a month for a model of that accuracy, whatever it takes for the good one."""
    right = np.random.default_rng(5).binomial(LABELS, accuracy, (MONTHS, MONTH))
    return float(rule.count(right, LABELS, COOLDOWN).mean())


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a Markdown table."""
    head = list(head)
    for row in (head, ["---"] * len(head), *rows):
        print("| " + " | ".join(row) + " |")
    print()


def runs(value: float) -> str:
    """Return a rate, rounded for the page."""
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 0.1 else f"{value:.2f}"


def minutes(value: tuple[float, float]) -> str:
    """Return median and 95th percentile."""
    return " / ".join("> 1 week" if v >= MINUTES * HORIZON - MINUTES else duration(v) for v in value)


def duration(value: float) -> str:
    """Return minutes as hours from two hours on."""
    return f"{value:.0f} min" if value < 120 else f"{value / 60:.1f} h"


def print_tables(sequential: dict[Rule, Cusum]) -> None:
    """Print what the page quotes."""
    head = ["rule", "false runs a month", *(f"seen at {after:.2f}" for after in DROPPED_TO)]
    table(head, ([str(r), runs(false_runs(r)), *seen(r)] for r in RULES))
    polls = (20, 10, 5, 2, 1)
    table(["polled every", "false runs a month"], ((f"{600 // p} s", runs(false_runs_polled(p))) for p in polls))
    margins = (0.0, 0.01, 0.02, 0.03, 0.04, 0.05)
    rows = ([str(n), *(runs(false_runs(DEFAULT, margin, n)) for margin in margins)] for n in (50, 100, 200, 400, 800))
    table(["labels a reading", *(f"+{margin:.2f}" for margin in margins)], rows)
    print_comparison(sequential, head)


def print_comparison(sequential: dict[Rule, Cusum], head: list[str]) -> None:
    """Print each rule above the cumulative sum of as many false runs, and what a model of 0.86 makes of both."""
    rows = []
    for rule, other in sequential.items():
        rows.append([str(rule), runs(false_runs(rule)), *seen(rule), runs(false_runs(rule, 0.01))])
        alarms = [runs(false_runs_of_cusum(other, accuracy)) for accuracy in (0.87, 0.86)]
        rows.append([f"CUSUM, limit {other.limit:g}", alarms[0], *seen(other), alarms[1]])
    table([*head, "false runs at 0.86"], rows)


def seen(rule: Rule | Cusum) -> list[str]:
    """Return the lags for each drop."""
    return [minutes(lag(rule, after)) for after in DROPPED_TO]


def draw(sequential: dict[Rule, Cusum]) -> None:
    """Draw the page's picture."""
    figure, (trade, polled, late) = plt.subplots(1, 3, figsize=(15, 4.8), layout="constrained")
    draw_trade(trade)
    draw_polls(polled)
    draw_lags(late, sequential)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=110)
    print(f"drew {PICTURE}")


def draw_trade(axes: Axes) -> None:
    """Draw what each rule costs on either side."""
    for rule in RULES:
        x, y = lag(rule, 0.80)[0], max(false_runs(rule), 0.003)
        axes.plot(x, y, "o", color="tab:red" if rule == DEFAULT else "tab:blue", markersize=9 if rule == DEFAULT else 6)
        axes.annotate(str(rule), (x, y), xytext=(7, 4), textcoords="offset points", fontsize=11)
    axes.set(yscale="log", xlabel="minutes until a drop to 0.80 is seen (median)", ylabel="false runs a month at 0.87")
    axes.set_title("M of N trades lag for false alarms")
    axes.set_xlim(0, 100)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")


def draw_polls(axes: Axes) -> None:
    """Draw the price of readings that aren't independent."""
    polls = (20, 10, 5, 2, 1)
    bars = axes.bar([f"{600 // p} s" for p in polls], [false_runs_polled(p) for p in polls], color="tab:blue")
    bars[-1].set_color("tab:red")
    axes.bar_label(bars, fmt=lambda value: runs(value), fontsize=11)
    axes.set(xlabel="time between readings of a 10-minute range", ylabel="false runs a month at 0.87")
    axes.set_title("Faster than the range is one reading, counted often")


def draw_lags(axes: Axes, sequential: dict[Rule, Cusum]) -> None:
    """Draw how the lag shrinks with the drop."""
    afters = np.arange(0.74, 0.8451, 0.01)
    colours = {DEFAULT: "tab:red", LONG: "tab:blue"}
    lines: list[tuple[Rule | Cusum, str, str, str]] = [(r, str(r), c, "o-") for r, c in colours.items()]
    lines += [(sequential[r], f"CUSUM, false runs as {r}", c, "s--") for r, c in colours.items()]
    for rule, name, colour, style in lines:
        axes.plot(afters, [lag(rule, float(a))[0] for a in afters], style, label=name, color=colour, markersize=4)
    axes.axvline(THRESHOLD, color="grey", linestyle=":", label="threshold")
    axes.set(ylim=(0, 125), xlabel="accuracy after the drop from 0.87", ylabel="minutes until it is seen (median)")
    axes.set_title("The larger the drop, the less the rule matters")
    axes.legend(loc="upper left")


def main() -> None:
    """Print, and draw."""
    sequential = {rule: cusum(rule) for rule in (DEFAULT, LONG, STRICT)}
    print_tables(sequential)
    draw(sequential)


if __name__ == "__main__":
    main()
