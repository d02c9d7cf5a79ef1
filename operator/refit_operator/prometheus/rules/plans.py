"""Which of many queries are asked together. Pure, and worth keeping while they stay the same.

A plan gives the same readings as each query alone. What stays alone, in a batch of its own:

- a query that our parser refuses, or that is no text in UTF-8: what it does to others in a batch can't be foreseen;
- one that names the batch's own label, which the tag would replace.

A query that gives a scalar is made a vector; one that gives a string isn't allowed at all. Series that differ only by
name, histograms and what `or` would match pass through a batch as they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from refit_operator.prometheus.rules.batch import TAG, Batch, Group, Part, Readings, pack
from refit_operator.prometheus.rules.points import Key
from refit_operator.prometheus.rules.promql import QueryInvalid, parse_query
from refit_operator.prometheus.rules.reading import UNBOUNDED
from refit_operator.prometheus.rules.responses import read_matrix

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
    def parts(self) -> tuple[Part, ...]:
        # On a line of its own: a comment may end the query.
        return (Part(f"{'vector' if self.is_scalar else ''}({self.alone}\n)"),)

    def labels_values(self) -> Iterator[tuple[Key, ...]]:
        yield ((),)

    def read_alone(self, result: object, time: datetime) -> Readings:
        return read_matrix(result, (time,), UNBOUNDED)

    def halves(self) -> tuple[Group, Group]:
        raise ValueError("one query can't be divided")


@lru_cache(maxsize=32)
def plan_values(queries: tuple[str, ...]) -> Plan:
    """Return how to ask for the queries' values."""
    places = places_of(queries)
    alone, joined = list[_Query](), list[_Query]()
    for query, place in places.items():
        scalar = _joins(query)
        (alone if scalar is None else joined).append(_Query(place, query, bool(scalar)))
    return Plan((*(Batch((one,)) for one in alone), *pack(joined)), tuple(places[query] for query in queries))


def _joins(query: str) -> bool | None:
    """Return whether the query gives a scalar; None where it is asked alone."""
    try:
        query.encode()
        return None if TAG in query else parse_query(query).is_scalar
    except (QueryInvalid, UnicodeEncodeError):
        return None


def places_of(asked: Iterable[T]) -> dict[T, int]:
    """Return the place of each among those that differ."""
    return {one: place for place, one in enumerate(dict.fromkeys(asked))}
