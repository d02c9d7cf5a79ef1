"""A metric over time as text and as SVG: readings, the threshold, and what runs did. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from html import escape
from math import ceil
from statistics import fmean

from rich.text import Text

from refit_operator.api.metric import MetricSpec
from refit_operator.api.run import RetrainRun
from refit_operator.prometheus.rules.reading import Value
from refit_operator.prometheus.rules.window import Window

HEIGHT = 12
WIDTH, TALL, LEFT, BOTTOM = 960, 320, 56, 28
"""The SVG's size, and the room for its axes."""


@dataclass(frozen=True)
class Mark:
    """Something that happened at a time."""

    time: datetime
    sign: str
    words: str


@dataclass(frozen=True)
class Chart:
    """What is drawn."""

    metric: MetricSpec
    readings: Window
    marks: Sequence[Mark]

    @cached_property
    def values(self) -> list[Value]:
        """The readings that are values."""
        return [reading for reading in self.readings if isinstance(reading, Value)]

    @cached_property
    def span(self) -> tuple[datetime, datetime]:
        """The first and the last time: from the first value or mark on, where more was asked for."""
        first, last = self.readings[0].time, self.readings[-1].time
        times = [*(reading.time for reading in self.values[:1]), *(mark.time for mark in self.marks)]
        return min((time for time in times if first <= time < last), default=first), last

    @cached_property
    def extremes(self) -> tuple[float, float]:
        """The lowest and the highest number, among them the threshold."""
        numbers = [self.metric.threshold, *(reading.value for reading in self.values)]
        return min(numbers), max(numbers)

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """The extremes with some room around them."""
        low, high = self.extremes
        room = 0.08 * (high - low) or 0.01
        return low - room, high + room

    def share(self, time: datetime) -> float:
        """Return where a time is between the first and the last, from 0 to 1."""
        first, last = self.span
        return (time - first) / (last - first) if last > first else 0.0

    def height(self, value: float) -> float:
        """Return where a number is between the bounds, from 0 to 1."""
        low, high = self.bounds
        return (value - low) / (high - low)


def marks_of(runs: Sequence[RetrainRun]) -> list[Mark]:
    """Return when runs started, promoted and ended."""
    found = list[Mark]()
    for run in runs:
        name, status = run.metadata.name, run.status
        found.append(Mark(run.metadata.creation_timestamp, "▲", f"{name} started: {run.spec.trigger.reason}"))
        if status.rolled_out_time:
            found.append(Mark(status.rolled_out_time, "◆", f"{name} rolled out"))
        if status.completion_time:
            found.append(Mark(status.completion_time, "●", f"{name} ended: {status.outcome}"))
    return sorted(found, key=lambda mark: mark.time)


def within(marks: Sequence[Mark], chart: Chart) -> list[Mark]:
    """Return the marks of the chart's time."""
    first, last = chart.span
    return [mark for mark in marks if first <= mark.time <= last]


def draw(chart: Chart, width: int) -> Text:
    """Return the chart as lines of text."""
    columns = _columns(chart, width)
    line = min(HEIGHT - 1, int(chart.height(chart.metric.threshold) * HEIGHT))
    low, high = chart.extremes
    drawn = Text()
    for level in reversed(range(HEIGHT)):
        label = (
            high if level == HEIGHT - 1 else low if level == 0 else chart.metric.threshold if level == line else None
        )
        drawn.append(f"{'' if label is None else f'{label:.4g}':>7} ", style="bold" if level == line else "dim")
        for column in range(width):
            drawn.append(*_cell(chart, columns.get(column), level, level == line))
        drawn.append("\n")
    return drawn.append(_signs(chart, width)).append(_axis(chart, width)).append(f"{'':8}{_caption(chart)}\n", "dim")


def _caption(chart: Chart) -> str:
    """Return what the chart shows, in words."""
    metric = chart.metric
    side = "below" if metric.below else "above"
    return f"{metric.name} over time (UTC); line: threshold {metric.threshold:g}, a breach is {side} it"


def _columns(chart: Chart, width: int) -> dict[int, float]:
    """Return the mean value of each column that has any."""
    found = defaultdict[int, list[float]](list)
    for reading in chart.values:
        found[min(width - 1, int(chart.share(reading.time) * width))].append(reading.value)
    return {column: fmean(values) for column, values in found.items()}


def _cell(chart: Chart, value: float | None, level: int, is_line: bool) -> tuple[str, str]:
    if value is not None and min(HEIGHT - 1, int(chart.height(value) * HEIGHT)) == level:
        return "•", "red" if chart.metric.is_breached_by(value) else "green"
    return ("┈", "dim") if is_line else (" ", "")


