"""Which of a data set's rows is older: by their times where every row has one, else by their order in the files."""

from collections.abc import Iterable

from refit_trainer.data.formats import Document
from refit_trainer.data.records import SortedNumbers
from refit_trainer.data.rows import Problems
from refit_trainer.data.times import NoTime, parse_time, write_utc


class RowTimes:
    """The times of rows as they are read.

    An unmapped column named `time` is used where every row has a valid one; a mapped one must be valid in every row.
    A number or a date that can't be a time is wrong in either.
    """

    def __init__(self, column: str | None) -> None:
        """`column` is what the role `time` is mapped to."""
        self.problems = Problems()
        self._column, self._count = column, 0
        self._latest: float | None = None
        self._sorted: SortedNumbers | None = None

    def add(self, line: Document) -> None:
        """Note the time of the next row."""
        value = line.columns.get(self._column or "time")
        self._count += 1
        try:
            self._keep(parse_time(value))
        except NoTime as problem:
            self._sorted = self._latest = None
            if self._column or problem.is_meant:
                told = f'column "{self._column or "time"}" (time) is {value!r:.80}, {problem}'
                self.problems.add(line.source, told)

    def _keep(self, seconds: float) -> None:
        """Keep a time; where a row before has none, nothing is to be sorted."""
        if self._count == 1:
            self._sorted = SortedNumbers()
        if self._sorted is not None:
            self._sorted.add(seconds, self._count - 1)
            self._latest = seconds if self._latest is None else max(self._latest, seconds)

    def order(self) -> Iterable[int]:
        """Return the rows' numbers, oldest first."""
        if self._sorted is None:
            return range(self._count)
        return (number for _, number in self._sorted)

    @property
    def newest(self) -> str | None:
        """The time of the newest row, None where the order in the files counts."""
        return None if self._latest is None else write_utc(self._latest)
