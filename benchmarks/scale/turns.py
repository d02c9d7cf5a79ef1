"""Sides that do the same work, in turn: what else the machine does then meets all of them."""

from collections.abc import Callable, Iterator, Mapping
from statistics import median

from benchmarks.pages import Record
from benchmarks.scale import Plan, Records

Turn = Callable[[], Record]
OF_ALL_TURNS = 2_000
"""Monitors of all turns of a side together, or one turn: where a turn with many takes minutes."""


def rounds_of(size: int, plan: Plan, of_all: int = OF_ALL_TURNS) -> int:
    """Return how many turns each side has with so many monitors."""
    return min(plan.rounds, max(1, of_all // size))


def take_turns(sides: Mapping[str, Turn], size: int, rounds: int) -> Iterator[Record]:
    """Yield what each turn measured; each second round goes the other way round."""
    for number in range(rounds):
        for name, turn in list(sides.items())[:: 1 if number % 2 == 0 else -1]:
            yield {"side": name, "size": size, "round": number, **turn()}


def values_of(records: Records, side: str, size: int, key: str) -> list[float]:
    """Return a figure of every turn of a side at a size."""
    return [
        float(record[key])
        for record in records
        if record.get("side") == side and record.get("size") == size and record.get(key) is not None
    ]


def median_of(records: Records, side: str, size: int, key: str) -> float | None:
    """Return the median of a figure; None where it wasn't measured."""
    found = values_of(records, side, size, key)
    return median(found) if found else None


def sizes_of(records: Records, *sides: str) -> list[int]:
    """Return the sizes that all of these sides played, smallest first."""
    played = [{int(record["size"]) for record in records if record.get("side") == side} for side in sides]
    return sorted(set.intersection(*played)) if played else []
