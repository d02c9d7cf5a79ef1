"""When breaches began, in order: what is asked of them isn't counted again and again as one more begins, or ends."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from datetime import timedelta

Time = timedelta
"""Since 1970: a time from a status may be the calendar's last, to which no span can be added."""
Period = tuple[Time, Time]
"""First and last time."""


class Beginnings:
    """The times, and the most of them within one span; those that are equal are visited once."""

    __slots__ = ("_most", "_span", "_times")

    def __init__(self) -> None:
        self._times: list[Time] = []
        self._span = timedelta(0)
        self._most = 0

    def __len__(self) -> int:
        return len(self._times)

    def add(self, time: Time) -> None:
        """Note one more: it may have made the most one more, where it is among them."""
        insort(self._times, time)
        self._most += any(self._of(self._most + 1, self._span, time - self._span, time))

    def remove(self, time: Time) -> None:
        """Forget one: where no others are as many, the most is one less."""
        del self._times[bisect_left(self._times, time)]
        self._most -= self._most > 0 and not any(self._of(self._most, self._span))

    def most_within(self, span: timedelta) -> int:
        """Return the most breaches that began within one span of time."""
        if span != self._span:
            self._span, self._most = span, _most_within(self._times, span)
        return self._most

    def periods(self, count: int, span: timedelta) -> list[Period]:
        """Return when so many or more had begun within the span before."""
        found: list[Period] = []
        if span <= self._span and self._most < count:
            return found
        for begun, reached in self._of(count, span):
            if found and reached <= found[-1][1]:
                reached = found.pop()[0]
            found.append((reached, begun + span))
        return found

    def _of(self, count: int, span: timedelta, low: Time = Time.min, high: Time = Time.max) -> Iterator[Period]:
        """Yield first and last of each so many that began within the span, where the first is from low to high."""
        times, first = self._times, bisect_left(self._times, low)
        while first + count <= len(times) and times[first] <= high:
            if times[first + count - 1] - times[first] <= span:
                yield times[first], times[first + count - 1]
            first = bisect_right(times, times[first], first)


def _most_within(times: list[Time], span: timedelta) -> int:
    most = first = 0
    for last, time in enumerate(times):
        while time - times[first] > span:
            first += 1
        most = max(most, last - first + 1)
    return most
