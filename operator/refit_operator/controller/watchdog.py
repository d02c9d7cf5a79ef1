"""A dead or silent watch ends the process: the schedule would go on, but with minutes of delay nobody had asked for.

Two questions, each with a certain answer, about every kind that is watched:

- Was its watch opened lately? The API server ends each watch after a minute, so that a living one is opened again and
  again. One that nobody opens is dead, or never was there.
- Was it told what was read? Every look reads fresh; what it reads, the watch must have told soon after. Versions of one
  kind are told in their order, so that the highest one told and the lowest one missed are enough to know.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Never

from refit_operator.api.base import RUN_LABEL
from refit_operator.kubernetes_api.stale_reads import number
from refit_operator.observability.metrics import WATCH_OPENED

KINDS = {"ModelMonitor": "modelmonitors", "RetrainRun": "retrainruns", "Job": "jobs", "Pod": "pods"}
"""What is watched; of Jobs and pods, those of runs."""


@dataclass(frozen=True)
class Limits:
    """Seconds."""

    reopened: float = 180
    """Since a watch was last opened. Each lasts a minute."""
    told: float = 90
    """From a read to the watch telling of it. The client ends a half-open connection after 70 s, by itself."""
    check: float = 5
    """Between two checks."""


class WatchSilent(Exception):
    """A watch doesn't deliver."""


@dataclass
class Stream:
    """What is known of one kind's watch."""

    opened: float
    told: int = 0
    missed: tuple[int, float] | None = None
    """The oldest version read that wasn't told, and when it was read."""
    newest: tuple[int, float] = (0, 0.0)
    """The newest version read, and when."""


class Streams:
    """The watches, seen from outside: what they were told, against what was read."""

    def __init__(self, clock: Callable[[], float], kinds: Iterable[str] = tuple(KINDS.values())) -> None:
        self._clock = clock
        self._streams = {kind: Stream(opened=clock()) for kind in kinds}

    def opened(self, kind: str) -> None:
        """Note that the API server accepted a watch of that kind (its plural)."""
        if kind in self._streams:
            self._streams[kind].opened = self._clock()
            WATCH_OPENED.labels(kind).set_to_current_time()

    def told(self, kind: str, version: str) -> None:
        """Note an event of a watch."""
        stream = self._streams[kind]
        stream.told = max(stream.told, number(version))
        if stream.missed and stream.missed[0] <= stream.told:
            stream.missed = stream.newest if stream.newest[0] > stream.told else None

    def read(self, document: Mapping[str, Any]) -> None:
        """Note an object that was read from the API server, if a watch should know it."""
        kind = KINDS.get(str(document.get("kind")), "")
        stream = self._streams.get(kind)
        meta = document["metadata"]
        if stream is None or (kind in ("jobs", "pods") and RUN_LABEL not in (meta.get("labels") or {})):
            return
        version = number(meta.get("resourceVersion") or "")
        if version > max(stream.told, stream.newest[0]):
            stream.newest = version, self._clock()
            stream.missed = stream.missed or stream.newest

    def complaint(self, limits: Limits) -> str | None:
        """Return what is wrong with the first watch that is dead or silent."""
        now = self._clock()
        for kind, stream in self._streams.items():
            if now - stream.opened > limits.reopened:
                return f"the watch of {kind} was last opened {now - stream.opened:.0f} s ago"
            if stream.missed and now - stream.missed[1] > limits.told:
                version, read = stream.missed
                return f"the watch of {kind} hasn't told of version {version}, read {now - read:.0f} s ago"
        return None


async def watch_over(streams: Streams, limits: Limits) -> Never:
    """Check the watches for ever. Raises WatchSilent."""
    while True:
        await asyncio.sleep(limits.check)
        complaint = streams.complaint(limits)
        if complaint:
            raise WatchSilent(complaint)
