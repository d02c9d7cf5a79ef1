"""When the namespaces of a server had fallen: most of the monitors of each, within one span of time."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from refit_operator.prometheus.rules.beginnings import Beginnings, Period, Time


@dataclass(slots=True)
class Tally:
    """The monitors of a namespace that count: their intervals in order, and when those fell that are in breach."""

    intervals: list[timedelta] = field(default_factory=list)
    begun: Beginnings = field(default_factory=Beginnings)

    def __len__(self) -> int:
        return len(self.intervals)

    def add(self, interval: timedelta, since: Time | None) -> None:
        """Count one more."""
        insort(self.intervals, interval)
        if since is not None:
            self.begun.add(since)

    def remove(self, interval: timedelta, since: Time | None) -> None:
        """Count one that was counted no more."""
        del self.intervals[bisect_left(self.intervals, interval)]
        if since is not None:
            self.begun.remove(since)

    @property
    def has_fallen(self) -> bool:
        """Return whether most are in breach."""
        return 2 * len(self.begun) > len(self)

    def periods(self, span: timedelta) -> list[Period]:
        """Return when most had fallen within the span before."""
        return self.begun.periods(len(self) // 2 + 1, span) if self.has_fallen else []


class Fallen:
    """The periods of all namespaces, brought up to date when they are asked for, where a namespace has changed."""

    def __init__(self) -> None:
        self._span = timedelta(0)
        self._changed: set[str] = set()
        self._periods: dict[str, list[Period]] = {}
        self._begun: list[Time] = []
        self._ended: list[Time] = []

    def change(self, namespace: str) -> None:
        """Note that a namespace's monitors have changed."""
        self._changed.add(namespace)

    def drop(self, namespace: str) -> None:
        """Forget a namespace that has no monitors any more."""
        self._changed.discard(namespace)
        self._put(namespace, [])

    def most_with(self, namespace: str, span: timedelta, tallies: Mapping[str, Tally]) -> int:
        """Return the most other namespaces that had fallen at a time at which this one had, too."""
        self._bring_up_to_date(span, tallies)
        own = self._periods.get(namespace, ())
        return max((self._at(time) - 1 for period in own for time in self._beginnings_in(period)), default=0)

    def _bring_up_to_date(self, span: timedelta, tallies: Mapping[str, Tally]) -> None:
        if span != self._span:
            self._span = span
            self._changed.update(tallies)
        while self._changed:
            namespace = self._changed.pop()
            self._put(namespace, tallies[namespace].periods(span))

    def _put(self, namespace: str, periods: list[Period]) -> None:
        for begun, ended in self._periods.pop(namespace, ()):
            del self._begun[bisect_left(self._begun, begun)]
            del self._ended[bisect_left(self._ended, ended)]
        for begun, ended in periods:
            insort(self._begun, begun)
            insort(self._ended, ended)
        if periods:
            self._periods[namespace] = periods

    def _beginnings_in(self, period: Period) -> Iterator[Time]:
        """Yield when a period of any namespace begins within one: between them no more can have fallen."""
        index = bisect_left(self._begun, period[0])
        while index < len(self._begun) and self._begun[index] <= period[1]:
            yield self._begun[index]
            index = bisect_right(self._begun, self._begun[index], index)

    def _at(self, time: Time) -> int:
        """Return how many had fallen at the time."""
        return bisect_right(self._begun, time) - bisect_left(self._ended, time)
