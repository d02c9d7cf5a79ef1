"""What kopf keeps of each object that it has seen: here nothing.

It is for daemons, timers, and changes that a handler comes back to. Handlers of events leave nothing in it, and most of
what is watched is nobody's: Deployments without a monitor, and what another operator serves.
"""

from typing import Any

import kopf
from kopf._core.reactor.inventory import ResourceMemories, ResourceMemory


class NoMemories(ResourceMemories):
    """A memory of an object lasts as long as one event of it is handled."""

    async def recall(self, raw_body: kopf.RawBody, **about: Any) -> ResourceMemory:
        """Return a new one, which isn't kept."""
        return await super().recall(raw_body, **about | {"ephemeral": True})
