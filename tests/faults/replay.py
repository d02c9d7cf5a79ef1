"""Answers that were given before, given once more: a read that is stale.

A stand-in: the API server reads consistently, so that none of it makes such an answer on demand; a cache before it, or
a store that lost its newest entries, would.
"""

import time
from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What the API server said."""

    status: int
    headers: dict[str, str]
    body: bytes


class Replay:
    """Remembers what reads were answered, each answer once, and gives it again where told to."""

    def __init__(self) -> None:
        self._answers: dict[str, list[tuple[float, Answer]]] = defaultdict(list)
        self._stale: frozenset[str] = frozenset()
        self._before = 0.0
        self.given = 0
        """How many answers were stale."""

    def remember(self, path: str, answer: Answer) -> None:
        """Note an answer; `path` with its query."""
        known = self._answers[path]
        if not known or known[-1][1].body != answer.body:
            known.append((time.monotonic(), answer))

    def begin(self, kinds: frozenset[str], before: float) -> None:
        """From now on, answer these kinds of reads with what they said before that time."""
        self._stale, self._before = kinds, before

    def end(self) -> None:
        """Tell the truth again."""
        self._stale = frozenset()

    def answer(self, path: str) -> Answer | None:
        """Return the stale answer, None where the truth is to be told."""
        if kind_of_read(path) not in self._stale:
            return None
        old = [answer for at, answer in self._answers[path] if at < self._before]
        self.given += bool(old)
        return old[-1] if old else None


def kind_of_read(path: str) -> str:
    """Return `list retrainruns` or `get jobs`, for a path with its query."""
    parts = path.partition("?")[0].strip("/").split("/")
    if "namespaces" not in parts:
        return ""
    resource, *name = parts[parts.index("namespaces") + 2 :]
    return f"{'get' if name else 'list'} {resource}"
