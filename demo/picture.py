"""The story as a picture: a PNG, and the same curve in the terminal."""

import math
import textwrap
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import plotext
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from demo.prometheus import Sample
from demo.sentences import MOVIES, TWEETS, TWEETS_UNSEEN
from demo.story import Phase, Story

TITLES = {MOVIES: "movie reviews", TWEETS: "tweets", TWEETS_UNSEEN: "tweets never seen before"}
TINTS = {MOVIES: "#eef3f8", TWEETS: "#fdf1e3", TWEETS_UNSEEN: "#fbe7cf"}
CURVE, THRESHOLD, TRAINING, MARK = "#1f5f99", "#c0392b", "#6c5b9e", "#3a3a3a"
LOW, HIGH = 0.60, 1.0
LEAST_EVIDENCE, BEYOND = 0.1, 1000.0
"""Where the scale of the evidence begins, and how many times what is needed it shows: it goes on growing."""
GAP_S = 5.0
"""Samples further apart aren't connected."""
LETTERS = 130
"""How many letters of a title fit beside one another."""
Seconds = Callable[[datetime], float]


def since_drift(story: Story) -> Seconds:
    """Return what turns a time into seconds since the drift."""
    return lambda when: (when - story.drift).total_seconds()


def save(story: Story, path: Path) -> None:
    """Write the PNG."""
    seconds = since_drift(story)
    figure = Figure(figsize=(12, 7.2), dpi=150, facecolor="white", layout="constrained")
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    for phase in story.phases:
        _tint(axes, phase, seconds, seconds(story.curve[0].time), seconds(story.curve[-1].time))
    _shade_training(axes, story, seconds)
    axes.axhline(story.threshold, color=THRESHOLD, linewidth=1.4, linestyle=(0, (5, 3)))
    axes.plot([seconds(s.time) for s in story.curve], [s.value for s in story.curve], color=CURVE, linewidth=2.4)
    _mark_events(axes, story, seconds)
    _dress(axes, story, seconds)
    _draw_evidence(below, story, seconds)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _tint(axes: Any, phase: Phase, seconds: Seconds, first: float, last: float) -> None:
    start, end = max(first, seconds(phase.start)), seconds(phase.end)
    axes.axvspan(start, end, color=TINTS[phase.name], linewidth=0)
    title = wrapped(TITLES[phase.name], (end - start) / (last - first))
    axes.text((start + end) / 2, HIGH - 0.008, title, ha="center", va="top", fontsize=10.5, color="#555555")


def wrapped(title: str, share: float) -> str:
    """Return a title in lines that fit a share of the picture's width, so that narrow phases don't write on others."""
    longest = max(len(word) for word in title.split())
    return textwrap.fill(title, max(longest, int(share * LETTERS)))


def _shade_training(axes: Any, story: Story, seconds: Seconds) -> None:
    started, trained = story.attempt.started, story.attempt.trained
    if started and trained:
        start, end = seconds(started), seconds(trained)
        axes.axvspan(start, end, ymax=0.09, color=TRAINING, alpha=0.85, linewidth=0)
        text = f"training and judging, {end - start:.0f} s"
        axes.text((start + end) / 2, LOW + 0.018, text, ha="center", va="center", fontsize=9.5, color="white")


def _mark_events(axes: Any, story: Story, seconds: Seconds) -> None:
    events = (("drift", story.drift), ("breach", story.attempt.breached), ("promotion", story.attempt.rolled_out))
    for name, when in events:
        if when is not None:
            at = seconds(when)
            axes.axvline(at, color=MARK, linewidth=1, linestyle=":")
            axes.annotate(name, (at, LOW + 0.048), (5, 0), textcoords="offset points", fontsize=10.5, color=MARK)


def _dress(axes: Any, story: Story, seconds: Seconds) -> None:
    axes.set_xlim(seconds(story.curve[0].time), seconds(story.phases[-1].end))
    axes.set_ylim(LOW, HIGH)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel("accuracy over the last 20 s, from late labels")
    axes.set_title("Accuracy falls, the operator retrains, accuracy comes back", loc="left", fontsize=13, pad=12)
    axes.annotate(
        f"threshold {story.threshold:.0%}", (1, story.threshold), (-6, -13), xycoords=("axes fraction", "data"),
        textcoords="offset points", ha="right", fontsize=10, color=THRESHOLD,
    )  # fmt: skip
    _open(axes)


def _draw_evidence(axes: Any, story: Story, seconds: Seconds) -> None:
    """Draw the operator's evidence, on a logarithmic scale, up to the breach and somewhat beyond."""
    evidence = story.evidence
    for when in (story.drift, story.attempt.breached, story.attempt.rolled_out):
        if when is not None:
            axes.axvline(seconds(when), color=MARK, linewidth=1, linestyle=":")
    axes.set_yscale("log")
    axes.plot(*connected(evidence.curve, seconds), color=CURVE, linewidth=2, drawstyle="steps-post")
    if evidence.needed:
        axes.axhline(evidence.needed, color=THRESHOLD, linewidth=1.4, linestyle=(0, (5, 3)))
        axes.set_ylim(LEAST_EVIDENCE, evidence.needed * BEYOND)
        axes.annotate(
            f"needed {evidence.needed:,.0f}", (1, evidence.needed), (-6, 5), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", fontsize=10, color=THRESHOLD,
        )  # fmt: skip
    axes.set_ylabel("evidence of a drop")
    axes.set_xlabel("seconds since the traffic changed")
    _open(axes)


def connected(curve: Sequence[Sample], seconds: Seconds) -> tuple[list[float], list[float]]:
    """Return a curve's seconds and values, with a value that isn't drawn wherever samples are far apart."""
    points = [(seconds(sample.time), sample.value) for sample in curve]
    gaps = [(before, math.nan) for (before, _), (after, _) in pairwise(points) if after - before > GAP_S]
    both = sorted([*points, *gaps], key=lambda point: point[0])
    return [second for second, _ in both], [value for _, value in both]


def _open(axes: Any) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def draw(story: Story, width: int = 110, height: int = 22, is_coloured: bool = False) -> str:
    """Return the curve for a terminal, with lines at the threshold and at each event."""
    seconds = since_drift(story)
    events = (story.drift, story.attempt.breached, story.attempt.rolled_out)
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(width, height)
    times, values = [seconds(s.time) for s in story.curve], [s.value for s in story.curve]
    figure.draw(figure.signal(times, values, marker="braille").lines())
    figure.line(story.threshold)
    figure.ruler("x").lim(times[0], times[-1])
    figure.ruler("y").lim(LOW, HIGH)
    for when in events:
        if when is not None:  # not `figure.event`, which resets the limits
            figure.line(seconds(when), "vertical", style="dotted")
    figure.title(f"accuracy; across: the threshold {story.threshold:.2f}; down: drift, breach, promotion")
    figure.label("seconds since the traffic changed")
    drawn = str(figure.build())
    return drawn if is_coloured else str(plotext.uncolorize(drawn))
