"""Row 8: how what is measured grows with the number of monitors, of the records of all rows."""

from collections.abc import Iterator, Mapping
from math import log10

from benchmarks.charts import Line, chart, log_axis
from benchmarks.pages import table
from benchmarks.scale import OURS, Figure, Records, Row
from benchmarks.scale.tables import LEAST, number
from benchmarks.scale.turns import median_of, sizes_of

PICTURE = "growth.svg"
Measured = Mapping[str, Records]
"""The records of each row, by its name."""
_TEXT = """## 8. Growth

Each figure at the smallest and at the largest size that was measured. The exponent is that of the size: 1 is linear,
below 1 a monitor costs less the more there are, 2 is quadratic.
"""


def exponent(sizes: tuple[float, float], values: tuple[float, float]) -> float:
    """Return with which power of the size a value grows."""
    first, last = (max(value, LEAST) for value in values)
    return (log10(last) - log10(first)) / (log10(sizes[1]) - log10(sizes[0]))


def render(rows: list[Row], measured: Measured) -> str:
    """Return the section; nothing where no row has two sizes."""
    lines = [line for row in rows for line in _lines(row, measured[row.name])]
    if not lines:
        return ""
    head = ["row", "figure", "side", "sizes", "from", "to", "exponent"]
    picture = f"\n\n![Seconds by size](scale/{PICTURE})" if pictures(rows, measured) else ""
    return f"{_TEXT}\n{table(head, lines)}{picture}"


def _lines(row: Row, records: Records) -> Iterator[list[str]]:
    for figure in row.drawn:
        for side in row.sides:
            found = _ends(figure, side, records)
            if found:
                (small, large), (first, last) = found
                sizes = f"{small:,} to {large:,}"
                grows = f"{exponent((small, large), (first, last)):.2f}"
                yield [str(row.number), figure.name, side, sizes, number(first), number(last), grows]


def _ends(figure: Figure, side: str, records: Records) -> tuple[tuple[int, int], tuple[float, float]] | None:
    values = {size: median_of(records, side, size, figure.key) for size in sizes_of(records, side)}
    known = {size: value for size, value in values.items() if value is not None}
    if len(known) < 2:
        return None
    small, large = min(known), max(known)
    return (small, large), (known[small], known[large])


def pictures(rows: list[Row], measured: Measured) -> dict[str, str]:
    """Return a picture of the operator's seconds in every row that has any."""
    lines = []
    for row in rows:
        seconds = [figure for figure in row.drawn if figure.key == "seconds"]
        if seconds and _ends(seconds[0], OURS, measured[row.name]):
            records = measured[row.name]
            points = [
                (float(size), max(value, LEAST))
                for size in sizes_of(records, OURS)
                if (value := median_of(records, OURS, size, "seconds")) is not None
            ]
            lines.append(Line(f"{row.number}. {row.title}", points))
    if not lines:
        return {}
    x = log_axis("monitors", [size for line in lines for size, _ in line.points])
    y = log_axis("seconds", [value for line in lines for _, value in line.points])
    return {PICTURE: chart("The operator's seconds", x, y, lines)}
