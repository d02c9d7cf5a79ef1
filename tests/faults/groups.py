"""Groups of faults that concern many monitors at once, and aren't played in a loop."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from tests.faults import batch, mass
from tests.faults.damage import DAMAGES
from tests.faults.played import Named, Played

F = TypeVar("F", bound=Named)


@dataclass(frozen=True)
class Group(Generic[F]):
    """A group, in a file of its own in docs/reliability/."""

    group: str
    faults: Sequence[F]
    """All of them, in the order of their table."""
    play: Callable[[Sequence[F], Path], Iterator[Played]]
    """Play some, in a folder; yield what came of each."""


GROUPS: tuple[Group[Any], ...] = (
    Group(mass.GROUP, mass.KILLS, mass.play_all),
    Group(batch.GROUP, DAMAGES, batch.play_all),
)
