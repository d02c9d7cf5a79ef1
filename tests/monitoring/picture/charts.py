"""Panels over time: lines and timelines, each with the dashboard's markers."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby, pairwise
from math import isfinite
from typing import Any

from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tests.monitoring.panels import Json
from tests.monitoring.picture.asking import Span
from tests.monitoring.picture.frames import Field
from tests.monitoring.picture.looks import Theme, color, shown

Markers = Mapping[str, tuple[str, Sequence[float]]]
"""By name: colour, and times."""
SMALL = 8


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def over_time(axes: Any, span: Span, markers: Markers, theme: Theme) -> None:
    """Draw what panels over time have in common."""
    axes.set_xlim(_time(span.start), _time(span.end))
    locator = AutoDateLocator(minticks=4, maxticks=9, tz=UTC)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    dated = ConciseDateFormatter(locator, tz=UTC, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(dated)
    axes.grid(True, color=theme.grid, linewidth=0.8)
    axes.tick_params(colors=theme.dim, labelsize=SMALL, length=0)
    axes.set_axisbelow(True)
    for hue, times in markers.values():
        for when in times:
            if span.start <= when <= span.end:
                axes.axvline(_time(when), color=color(hue), linestyle=(0, (2, 2)), linewidth=1.2, zorder=5)


def lines(axes: Any, panel: Json, fields: Sequence[Field], step: float, theme: Theme) -> None:
    """Draw a time series panel."""
    custom = panel["fieldConfig"]["defaults"]["custom"]
    if custom.get("scaleDistribution", {}).get("type") == "log":
        axes.set_yscale("log")
    right = axes.twinx() if any(f.config["custom"].get("axisPlacement") == "right" for f in fields) else None
    for side in filter(None, (axes, right)):
        is_right = side is right
        own = [f for f in fields if (f.config["custom"].get("axisPlacement") == "right") == is_right]
        side.spines[:].set_visible(False)
        _lines(side, custom, own, step)
        _scale(side, own, theme)
    if custom.get("thresholdsStyle", {}).get("mode") == "dashed":
        for limit in panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1:]:
            axes.axhline(limit["value"], color=color(limit["color"]), linestyle=(0, (6, 4)), linewidth=1.2)


def _lines(axes: Any, custom: Json, fields: Sequence[Field], step: float) -> None:
    by_name = {field.name: field for field in fields}
    stepped = {"drawstyle": "steps-post"} if custom.get("lineInterpolation") == "stepAfter" else {}
    below: dict[float, float] = {}
    for field in fields:
        own = field.config["custom"]
        base = dict(below)
        values = [v + base.get(t, 0) for t, v in zip(field.series.times, field.series.values, strict=True)]
        times, drawn = _with_gaps(field.series.times, values, step)
        width = own.get("lineWidth", 1.4)
        dashes = {"linestyle": (0, (6, 4))} if own.get("lineStyle", {}).get("fill") == "dash" else {}
        axes.plot(times, drawn, color=field.color, linewidth=width, **stepped, **dashes)
        if "stacking" in own:
            below.update(zip(field.series.times, values, strict=True))
            floor = [base.get(t, 0.0) for t in field.series.times]
            _fill(axes, field, floor, values, own.get("fillOpacity", 0) / 100, step)
        elif other := by_name.get(own.get("fillBelowTo", "")):
            low = dict(zip(other.series.times, other.series.values, strict=True))
            _fill(axes, field, [low.get(t, float("nan")) for t in field.series.times], values, 0.18, step)


def _fill(axes: Any, field: Field, floor: Sequence[float], top: Sequence[float], alpha: float, step: float) -> None:
    times, upper = _with_gaps(field.series.times, top, step)
    _, lower = _with_gaps(field.series.times, floor, step)
    axes.fill_between(times, lower, upper, color=field.color, alpha=alpha, linewidth=0, step="post")


def _with_gaps(times: Sequence[float], values: Sequence[float], step: float) -> tuple[list[datetime], list[float]]:
    """Return the points, with one that isn't drawn wherever a step has no value."""
    points = list(zip(times, values, strict=True))
    gaps = [(one + step, float("nan")) for one, other in pairwise(times) if other - one > 1.5 * step]
    both = sorted([*points, *gaps])
    return [_time(time) for time, _ in both], [value for _, value in both]


def _scale(axes: Any, fields: Sequence[Field], theme: Theme) -> None:
    if not fields:
        return
    config = fields[0].config
    unit, decimals = config.get("unit", "short"), config.get("decimals")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value, unit, decimals)))
    if axes.get_yscale() == "linear":
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=decimals == 0))
        if "min" in config:
            highest = axes.dataLim.ymax
            is_above = isfinite(highest) and highest > config["min"]  # all NaN, as quantiles of nothing are: no limit
            axes.set_ylim(config["min"], highest * 1.08 if is_above else config["min"] + 1)
    axes.tick_params(colors=theme.dim, labelsize=SMALL, length=0)


def timeline(axes: Any, fields: Sequence[Field], span: Span, step: float, theme: Theme) -> None:
    """Draw a state timeline: a row for each series, and a bar for as long as its value stays."""
    for row, field in enumerate(reversed(fields)):
        for value, start, end in spells(field, step):
            word, hue = field.text_and_color(value)
            axes.barh(row, (end - start) / 86400, left=_time(start), height=0.8, color=hue, alpha=0.9, linewidth=0)
            room = (end - start) / (span.end - span.start) * axes.get_window_extent().width
            if word and room > 7 * len(word):
                middle = _time((start + end) / 2)
                axes.text(middle, row, word, ha="center", va="center", fontsize=SMALL, color="black", clip_on=True)
    axes.set_yticks(range(len(fields)), [field.name for field in reversed(fields)])
    axes.set_ylim(-0.6, len(fields) - 0.4)
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", colors=theme.text)


def spells(field: Field, step: float) -> list[tuple[float, float, float]]:
    """Return each value with the times that it began and ended at: at another one, or where none follows."""
    found: list[tuple[float, float, float]] = []
    for value, points in groupby(zip(field.series.values, field.series.times, strict=True), key=lambda point: point[0]):
        times = [time for _, time in points]
        starts = [times[0], *(other for one, other in pairwise(times) if other - one > 1.5 * step)]
        ends = [*(one + step for one, other in pairwise(times) if other - one > 1.5 * step), times[-1] + step]
        found += [(value, start, end) for start, end in zip(starts, ends, strict=True)]
    return found
