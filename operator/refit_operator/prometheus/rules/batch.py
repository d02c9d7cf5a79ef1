"""Many queries as one: what is asked together, what each answer then says, and how a batch is halved. Pure.

    label_replace((a), "refit_batch", "0/", "", "") or label_replace((b), "refit_batch", "1/", "", "")

The tag is an outermost label, so no series of two queries are the same: `or` keeps all. A query whose series differ in
nothing but a label of that name is refused by the server, and so asked alone in the end.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol, TypeVar

from refit_operator.prometheus.rules.points import Key, Points, read_points, reading_of
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, Reading

TAG = "refit_batch"
"""The label by which the parts of an answer differ."""
MOST_PARTS = 64
"""Parts of one query that `or` joins."""
MOST_ASKED = 1000
"""Of what is asked in one query: the answer is some 250 KiB, half of what is read of one."""
MOST_TEXT = 65_536
"""Characters of a batch's query."""
MOST_IN_ADDRESS = 4096
"""Characters of a batch's query for a server that takes none in a request's body."""

DIVISIBLE = frozenset([FailureKind.BadQuery, FailureKind.TooLarge])
"""Failures of which one part of a batch may be to blame: the others are the server's."""
MAYBE_OF_THE_WAY = frozenset([FailureKind.Unauthorized, FailureKind.Malformed, FailureKind.Redirect])
"""Failures by which a server, or a proxy before it, may also say that it takes no query in a request's body."""

Readings = tuple[Reading, ...]
T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """A query, and the labels that tell apart what is asked by it."""

    text: str
    labels: tuple[str, ...] = ()


class Group(Protocol):
    """Queries that share their parts."""

    @property
    def places(self) -> tuple[int, ...]:
        """The place of each query among all that are asked."""

    @property
    def identity(self) -> int:
        """The hash of the query of a group of one."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """What the batch's query asks."""

    def labels_values(self) -> Iterator[tuple[Key, ...]]:
        """Yield for each query the values of each part's labels."""

    @property
    def alone(self) -> str:
        """The query of a group of one, as it is asked without a batch."""

    def read_alone(self, result: object, time: datetime) -> Readings:
        """Read the answer to that."""

    def halves(self) -> tuple["Group", "Group"]:
        """Divide a group of several."""


@dataclass(frozen=True)
class Batch:
    """Groups that are asked in one query."""

    groups: tuple[Group, ...]

    @cached_property
    def places(self) -> tuple[int, ...]:
        """The place of each answer among all."""
        return tuple(place for group in self.groups for place in group.places)

    @property
    def is_one(self) -> bool:
        """Whether it is a single query, asked as it is without a batch."""
        return len(self.places) == 1

    @property
    def identity(self) -> int:
        """The hash of a single query."""
        return self.groups[0].identity

    @cached_property
    def _parts(self) -> dict[str, Part]:
        return {f"{n}/{m}": part for n, group in enumerate(self.groups) for m, part in enumerate(group.parts)}

    @cached_property
    def _labels(self) -> dict[str, tuple[str, ...]]:
        return {tag: part.labels for tag, part in self._parts.items()}

    @cached_property
    def _keys(self) -> list[tuple[Key, ...]]:
        return [
            tuple((f"{n}/{m}", *values) for m, values in enumerate(keys))
            for n, group in enumerate(self.groups)
            for keys in group.labels_values()
        ]

    @cached_property
    def query(self) -> str:
        """The one query."""
        if self.is_one:
            return self.groups[0].alone
        return _joined([f'label_replace({part.text}, "{TAG}", "{tag}", "", "")' for tag, part in self._parts.items()])

    def read(self, result: object, time: datetime) -> list[Readings]:
        """Return the readings of each place."""
        if self.is_one:
            return [self.groups[0].read_alone(result, time)]
        points: Points = read_points(result, time, TAG, self._labels)
        return [tuple([reading_of(points, key, time) for key in keys]) for keys in self._keys]

    def fail(self, failed: QueryFailed) -> list[Readings]:
        """Return the failure as the readings of each place."""
        return [(failed,) * len(group.parts) for group in self.groups for _ in group.places]

    @property
    def first(self) -> "Batch":
        """The first query of all, by itself."""
        return self if self.is_one else self.halves[0].first

    @cached_property
    def halves(self) -> tuple["Batch", "Batch"]:
        """The batch divided in two."""
        if len(self.groups) == 1:
            first, second = self.groups[0].halves()
            return Batch((first,)), Batch((second,))
        middle = len(self.groups) // 2
        return Batch(self.groups[:middle]), Batch(self.groups[middle:])


def _joined(texts: Sequence[str]) -> str:
    """Join as a tree: in a chain, the first part would be copied as often as there are parts."""
    if len(texts) == 1:
        return texts[0]
    middle = len(texts) // 2
    return f"({_joined(texts[:middle])} or {_joined(texts[middle:])})"


def length_of(values: Iterable[str]) -> int:
    """Return how many characters values take in a query, quotes or signs between them included."""
    return sum(len(value) + 2 for value in values)


def chunks(asked: Iterable[T], length: Callable[[T], int], most: int, room: int) -> Iterator[tuple[T, ...]]:
    """Divide what is asked, in its order: into no more than so many, and so many characters; one is always taken."""
    chunk, used = list[T](), 0
    for one in asked:
        own = length(one)
        if chunk and (len(chunk) == most or used + own > room):
            yield tuple(chunk)
            chunk, used = [], 0
        chunk.append(one)
        used += own
    yield tuple(chunk)


def pack(groups: Iterable[Group], shrunk: int = 1) -> tuple[Batch, ...]:
    """Return batches of the groups, each within the bounds: of so much smaller ones where they are shrunk."""
    packed: list[list[Group]] = []
    asked = parts = text = 0
    for group in groups:
        length = sum(len(part.text) + len(part.labels) + 64 for part in group.parts)
        asked, parts, text = asked + len(group.places), parts + len(group.parts), text + length
        if not packed or asked * shrunk > MOST_ASKED or parts * shrunk > MOST_PARTS or text > MOST_TEXT:
            packed.append([])
            asked, parts, text = len(group.places), len(group.parts), length
        packed[-1].append(group)
    return tuple(Batch(tuple(one)) for one in packed)
