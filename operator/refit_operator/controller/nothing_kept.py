"""kopf keeps nothing between two events: its handlers here only enqueue.

By default it keeps 0.9 KB of each object that it has seen, most of which are nobody's: workloads without a monitor,
and what another operator serves. And it copies every object of every event three times, to tell its handlers what
differs from the last one and which of them are done. No handler here asks; of an operator with many monitors that was a
third of its CPU.
"""

from typing import Any

import kopf
from kopf._core.reactor.inventory import ResourceMemories, ResourceMemory


class NoDiffs(kopf.DiffBaseStorage):
    """No object is compared with what it was."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """Return nothing to compare."""
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> None:
        """Return that nothing was kept."""

    def store(self, **_: Any) -> None:
        """Keep nothing."""


class NoProgress(kopf.ProgressStorage):
    """No handler is ever half done."""

    def fetch(self, **_: Any) -> None:
        """Return that nothing was kept."""

    def store(self, **_: Any) -> None:
        """Keep nothing."""

    def purge(self, **_: Any) -> None:
        """Have nothing to remove."""

    def touch(self, **_: Any) -> None:
        """Mark nothing."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        """Return what is compared as it is, without a copy."""
        return essence


class NoMemories(ResourceMemories):
    """A memory of an object lasts as long as one event of it is handled."""

    async def recall(self, raw_body: kopf.RawBody, **about: Any) -> ResourceMemory:
        """Return a new one, which isn't kept."""
        return await super().recall(raw_body, **about | {"ephemeral": True})
