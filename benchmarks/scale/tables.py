"""What a row's records say: a table, what became of the goals, and the pictures."""

from collections.abc import Iterator

from benchmarks.charts import Line, chart, log_axis
from benchmarks.pages import table
from benchmarks.scale import OURS, Figure, Goal, Limit, Records, Row
from benchmarks.scale.turns import median_of, sizes_of, values_of

LEAST = 1e-6
"""What a logarithmic axis shows of 0."""


def render(row: Row, records: Records) -> str:
    """Return the row's section in Markdown."""
    turns = [record for record in records if "side" in record]
    parts = [f"## {row.number}. {row.title}", row.method]
    if not turns:
        return "\n\n".join([*parts, "Not measured yet."])
    parts += [measured(row, turns), "\n".join(f"- {verdict(goal, turns)}" for goal in row.goals)]
    parts += [f"![{figure.name} by size](scale/{_picture(row, figure)})" for figure in _drawn(row, turns)]
    return "\n\n".join(part for part in [*parts, row.caveats] if part)


def measured(row: Row, records: Records) -> str:
    """Return the table of medians, the least and the greatest in brackets."""
    lines = []
    for size in sorted({record["size"] for record in records}):
        for side in row.sides:
            turns = sum(record["side"] == side and record["size"] == size for record in records)
            if turns:
                cells = [_cell(values_of(records, side, size, figure.key)) for figure in row.figures]
                lines.append([f"{size:,}", side, *cells, str(turns)])
    return table(["size", "side", *(figure.name for figure in row.figures), "turns"], lines)


def _cell(values: list[float]) -> str:
    if not values:
        return ""
    ordered = sorted(values)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    if number(ordered[0]) == number(ordered[-1]):
        return number(middle)
    return f"{number(middle)} ({number(ordered[0])} to {number(ordered[-1])})"


def number(value: float) -> str:
    """Return a number as a table has it: three digits that count."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def verdict(goal: Goal | Limit, records: Records) -> str:
    """Return whether a goal is met, with its figures."""
    sides = (OURS, goal.against) if isinstance(goal, Goal) else (goal.side,)
    sizes = [
        size
        for size in sizes_of(records, *sides)
        if all(median_of(records, side, size, goal.figure.key) is not None for side in sides)
    ]
    if not sizes:
        return f"{_asked(goal)}: not measured."
    size = goal.asked_at if goal.asked_at in sizes else sizes[-1]
    found = [median_of(records, side, size, goal.figure.key) or 0.0 for side in sides]
    met, words = _met(goal, found)
    where = f"at {size:,}" + ("" if size == goal.asked_at else f", it is set for {goal.asked_at:,}")
    return f"{_asked(goal)}: {'met' if met else '**missed**'}, {words} ({where})."


def _asked(goal: Goal | Limit) -> str:
    if isinstance(goal, Limit):
        return f"{goal.figure.name}, at most {number(goal.most)}"
    share = f"1/{number(goal.least)}" if goal.least > 1 else f"{number(1 / goal.least)} times that"
    return f"{goal.figure.name}, at most {share} of *{goal.against}*"


def _met(goal: Goal | Limit, found: list[float]) -> tuple[bool, str]:
    if isinstance(goal, Limit):
        return found[0] <= goal.most, number(found[0])
    ours, theirs = found
    if not ours:
        return True, f"{number(theirs)} against 0"
    return theirs / ours >= goal.least, f"{number(theirs)} against {number(ours)}: 1/{number(theirs / ours)}"


def _picture(row: Row, figure: Figure) -> str:
    return f"{row.name}-{figure.key.replace('_', '-')}.svg"


def _drawn(row: Row, records: Records) -> list[Figure]:
    """Return what there are two sizes of at least: less has no growth to be seen."""
    return [figure for figure in row.drawn if any(len(line.points) > 1 for line in _lines(row, figure, records))]


def _lines(row: Row, figure: Figure, records: Records) -> Iterator[Line]:
    for side in row.sides:
        found = [(size, median_of(records, side, size, figure.key)) for size in sizes_of(records, side)]
        points = [(float(size), max(value, LEAST)) for size, value in found if value is not None]
        if points:
            yield Line(side, points)


def pictures(row: Row, records: Records) -> dict[str, str]:
    """Return the row's pictures by file name: each side's medians by size, both axes logarithmic."""
    turns = [record for record in records if "side" in record]
    made = {}
    for figure in _drawn(row, turns):
        lines = list(_lines(row, figure, turns))
        x = log_axis("monitors", [size for line in lines for size, _ in line.points])
        y = log_axis(figure.name, [value for line in lines for _, value in line.points])
        made[_picture(row, figure)] = chart(row.title, x, y, lines)
    return made
