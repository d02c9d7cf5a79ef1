"""How queries of one shape are asked for together: one query, each aggregation of which has groups. Pure.

sum by (app) (rate(correct{app=~"a|b"}[5m])) / sum by (app) (rate(judged{app=~"a|b"}[5m]))
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise

from refit_operator.prometheus.rules.batch import Group, Part, Readings
from refit_operator.prometheus.rules.groupwise import AGGREGATIONS
from refit_operator.prometheus.rules.points import Key
from refit_operator.prometheus.rules.reading import UNBOUNDED
from refit_operator.prometheus.rules.responses import read_matrix
from refit_operator.prometheus.rules.shape import Shape, Values, columns_of, matchers_of
from refit_operator.prometheus.rules.tokens import tokens_of


@dataclass(frozen=True, slots=True)
class Alike:
    """One of the queries."""

    place: int
    query: str
    values: Values


@dataclass(frozen=True)
class AlikeQueries:
    """Queries of one shape whose values of each label are the same in all of their selectors, or in all queries."""

    shape: Shape
    asked: tuple[Alike, ...]

    @cached_property
    def places(self) -> tuple[int, ...]:
        """The place of each among all."""
        return tuple(one.place for one in self.asked)

    @property
    def identity(self) -> int:
        """The hash of a single query."""
        return hash(self.asked[0].query)

    @cached_property
    def _columns(self) -> list[Values]:
        return columns_of(one.values for one in self.asked)

    @cached_property
    def _varying(self) -> dict[str, int]:
        """The labels by which the queries differ, each with a place of its value."""
        return {label: n for n, label in enumerate(self.shape.labels) if len(self._columns[n]) > 1}

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The one query, in which the labels that vary match any of the values."""
        labels = tuple(self._varying)
        return (Part(f"({_grouped(self.shape.fill(matchers_of(self._columns)), labels)}\n)", labels),)

    def labels_values(self) -> Iterator[tuple[Key, ...]]:
        """Yield the values of those labels."""
        places = [*self._varying.values()]
        for one in self.asked:
            yield (tuple([one.values[place] for place in places]),)

    @property
    def alone(self) -> str:
        """A single query, as it is."""
        return self.asked[0].query

    def read_alone(self, result: object, time: datetime) -> Readings:
        """Read the answer to that."""
        return read_matrix(result, (time,), UNBOUNDED)

    def halves(self) -> tuple[Group, Group]:
        """Divide them."""
        middle = len(self.asked) // 2
        return AlikeQueries(self.shape, self.asked[:middle]), AlikeQueries(self.shape, self.asked[middle:])


def _grouped(query: str, labels: Sequence[str]) -> str:
    """Give each aggregation the labels of its groups."""
    tokens = tokens_of(query)
    words = [token for token in tokens if token.kind != "space"]
    opened = {id(word) for word, after in pairwise(words) if after.text == "("}
    by = f" by ({', '.join(labels)}) " if labels else ""
    return "".join(
        token.text + by
        if id(token) in opened and token.text.lower() in AGGREGATIONS and not token.in_braces
        else token.text
        for token in tokens
    )
