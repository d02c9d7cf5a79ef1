"""Lines on axes as SVG, by itself: the same text for the same numbers, whatever is installed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

COLOURS = ("#0284c7", "#dc2626", "#16a34a", "#d97706", "#7c3aed", "#475569", "#db2777", "#0f766e")
WIDTH, HEIGHT = 720, 400
"""A picture is wider than that where a name beside it needs it."""
CHARACTER = 8
"""Width of one, at most on average, in any of the usual fonts."""
LEFT, RIGHT, TOP, BOTTOM = 80, 500, 40, 340
INK = "#0f172a"


@dataclass(frozen=True)
class Line:
    """Points that are joined."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False
    """For what others are held against: a promise, a limit."""


@dataclass(frozen=True)
class Axis:
    """A direction: what it means, and where its marks are; linear unless `log`."""

    label: str
    low: float
    high: float
    marks: Sequence[float]
    log: bool = False

    def share(self, value: float) -> float:
        """Return how far along it a value is; what is outside is at its end."""
        inside = min(max(value, self.low), self.high)
        if self.log:
            return log10(inside / self.low) / log10(self.high / self.low)
        return (inside - self.low) / (self.high - self.low)


def log_axis(label: str, values: Iterable[float]) -> Axis:
    """Return a logarithmic axis around the values, marked at each power of ten; they are all above 0."""
    known = list(values)
    low, high = floor(log10(min(known))), ceil(log10(max(known)))
    high = max(high, low + 1)
    return Axis(label, 10.0**low, 10.0**high, [10.0**power for power in range(low, high + 1)], log=True)


def chart(title: str, x: Axis, y: Axis, lines: Sequence[Line]) -> str:
    """Return the picture."""
    width = max([WIDTH, *(RIGHT + 46 + CHARACTER * len(line.name) for line in lines)])
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" '
    head += f'font-family="Helvetica, Arial, sans-serif" font-size="13" role="img" aria-label="{escape(title)}">'
    parts = [head, f'<rect width="{width}" height="{HEIGHT}" fill="#ffffff"/>']
    parts.append(_text((LEFT + RIGHT) / 2, TOP - 16, title, 'text-anchor="middle" font-weight="bold"'))
    parts += [*_x_axis(x), *_y_axis(y)]
    for number, line in enumerate(lines):
        parts += _line(line, COLOURS[number % len(COLOURS)], TOP + 14 + 22 * number, x, y)
    return "\n".join([*parts, "</svg>", ""])


def _line(line: Line, colour: str, legend: float, x: Axis, y: Axis) -> list[str]:
    places = [(LEFT + (RIGHT - LEFT) * x.share(a), BOTTOM - (BOTTOM - TOP) * y.share(b)) for a, b in line.points]
    joined = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
    style = f'stroke="{colour}" stroke-width="2"' + (' stroke-dasharray="6 4"' if line.dashed else "")
    dots = [] if line.dashed else [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in places]
    return [
        f'<polyline points="{joined}" fill="none" {style}/>',
        *dots,
        f'<path d="M{RIGHT + 16} {legend} h24" {style}/>',
        _text(RIGHT + 46, legend + 4, line.name),
    ]


def _x_axis(axis: Axis) -> list[str]:
    parts = [f'<path d="M{LEFT} {BOTTOM} H{RIGHT}" stroke="{INK}"/>']
    for mark in axis.marks:
        place = LEFT + (RIGHT - LEFT) * axis.share(mark)
        parts.append(f'<path d="M{place:.1f} {TOP} V{BOTTOM}" stroke="#e2e8f0"/>')
        parts.append(_text(place, BOTTOM + 18, _number(mark), 'text-anchor="middle"'))
    return [*parts, _text((LEFT + RIGHT) / 2, BOTTOM + 42, axis.label, 'text-anchor="middle"')]


def _y_axis(axis: Axis) -> list[str]:
    parts = [f'<path d="M{LEFT} {TOP} V{BOTTOM}" stroke="{INK}"/>']
    for mark in axis.marks:
        place = BOTTOM - (BOTTOM - TOP) * axis.share(mark)
        parts.append(f'<path d="M{LEFT} {place:.1f} H{RIGHT}" stroke="#e2e8f0"/>')
        parts.append(_text(LEFT - 8, place + 4, _number(mark), 'text-anchor="end"'))
    turned = f'text-anchor="middle" transform="rotate(-90 18 {(TOP + BOTTOM) / 2:g})"'
    return [*parts, _text(18, (TOP + BOTTOM) / 2, axis.label, turned)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{INK}" {more}>{escape(text)}</text>'
