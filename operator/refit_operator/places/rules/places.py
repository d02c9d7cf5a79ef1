"""Who has a place, and who is next: a place is held from before the run's Job is created until its training is over.

Kept in memory by the process that leads. It is no record of what was done: that a run has one Job follows from the
Job's name, and a run that is seen to have a Job counts, whatever the limits say.

Next is the run of which the fewest of its namespace are under way or ahead of it: so a namespace with a thousand runs
gets no second place before one with a single run got its first. Among several it is that of the namespace that was
given a place longest ago, and among those that were given none the one whose breach came first. Within a namespace
runs keep the order of their breaches.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from heapq import nsmallest

from refit_operator.api.metadata import Ref
from refit_operator.places.rules.waiting import UNLIMITED, Limits, Place, Uncounted, Waiting


def _ignore() -> None:
    """Tell nobody."""


class Places:
    """The runs under way, and those that wait: in each namespace a line in their order."""

    def __init__(self, limits: Limits = UNLIMITED) -> None:
        self.limits = limits
        self.on_change: Callable[[], None] = _ignore
        """Called when others may be next than before."""
        self._is_counted = False
        self._under_way: dict[str, Ref] = {}
        self._held: Counter[str] = Counter()
        self._waiting: dict[str, Waiting] = {}
        self._lines: dict[str, list[Waiting]] = {}
        self._given: dict[str, int] = {}
        """When each namespace was given a place last, in numbers that grow, for as long as runs wait."""
        self._runs: dict[Ref, set[str]] = {}
        """The runs of each monitor that are under way or wait."""

    def under_way(self) -> Mapping[str, Ref]:
        """Return the monitors of the runs that are under way, by the run's UID."""
        return self._under_way

    def waiting(self) -> int:
        """Return how many runs wait for a place."""
        return len(self._waiting)

    def count(self, uid: str, monitor: Ref) -> None:
        """Count a run that is under way, whether there was a place or not."""
        if uid in self._under_way:
            return
        self._leave_line(uid)
        self._under_way[uid] = monitor
        self._held[monitor.namespace] += 1
        self._runs.setdefault(monitor, set()).add(uid)

    def ask(self, run: Waiting) -> Place | Uncounted | None:
        """Return where the run waits. None where it has a place: one that was free for it is its own from here on."""
        if run.uid in self._under_way:
            return None
        self._join_line(run)
        if not self._is_counted:
            return Uncounted()
        if self._is_next(run):
            self._give_place(run)
            return None
        return self._place_of(run)

    def restore(self, under_way: Mapping[str, Ref], others: Iterable[Waiting]) -> None:
        """Take in what there was before this process led; places are given from here on."""
        for uid, monitor in under_way.items():
            self.count(uid, monitor)
        for run in others:
            if run.uid not in self._under_way:
                self._join_line(run)
        self._is_counted = True
        self.on_change()

    def keep(self, monitor: Ref, uids: Collection[str]) -> None:
        """Forget the monitor's runs that aren't among these: they have ended, or were deleted."""
        self._forget(uid for uid in tuple(self._runs.get(monitor, ())) if uid not in uids)

    def release(self, uid: str) -> None:
        """Free the place of a run whose training is over."""
        self._forget((uid,))

    def step_aside(self, monitor: Ref) -> None:
        """Take the monitor's waiting runs out of the line until they ask again: a failure holds up nobody else."""
        self._forget(uid for uid in tuple(self._runs.get(monitor, ())) if uid in self._waiting)

    def next_monitors(self) -> list[Ref]:
        """Return the monitors of the runs that a place is free for."""
        if not self._is_counted:
            return []
        free = int(min(self._free, len(self._waiting)))
        able = (
            (held + index, self._turn(line), run.monitor)
            for held, line in self._shares()
            for index, run in enumerate(line[: max(0, int(min(free, self.limits.most_of_one - held)))])
        )
        return [monitor for _, _, monitor in nsmallest(free, able)]

    @property
    def _free(self) -> float:
        return max(0, self.limits.most - len(self._under_way))

    def _is_next(self, run: Waiting) -> bool:
        """Return whether a place is free for it, besides those for the runs ahead of it."""
        free, share = self._free, self._share(run)
        return free > 0 and share < self.limits.most_of_one and self._ahead(run, share) < free

    def _share(self, run: Waiting) -> int:
        """Return how many of its namespace are under way or ahead of it."""
        namespace = run.monitor.namespace
        return self._held[namespace] + bisect_left(self._lines[namespace], run)

    def _ahead(self, run: Waiting, share: int) -> int:
        """Return how many come first: those with a smaller share, and with the same those whose turn is earlier."""
        mine, ahead = self._turn(self._lines[run.monitor.namespace]), 0
        for held, line in self._shares():
            index = share - held
            if index >= len(line):
                ahead += len(line)
            elif index >= 0:
                ahead += index + (self._turn(line) < mine)
        return ahead

    def _turn(self, line: list[Waiting]) -> tuple[int, datetime, datetime, str]:
        """Return the order of a namespace among those that have as many places."""
        first = line[0]
        return self._given.get(first.monitor.namespace, 0), first.time, first.created, first.uid

    def _shares(self) -> Iterable[tuple[int, list[Waiting]]]:
        """Return the lines, each with how many of its namespace are under way."""
        return ((self._held.get(namespace, 0), line) for namespace, line in self._lines.items())

    def _place_of(self, run: Waiting) -> Place:
        namespace, limits = run.monitor.namespace, self.limits
        if not limits.runs or self._held[namespace] >= limits.most_of_one:
            line, setting = self._lines[namespace], "REFIT_MAX_CONCURRENT_RUNS_PER_NAMESPACE"
            number = bisect_left(line, run) + 1
            return Place(number, len(line), setting, limits.runs_per_namespace, " of its namespace")
        number = self._ahead(run, self._share(run)) + 1
        return Place(number, len(self._waiting), "REFIT_MAX_CONCURRENT_RUNS", limits.runs)

    def _give_place(self, run: Waiting) -> None:
        self.count(run.uid, run.monitor)
        self._given[run.monitor.namespace] = max(self._given.values(), default=0) + 1
        if not self._waiting:
            self._given.clear()

    def _join_line(self, run: Waiting) -> None:
        if run.uid not in self._waiting:
            self._waiting[run.uid] = run
            insort(self._lines.setdefault(run.monitor.namespace, []), run)
            self._runs.setdefault(run.monitor, set()).add(run.uid)

    def _leave_line(self, uid: str) -> bool:
        run = self._waiting.pop(uid, None)
        if run is None:
            return False
        line = self._lines[run.monitor.namespace]
        del line[bisect_left(line, run)]
        if not line:
            del self._lines[run.monitor.namespace]
        self._forget_of(run.monitor, uid)
        return True

    def _leave_place(self, uid: str) -> bool:
        monitor = self._under_way.pop(uid, None)
        if monitor is None:
            return False
        self._held[monitor.namespace] -= 1
        if not self._held[monitor.namespace]:
            del self._held[monitor.namespace]
        self._forget_of(monitor, uid)
        return True

    def _forget_of(self, monitor: Ref, uid: str) -> None:
        self._runs[monitor].discard(uid)
        if not self._runs[monitor]:
            del self._runs[monitor]

    def _forget(self, uids: Iterable[str]) -> None:
        gone = [uid for uid in uids if self._leave_line(uid) or self._leave_place(uid)]
        if gone:
            self.on_change()
