"""Which of many queries are asked together. Pure, and worth keeping while they stay the same.

A plan gives the same readings as each query alone. What stays alone, in a batch of its own:

- a query that our parser refuses, or that is no text in UTF-8: what it does to others in a batch can't be foreseen;
- one that names the batch's own label, which the tag would replace.

Queries that differ by nothing but labels' values, and consist of aggregations that may be given groups, are one query
with groups. A query that gives a scalar is made a vector; one that gives a string isn't allowed at all. Series that
differ only by name, histograms and what `or` would match pass through a batch as they are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from refit_operator.prometheus.rules.alike import Alike, AlikeQueries
from refit_operator.prometheus.rules.batch import (
    MOST_ASKED,
    MOST_TEXT,
    TAG,
    Batch,
    Group,
    Part,
    Readings,
    chunks,
    length_of,
    pack,
)
from refit_operator.prometheus.rules.points import Key
from refit_operator.prometheus.rules.promql import ParsedQuery, QueryInvalid, parse_query
from refit_operator.prometheus.rules.reading import UNBOUNDED
from refit_operator.prometheus.rules.responses import read_matrix
from refit_operator.prometheus.rules.shape import Shape, Values, take_apart

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """The batches in which things are asked; `order` has for each of them its place among those that differ."""

    batches: tuple[Batch, ...]
    order: tuple[int, ...]

    @property
    def queries(self) -> tuple[str, ...]:
        """The queries that are sent where nothing fails."""
        return tuple(batch.query for batch in self.batches)


@dataclass(frozen=True)
class _Query:
    """A query by itself."""

    place: int
    alone: str
    is_scalar: bool = False

    @property
    def places(self) -> tuple[int, ...]:
        return (self.place,)

    @property
    def identity(self) -> int:
        return hash(self.alone)

    @property
    def parts(self) -> tuple[Part, ...]:
        # On a line of its own: a comment may end the query.
        return (Part(f"{'vector' if self.is_scalar else ''}({self.alone}\n)"),)

    def labels_values(self) -> Iterator[tuple[Key, ...]]:
        yield ((),)

    def read_alone(self, result: object, time: datetime) -> Readings:
        return read_matrix(result, (time,), UNBOUNDED)

    def halves(self) -> tuple[Group, Group]:
        raise ValueError("one query can't be divided")


@lru_cache(maxsize=16)
def plan_values(queries: tuple[str, ...], apart: frozenset[int] = frozenset(), shrunk: int = 1) -> Plan:
    """Return how to ask for the queries' values; `apart` and `shrunk` are the server's `Manner`."""
    places = places_of(queries)
    alone, joined = list[_Query](), list[_Query]()
    shapes: dict[tuple[Shape, Values], list[Alike]] = defaultdict(list)
    for query, place in places.items():
        taken = None if hash(query) in apart else _taken(query)
        if taken is None:
            alone.append(_Query(place, query))
        elif taken.fixed is None:
            joined.append(_Query(place, query, taken.is_scalar))
        else:
            shapes[taken.shape, taken.fixed].append(Alike(place, query, taken.values))
    groups = [group for (shape, _), found in shapes.items() for group in _divided(shape, found, MOST_ASKED // shrunk)]
    batches = (*(Batch((one,)) for one in alone), *pack([*groups, *joined], shrunk))
    return Plan(batches, tuple(places[query] for query in queries))


@dataclass(frozen=True, slots=True)
class _Taken:
    """A query, apart."""

    shape: Shape
    values: Values
    is_scalar: bool
    fixed: Values | None
    """What must be the same in queries that share groups; None where none may."""


@lru_cache(maxsize=65_536)
def _taken(query: str) -> _Taken | None:
    """Take a query apart; None where it is asked alone. It is remembered as a ratio's selector is."""
    try:
        query.encode()
        if TAG in query:
            return None
        shape, values = take_apart(query)
        parsed = parse_query(query) if len(shape.labels) == 0 else _parsed(shape)
    except (QueryInvalid, UnicodeEncodeError):
        return None
    return _Taken(shape, values, parsed.is_scalar, _fixed(shape, values, parsed))


@lru_cache(maxsize=1024)
def _parsed(shape: Shape) -> ParsedQuery:
    """Parse one query for all of its shape."""
    return parse_query(shape.fill(('="x"',) * len(shape.labels)))


def _fixed(shape: Shape, values: Values, parsed: ParsedQuery) -> Values | None:
    """Return the values of labels that some selectors haven't, or that aren't the same in all; they can't vary."""
    if parsed.groups is None:
        return None
    found: dict[str, list[str]] = defaultdict(list)
    for label, value in zip(shape.labels, values, strict=True):
        found[label].append(value)
    selectors = len(parsed.selectors)
    return tuple(
        value if label not in parsed.groups or len(found[label]) != selectors or len({*found[label]}) > 1 else ""
        for label, value in zip(shape.labels, values, strict=True)
    )


def _divided(shape: Shape, asked: list[Alike], most: int) -> Iterator[Group]:
    """Yield the queries of one shape in groups within the bounds; one that is by itself as it is."""
    ordered = sorted(asked, key=lambda one: one.values)
    *others, last = chunks(ordered, lambda one: length_of(one.values), most, MOST_TEXT - len(shape.key))
    yield from (AlikeQueries(shape, some) for some in others)
    yield _Query(last[0].place, last[0].query) if len(last) == 1 else AlikeQueries(shape, last)


def places_of(asked: Iterable[T]) -> dict[T, int]:
    """Return the place of each among those that differ."""
    return {one: place for place, one in enumerate(dict.fromkeys(asked))}
