"""A dead or silent watch ends the process: reconciliation would go on, but minutes late.

Two questions about every kind that is watched:

- Was its watch opened lately? The API server ends each watch after a minute, so that a living one is opened again and
  again. One that isn't opened again is dead, or was never started.
- Did it deliver what was read? Every reconciliation reads fresh; what it reads, the watch must deliver soon after.
  Versions of one kind are delivered in order, so that the highest one delivered and the lowest one missed are enough.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Never

from refit_operator.api.base import RUN_LABEL
from refit_operator.kubernetes_api.stale_reads import number
from refit_operator.observability.metrics import WATCH_OPENED
from refit_operator.target.rules.kinds import KINDS as KINDS_OF_TARGETS

KINDS = {
    "ModelMonitor": "modelmonitors",
    "RetrainRun": "retrainruns",
    "Job": "jobs",
    "Pod": "pods",
    **{kind.name: kind.plural for kind in KINDS_OF_TARGETS.values()},
}
"""What is watched; of Jobs and pods, those of runs."""
OPTIONAL = frozenset(kind.plural for kind in KINDS_OF_TARGETS.values() if kind.installed_by)
"""What a cluster need not serve: watched from when it is served, and only then expected to be."""


@dataclass(frozen=True)
class Limits:
    """Seconds."""

    reopened: float = 180
    """Since a watch was last opened. Each lasts a minute."""
    delivered: float = 90
    """From a read to its event. The client ends a half-open connection after 70 s, by itself."""
    check: float = 5
    """Between two checks."""


class WatchSilent(Exception):
    """A watch doesn't deliver."""


@dataclass
class Stream:
    """What is known of one kind's watch."""

    opened: float
    delivered: int = 0
    missed: tuple[int, float] | None = None
    """The oldest version read that wasn't delivered, and when it was read."""
    newest: tuple[int, float] = (0, 0.0)
    """The newest version read, and when."""


class Streams:
    """The watches, seen from outside: what they delivered, against what was read."""

    def __init__(self, clock: Callable[[], float], kinds: Iterable[str] = tuple(KINDS.values())) -> None:
        self._clock = clock
        self._streams = {kind: Stream(opened=clock()) for kind in kinds if kind not in OPTIONAL}

    def opened(self, kind: str) -> None:
        """Note that the API server accepted a watch of that kind (its plural)."""
        if kind in self._streams or kind in OPTIONAL:
            self._stream(kind).opened = self._clock()
            WATCH_OPENED.labels(kind).set_to_current_time()

    def forget(self, kind: str) -> None:
        """Expect nothing of a kind any more: it isn't served now."""
        self._streams.pop(kind, None)

    def delivered(self, kind: str, version: str) -> None:
        """Note an event of a watch."""
        stream = self._stream(kind)
        stream.delivered = max(stream.delivered, number(version))
        if stream.missed and stream.missed[0] <= stream.delivered:
            stream.missed = stream.newest if stream.newest[0] > stream.delivered else None

    def _stream(self, kind: str) -> Stream:
        """Return what is known of a kind's watch; an optional kind's begins once it is heard of."""
        if kind in OPTIONAL and kind not in self._streams:
            self._streams[kind] = Stream(opened=self._clock())
        return self._streams[kind]

    def read(self, document: Mapping[str, Any]) -> None:
        """Note an object that was read from the API server, if a watch should know it."""
        kind = KINDS.get(str(document.get("kind")), "")
        stream = self._streams.get(kind)
        meta = document["metadata"]
        if stream is None or (kind in ("jobs", "pods") and RUN_LABEL not in (meta.get("labels") or {})):
            return
        version = number(meta.get("resourceVersion") or "")
        if version > max(stream.delivered, stream.newest[0]):
            stream.newest = version, self._clock()
            stream.missed = stream.missed or stream.newest

    def complaint(self, limits: Limits) -> str | None:
        """Return what is wrong with the first watch that is dead or silent."""
        now = self._clock()
        for kind, stream in self._streams.items():
            if now - stream.opened > limits.reopened:
                return f"the watch of {kind} was last opened {now - stream.opened:.0f} s ago"
            if stream.missed and now - stream.missed[1] > limits.delivered:
                version, read = stream.missed
                return f"the watch of {kind} hasn't delivered version {version}, read {now - read:.0f} s ago"
        return None


async def watch_over(streams: Streams, limits: Limits) -> Never:
    """Check the watches for ever. Raises WatchSilent."""
    while True:
        await asyncio.sleep(limits.check)
        complaint = streams.complaint(limits)
        if complaint:
            raise WatchSilent(complaint)
