"""The Event `ReconcileFailed` on a monitor whose reconciliation fails over and over: few of them, with the error.

No condition: the object may be just what can't be read or written. The metric `refit_reconcile_consecutive_failures`
shows the same.
"""

from refit_operator.api.events import Event
from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.client import MONITOR, Cluster
from refit_operator.kubernetes_api.clock import utc_now
from refit_operator.kubernetes_api.events import build_event_on, post_event

FIRST_AFTER = 3
"""Failures in a row before the first Event: fewer are transient."""
REPEATED_EVERY = 60
"""At the longest backoff this is a little less than an hour, after which the API server deletes an Event."""


def is_due(failures: int) -> bool:
    """Return whether this failure is worth an Event."""
    return failures == FIRST_AFTER or failures % REPEATED_EVERY == 0


async def emit_failure(ref: Ref, failures: int, error: str, cluster: Cluster) -> None:
    """Post the Event where one is due. The monitor is read as a plain document, since it may not even parse."""
    if not is_due(failures):
        return
    monitor = await cluster.read(MONITOR, ref)
    if monitor:
        event = Event("ReconcileFailed", f"{failures} reconciliations failed in a row: {error}", "Warning")
        await post_event(cluster, build_event_on(MONITOR, ref, monitor["metadata"]["uid"], event, utc_now()))
