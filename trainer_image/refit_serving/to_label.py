"""Which answers are worth a label: the most uncertain and the most foreign ones, each handed out once.

Both are kept in memory, so many rows and bytes of each; the least of them makes room. While the inputs drift more rows
are kept, so that those of before don't keep the foreign ones out. What is handed out is of the training side alone and
isn't counted as judged: chosen for being hard, it would make any accuracy look bad.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from dataclasses import dataclass, field

from refit_serving.memory import RememberedPrediction

ROWS = 500  # kept as the most uncertain, and as many as the most foreign
MAX_BYTES = 16 << 20  # that either keep in memory
HANDED_OUT = 10_000  # inputs that are remembered as handed out
MORE_IN_DRIFT = 5  # times as many rows are kept, and handed out where no number is asked for, while drift is suspected
LIMIT = 1.0  # of the drift's ratio
UNCERTAIN, FOREIGN = "uncertain", "foreign"


def rows_for_labelling(usual: int, drift: float | None) -> int:
    """Return how many rows there are for labelling, by the drift of the inputs: more while it is suspected."""
    return usual * MORE_IN_DRIFT if drift is not None and drift > LIMIT else usual


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """An answer, by how much it is worth a label."""

    worth: float
    id: str
    score: float = field(compare=False)
    known: RememberedPrediction = field(compare=False)


class _Best:
    """The candidates that are worth most, in order."""

    def __init__(self, rows: int, max_bytes: int) -> None:
        self.rows, self._max_bytes = rows, max_bytes
        self._kept: list[Candidate] = []
        self._inputs: dict[str, Candidate] = {}
        self._bytes = 0

    def wants(self, worth: float, input: str) -> bool:
        """Tell whether a candidate would be kept."""
        if input in self._inputs or not self.rows:
            return False
        return len(self._kept) < self.rows or worth > self._kept[0].worth

    def keep(self, candidate: Candidate) -> None:
        """Keep a candidate, in the least one's place where there is no room; what drift left behind stays till then."""
        is_full = len(self._kept) >= self.rows
        insort(self._kept, candidate)
        self._inputs[candidate.known.input] = candidate
        self._bytes += candidate.known.weight
        while is_full or self._bytes > self._max_bytes:
            self._drop(0)
            is_full = False

    def take(self) -> Candidate | None:
        """Return the best candidate, which is kept no longer; None where there is none."""
        return self._drop(-1) if self._kept else None

    def discard(self, input: str) -> None:
        """Keep no candidate of an input."""
        if one := self._inputs.get(input):
            first = bisect_left(self._kept, one)  # of those that are worth as much under this id
            self._drop(next(i for i in range(first, len(self._kept)) if self._kept[i] is one))

    def _drop(self, place: int) -> Candidate:
        dropped = self._kept.pop(place)
        del self._inputs[dropped.known.input]
        self._bytes -= dropped.known.weight
        return dropped


class ToLabel:
    """The answers to hand out next."""

    def __init__(self, rows: int = ROWS, max_bytes: int = MAX_BYTES) -> None:
        self._rows = rows
        self._best = {why: _Best(rows, max_bytes) for why in (UNCERTAIN, FOREIGN)}
        self._handed_out: OrderedDict[str, None] = OrderedDict()

    def follow(self, drift: float | None) -> None:
        """Keep as many from now on as the drift of the inputs asks for."""
        for best in self._best.values():
            best.rows = rows_for_labelling(self._rows, drift)

    def wants(self, input: str, score: float, strangeness: float) -> bool:
        """Tell whether an answer would be kept."""
        worth = self._worth(score, strangeness)
        return input not in self._handed_out and any(self._best[why].wants(worth[why], input) for why in worth)

    def offer(self, key: str, score: float, strangeness: float, known: RememberedPrediction) -> None:
        """Keep an answer where it is worth more than one that is kept."""
        for why, worth in self._worth(score, strangeness).items():
            if self._best[why].wants(worth, known.input):
                self._best[why].keep(Candidate(worth, key, score, known))

    def hand_out(self, count: int, max_bytes: int) -> list[tuple[str, Candidate]]:
        """Return some answers, each with why, in turns; no more than `count`, and one that goes beyond the bytes."""
        found: list[tuple[str, Candidate]] = []
        left = max_bytes
        while len(found) < count and left > 0 and (taken := self._take(len(found) % len(self._best))):
            found.append(taken)
            left -= taken[1].known.weight
        return found

    def _take(self, turn: int) -> tuple[str, Candidate] | None:
        """Return the best candidate of whose turn it is, or of the next that has one."""
        names = list(self._best)
        for why in names[turn:] + names[:turn]:
            if candidate := self._best[why].take():
                self._forget(candidate.known.input)
                return why, candidate
        return None

    def discard(self, input: str) -> None:
        """Hand out no answer of an input: it has a label."""
        for best in self._best.values():
            best.discard(input)

    def _worth(self, score: float, strangeness: float) -> dict[str, float]:
        return {UNCERTAIN: 1 - score} | ({FOREIGN: strangeness} if strangeness else {})

    def _forget(self, input: str) -> None:
        self.discard(input)
        self._handed_out[input] = None
        if len(self._handed_out) > HANDED_OUT:
            self._handed_out.popitem(last=False)
