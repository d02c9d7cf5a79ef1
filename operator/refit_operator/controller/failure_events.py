"""What a person sees of a monitor whose looks fail over and over: an Event, few of them, with the error's sentence.

No condition: the object may be just what can't be read or written. The metric `refit_look_failures` tells the same.
"""

from datetime import UTC, datetime

from refit_operator.api.events import Note
from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.client import MONITOR, Cluster
from refit_operator.kubernetes_api.events import build_event_on, post_event

FIRST_TOLD = 3
"""Failures in a row: fewer are the weather."""
TOLD_EVERY = 60
"""At the longest backoff this is a little less than an hour, after which the API server forgets an Event."""


def is_told(failures: int) -> bool:
    """Return whether this failure is worth an Event."""
    return failures == FIRST_TOLD or failures % TOLD_EVERY == 0


async def tell_failure(ref: Ref, failures: int, error: str, cluster: Cluster) -> None:
    """Post the Event where it is time for one. The monitor is read as it is, since it may not even parse."""
    if not is_told(failures):
        return
    monitor = await cluster.read(MONITOR, ref)
    if monitor:
        note = Note("LookFailed", f"{failures} looks failed in a row: {error}", "Warning")
        await post_event(
            cluster, build_event_on("ModelMonitor", ref, monitor["metadata"]["uid"], note, datetime.now(UTC))
        )