def _signs(chart: Chart, width: int) -> Text:
    signs = [" "] * width
    for mark in within(chart.marks, chart):
        signs[min(width - 1, int(chart.share(mark.time) * width))] = mark.sign
    return Text(f"{'':8}{''.join(signs)}\n", style="cyan")


def _axis(chart: Chart, width: int) -> Text:
    first, last = (f"{time:%m-%d %H:%M}" for time in chart.span)
    return Text(f"{'':8}{first}{last:>{width - len(first)}}\n", style="dim")


def to_html(chart: Chart, title: str) -> str:
    """Return the chart as a page that needs nothing else."""
    rows = "".join(
        f"<tr><td>{mark.sign}</td><td>{mark.time:%Y-%m-%d %H:%M:%S}</td><td>{escape(mark.words)}</td></tr>"
        for mark in within(chart.marks, chart)
    )
    heading = escape(f"{title}: {chart.metric.name}")
    table = f"<table><tr><th></th><th>Time (UTC)</th><th>What</th></tr>{rows}</table>" if rows else ""
    head = f"<!doctype html><meta charset=utf-8><meta name=viewport content=width=device-width><title>{heading}</title>"
    caption = f"<p>{escape(_caption(chart))}</p>"
    return f"{head}{STYLE}<h1>{heading}</h1><div>{to_svg(chart)}</div>{caption}{table}\n"


STYLE = """<style>
:root{color-scheme:light dark}body{font:15px system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.2rem}div{overflow-x:auto}svg{width:100%;min-width:40rem;height:auto}
text{font:12px system-ui,sans-serif;fill:currentColor;opacity:.75}
.v{fill:none;stroke:#2a7;stroke-width:1.6}.t{stroke:#c33;stroke-dasharray:5 4}.m{stroke:#27c;opacity:.7}
.a{stroke:currentColor;opacity:.3}td,th{text-align:left;padding:.15rem .9rem .15rem 0}
</style>"""


def to_svg(chart: Chart) -> str:
    """Return the chart as SVG; where readings are missing, the line is broken."""
    threshold = _y(chart, chart.metric.threshold)
    first, last = (f"{time:%Y-%m-%d %H:%M}" for time in chart.span)
    parts = [
        f'<line class="a" x1="{LEFT}" x2="{WIDTH}" y1="{TALL - BOTTOM}" y2="{TALL - BOTTOM}"/>',
        f'<line class="t" x1="{LEFT}" x2="{WIDTH}" y1="{threshold:.1f}" y2="{threshold:.1f}"/>',
        *(f'<polyline class="v" points="{points}"/>' for points in _strokes(chart)),
        *(_mark(chart, mark) for mark in within(chart.marks, chart)),
        *(
            _label(LEFT - 6, _y(chart, value) + 4, f"{value:.4g}", "end")
            for value in dict.fromkeys((chart.metric.threshold, *chart.extremes))
        ),
        _label(LEFT, TALL - 8, first, "start"),
        _label(WIDTH, TALL - 8, last, "end"),
    ]
    return (
        f'<svg viewBox="0 0 {WIDTH} {TALL}" role="img" aria-label="{escape(chart.metric.name)}">{"".join(parts)}</svg>'
    )


def _x(chart: Chart, time: datetime) -> float:
    return LEFT + chart.share(time) * (WIDTH - LEFT)


def _y(chart: Chart, value: float) -> float:
    return (1 - chart.height(value)) * (TALL - BOTTOM - 12) + 12


def _strokes(chart: Chart) -> list[str]:
    """Return the points of each unbroken row of values, few enough for a page."""
    rows, row = list[list[Value]](), list[Value]()
    for reading in chart.readings:
        if isinstance(reading, Value):
            row.append(reading)
        elif row:
            rows, row = [*rows, row], []
    every = max(1, ceil(len(chart.readings) / (2 * WIDTH)))
    return [
        " ".join(f"{_x(chart, one.time):.1f},{_y(chart, one.value):.1f}" for one in each[::every])
        for each in [*rows, row]
        if each
    ]


def _mark(chart: Chart, mark: Mark) -> str:
    x = _x(chart, mark.time)
    words = escape(f"{mark.time:%m-%d %H:%M} {mark.words}")
    line = f'<line class="m" x1="{x:.1f}" x2="{x:.1f}" y1="12" y2="{TALL - BOTTOM}"><title>{words}</title></line>'
    return line + _label(x, 10, mark.sign, "middle")


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def long_enough(readings: Window) -> bool:
    """Return whether there is anything to draw."""
    return len(readings) > 1 and readings[-1].time - readings[0].time > timedelta(0)
