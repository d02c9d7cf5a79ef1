"""How the counters of many ratios are asked for together: one grouped query for those of one shape. Pure.

    sum by (app) (increase(judged_total{app=~"reviews|orders"}[5m]) * …)

Where several labels vary, the regular expressions match more than what was asked for: that is ignored. A selector
that isn't one, or has no others of its shape, is a group of its own; all groups are tagged, and share batches.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

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
from refit_operator.prometheus.rules.counting import GOOD, PART, TOTAL, count_of, counting_query
from refit_operator.prometheus.rules.plans import Plan, places_of
from refit_operator.prometheus.rules.points import Key
from refit_operator.prometheus.rules.promql import QueryInvalid
from refit_operator.prometheus.rules.responses import read_matrix_parts
from refit_operator.prometheus.rules.shape import Shape, Values, columns_of, is_selector, matchers_of, take_apart

Pair = tuple[str, str]
"""The selectors of a ratio's counters: of what is good, and of all."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A ratio's counters, apart."""

    place: int
    pair: Pair
    good: Values
    total: Values


@dataclass(frozen=True)
class _Ratios:
    """Ratios whose selectors have two shapes: the good ones' and the total ones'."""

    good: Shape
    total: Shape
    asked: tuple[_Asked, ...]
    window: timedelta

    @cached_property
    def places(self) -> tuple[int, ...]:
        return tuple(one.place for one in self.asked)

    @property
    def identity(self) -> int:
        return hash(self.asked[0].pair)

    @cached_property
    def _columns(self) -> tuple[list[Values], list[Values]]:
        """The values in each place of the shapes."""
        return columns_of(one.good for one in self.asked), columns_of(one.total for one in self.asked)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        good, total = self._columns
        return (_part(self.good, good, self.window), _part(self.total, total, self.window))

    def labels_values(self) -> Iterator[tuple[Key, ...]]:
        good, total = (_varying(columns) for columns in self._columns)
        for one in self.asked:
            yield tuple([one.good[n] for n in good]), tuple([one.total[n] for n in total])

    @property
    def alone(self) -> str:
        return counting_query(*self.asked[0].pair, self.window)

    def read_alone(self, result: object, time: datetime) -> Readings:
        return tuple(found for (found,) in read_matrix_parts(result, (time,), PART, (GOOD, TOTAL)))

    def halves(self) -> tuple[Group, Group]:
        middle = len(self.asked) // 2
        first, second = self.asked[:middle], self.asked[middle:]
        return (_Ratios(self.good, self.total, first, self.window), _Ratios(self.good, self.total, second, self.window))


def _varying(columns: Sequence[Values]) -> list[int]:
    return [n for n, column in enumerate(columns) if len(column) > 1]


def _part(shape: Shape, columns: Sequence[Values], window: timedelta) -> Part:
    labels = tuple(shape.labels[n] for n in _varying(columns))
    return Part(count_of(shape.fill(matchers_of(columns)), window, tuple(dict.fromkeys(labels))), labels)


@lru_cache(maxsize=16)
def plan_ratios(
    asked: tuple[Pair, ...], window: timedelta, apart: frozenset[int] = frozenset(), shrunk: int = 1
) -> Plan:
    """Return how to ask for the ratios' counts; `apart` and `shrunk` are the server's `Manner`."""
    places = places_of(asked)
    shapes: dict[tuple[Shape, Shape], list[_Asked]] = defaultdict(list)
    alone: list[_Ratios] = []
    for pair, place in places.items():
        taken = None if hash(pair) in apart else _taken(pair)
        if taken is None:
            alone.append(_Ratios(_NOTHING, _NOTHING, (_Asked(place, pair, (), ()),), window))
        else:
            (good, good_values), (total, total_values) = taken
            shapes[good, total].append(_Asked(place, pair, good_values, total_values))
    groups = [group for key, found in shapes.items() for group in _divided(*key, found, window, MOST_ASKED // shrunk)]
    return Plan((*(Batch((one,)) for one in alone), *pack(groups, shrunk)), tuple(places[pair] for pair in asked))


_NOTHING = Shape(("",), ())


def _taken(pair: Pair) -> tuple[tuple[Shape, Values], tuple[Shape, Values]] | None:
    """Return both selectors, apart; None where they are asked alone."""
    try:
        return _selector(pair[0]), _selector(pair[1])
    except (QueryInvalid, UnicodeEncodeError):
        return None


@lru_cache(maxsize=65_536)
def _selector(text: str) -> tuple[Shape, Values]:
    """Take a selector apart; raises QueryInvalid, or UnicodeEncodeError, for what is asked alone.

    It is remembered: where one comes or goes, the thousands of others are known.
    """
    text.encode()
    shape, values = take_apart(text)
    if TAG in text or not is_selector(shape):
        raise QueryInvalid("no selector that can be asked with others")
    return shape, values


def _divided(good: Shape, total: Shape, asked: list[_Asked], window: timedelta, most: int) -> Iterator[_Ratios]:
    """Yield the ratios of one shape in groups within the bounds, those with the same values side by side."""
    room = MOST_TEXT - 2 * (len(good.key) + len(total.key))  # each selector stands there twice
    for some in chunks(sorted(asked, key=_order(asked)), lambda one: 2 * length_of(one.good + one.total), most, room):
        yield _Ratios(good, total, some, window)


def _order(asked: list[_Asked]) -> Callable[[_Asked], Values]:
    """Return the order by which few values of a label come together in a group."""
    columns = [len(set(column)) for column in zip(*[one.total + one.good for one in asked], strict=True)]
    places = sorted(range(len(columns)), key=columns.__getitem__)

    def key(one: _Asked) -> Values:
        values = one.total + one.good
        return tuple([values[place] for place in places])

    return key
