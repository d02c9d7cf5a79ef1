"""The container engine of this machine, where there is one."""

import functools

from localcluster.commands import succeeds


@functools.cache
def name() -> str | None:
    """Return `docker` or `podman`, whichever answers first; None where neither does."""
    for candidate in ("docker", "podman"):
        if succeeds([candidate, "info"]):
            return candidate
    return None
