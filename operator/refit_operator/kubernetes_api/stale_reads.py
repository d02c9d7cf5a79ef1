"""No read is believed that is older than what was read before it.

The API server reads consistently. A cache before it, or one API server of several that lost touch with etcd, may not:
a list of runs from before the newest run would start a second one. Each answer says how new it is, by resourceVersion:
an object's grow, and a list has that of its moment. So an answer is held against what was known when it was asked for;
what came in meanwhile may well be newer.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from refit_operator.kubernetes_api.errors import Transient

BELIEVED_AFTER_S = 60.0
"""After so long a store that went back is believed: it was restored from a backup."""
REMEMBERED = 50_000
"""Objects and kinds."""


def number(version: str) -> int:
    """Return a resourceVersion as a number: that they grow is what etcd does and Kubernetes promises since 1.35."""
    return int(version) if version.isdecimal() else 0


@dataclass
class Newest:
    """The newest version read of each object, and of each kind."""

    clock: Callable[[], float] = time.monotonic
    _versions: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _refused: dict[str, float] = field(default_factory=dict)
    """Since when answers about something are refused."""

    def of(self, key: str) -> int:
        """Return what an answer must not be older than that is asked for now."""
        return self._versions.get(key, 0)

    def note(self, key: str, version: int) -> None:
        """Remember a version."""
        self._versions[key] = max(version, self._versions.pop(key, 0))
        if len(self._versions) > REMEMBERED:
            self._versions.popitem(last=False)

    def take(self, key: str, least: int, version: str) -> None:
        """Accept an answer, or raise Transient: `least` is what `of` returned when it was asked for."""
        found = number(version)
        if found < least and self._is_refused(key):
            raise Transient(f"an old answer about {key}: version {found}, and {least} was read before")
        if found < least:
            self._versions[key] = found
        self._refused.pop(key, None)
        self.note(key, found)

    def _is_refused(self, key: str) -> bool:
        return self.clock() - self._refused.setdefault(key, self.clock()) < BELIEVED_AFTER_S
