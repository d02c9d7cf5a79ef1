"""What kstatus says of an object, by which Flux and other tools judge a sync.

A port of the rules of sigs.k8s.io/cli-utils for kinds that it doesn't know. `make test-gitops` has Flux itself say it.
"""

from enum import StrEnum
from typing import Any

Document = dict[str, Any]
BROKEN = frozenset({"InvalidSpec", "QueryRefused", "SourceForbidden", "TargetClaimed"})
"""Reasons of a monitor's Ready that only a change of the monitor ends."""
LACKING = frozenset({"SecretMissing", "TargetMissing", "TargetNotServed", "TargetNotWired"})
"""Reasons of Ready that end once something else is there, as it may be a moment later in the same sync."""


class Status(StrEnum):
    """What a sync waits for (InProgress), goes on with (Current) and fails at (Failed)."""

    CURRENT = "Current"
    IN_PROGRESS = "InProgress"
    FAILED = "Failed"
    TERMINATING = "Terminating"


def kstatus(document: Document) -> Status:
    """Return the status of an object; the first rule that says something wins."""
    metadata, status = document["metadata"], document.get("status") or {}
    if metadata.get("deletionTimestamp"):
        return Status.TERMINATING
    if status.get("observedGeneration", metadata["generation"]) != metadata["generation"]:
        return Status.IN_PROGRESS
    conditions = [(one["type"], one["status"]) for one in status.get("conditions", ())]
    for condition in conditions:
        if condition == ("Reconciling", "True"):
            return Status.IN_PROGRESS
        if condition == ("Stalled", "True"):
            return Status.FAILED
    ready = next((truth for kind, truth in conditions if kind == "Ready"), "True")
    return Status.CURRENT if ready == "True" else Status.IN_PROGRESS
