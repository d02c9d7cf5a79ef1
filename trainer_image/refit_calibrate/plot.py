"""The choice as a picture: the blocks and the threshold on the left, what every threshold would cost on the right."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from refit_calibrate.advice import format_duration, format_false_rate, format_interval
from refit_calibrate.choose import DISTANCES, Choice, Plan
from refit_calibrate.history import Block
from refit_calibrate.windows import WindowChoice

GOOD, DRIFTED, CHOSEN, COST, GREY = "#1f5f99", "#d35400", "#c0392b", "#2c3e50", "#888888"
TIMES = "\N{MULTIPLICATION SIGN}"


def save(blocks: Sequence[Block], choice: Choice, plan: Plan, path: Path) -> None:
    """Write the picture; the format goes by the file's name (.png, .svg, .pdf)."""
    figure = Figure(figsize=(12, 5.2), dpi=150, facecolor="white", layout="constrained")
    history, costs = figure.subplots(1, 2, width_ratios=(1.15, 1))
    _draw_history(history, blocks, choice, plan)
    _draw_costs(costs, choice, plan)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _draw_history(axes: Any, blocks: Sequence[Block], choice: Choice | WindowChoice, plan: Plan) -> None:
    shown = [*blocks, *(block for block in choice.drifted if block not in blocks)]
    for kind, color, name in ((False, GOOD, "before a drift"), (True, DRIFTED, _name_of_drift(blocks, plan))):
        places = [place for place, block in enumerate(shown, start=1) if block.is_drifted is kind]
        shares = np.array([shown[place - 1].share for place in places])
        scatter = 2 * np.sqrt(shares * (1 - shares) / plan.labels)
        style = {"fmt": "o", "color": color, "ecolor": color, "elinewidth": 2.2, "markersize": 7, "alpha": 0.9}
        axes.errorbar(places, shares, yerr=scatter, label=name, **style)
    axes.axhline(choice.threshold, color=CHOSEN, linewidth=1.8)
    axes.axhspan(*choice.range, color=CHOSEN, alpha=0.12, linewidth=0)
    axes.annotate(
        f"threshold {choice.threshold:.3f}",
        (len(shown) + 0.4, choice.threshold),
        xytext=(0, 4),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=CHOSEN,
        fontsize=11,
        weight="bold",
        bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1},
    )
    axes.set_title(
        f"Accuracy by block of time; bars: 95 % of readings of {plan.labels} labels", fontsize=11, loc="left"
    )
    axes.set_xlabel("block")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(frameon=False, loc="lower left")
    _tidy(axes)


def _name_of_drift(blocks: Sequence[Block], plan: Plan) -> str:
    has_drift = any(block.is_drifted for block in blocks)
    return "after the drift" if has_drift else f"if the accuracy fell by {plan.drop:.2f}"


def _draw_costs(axes: Any, choice: Choice, plan: Plan) -> None:
    axes.plot(DISTANCES, choice.false_costs, color=GOOD, linewidth=1.6, linestyle="--", label="false runs")
    axes.plot(DISTANCES, choice.lag_costs, color=DRIFTED, linewidth=1.6, linestyle="--", label="late detection")
    axes.plot(DISTANCES, choice.costs, color=COST, linewidth=2.6, label="together")
    low = np.maximum(choice.costs - choice.errors, 1e-3)
    axes.fill_between(DISTANCES, low, choice.costs + choice.errors, color=COST, alpha=0.13, linewidth=0)
    axes.axvline(choice.distance, color=CHOSEN, linewidth=1.8)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_ylabel(f"false runs {TIMES} --false-cost + hours unseen {TIMES} --hour-cost")
    axes.set_ylim(max(1e-2, float(choice.costs.min()) / 30), float(choice.costs.max()) * 2)
    caption = f"{format_false_rate(choice)}\na drift is in breach after {format_duration(choice.lag)}"
    axes.text(choice.distance + 0.1, axes.get_ylim()[1] / 1.6, caption, color=CHOSEN, fontsize=11, va="top")
    axes.set_title("Cost a month on blocks that were left out", fontsize=11, loc="left")
    axes.set_xlabel("threshold, in standard deviations of a reading below the accuracy")
    axes.legend(frameon=False, loc="lower right")
    _tidy(axes)


def save_by_window(
    blocks: Sequence[Block], choices: Sequence[WindowChoice], best: WindowChoice, plan: Plan, path: Path
) -> None:
    """Write the picture of a choice by evidence: what every threshold would cost, a line for each window."""
    figure = Figure(figsize=(12, 5.2), dpi=150, facecolor="white", layout="constrained")
    history, costs = figure.subplots(1, 2, width_ratios=(1.15, 1))
    _draw_history(history, blocks, best, plan)
    for choice in choices:
        style = {"color": COST, "linewidth": 2.6} if choice is best else {"color": GREY, "linewidth": 1.2, "alpha": 0.7}
        costs.plot(choice.thresholds, choice.costs, label=f"window {format_interval(choice.window)}", **style)
    costs.axvline(best.threshold, color=CHOSEN, linewidth=1.8)
    costs.set_yscale("log")
    costs.yaxis.set_major_formatter("{x:g}")
    costs.set_ylabel(f"false runs {TIMES} --false-cost + hours unseen {TIMES} --hour-cost")
    costs.set_title("Cost a month by threshold and window", fontsize=11, loc="left")
    costs.set_xlabel("threshold")
    costs.legend(frameon=False)
    _tidy(costs)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _tidy(axes: Any) -> None:
    axes.grid(axis="y", color=GREY, alpha=0.2)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
