"""K: what a sync waits for, by kstatus, at every version of a monitor and of a run. Pure.

Of each version alone, as docs/how-to/gitops.md has it: a run is always Current. A monitor is InProgress only where its
spec isn't read yet, or Ready is False because something isn't there yet; Failed only where Stalled says why. And from
one version to the next: what a run does makes no monitor anything but Current.
"""

from collections.abc import Collection
from typing import Any

from tests.support.kstatus import BROKEN, LACKING, Status, kstatus

Document = dict[str, Any]
NEVER = -1
"""What status.observedGeneration is before the operator has read the monitor."""
BY_OTHERS = LACKING | BROKEN - {"InvalidSpec"}
"""Reasons that come to a spec that worked, and from elsewhere: a target deleted, a Secret not lent any more, a query
that Prometheus refuses by now, an older monitor with the same target."""


class Sync:
    """What was seen so far of each monitor."""

    def __init__(self, by_others: Collection[str] = ()) -> None:
        self.by_others = by_others
        """Reasons that may make a monitor other than Current while its spec is as it was; none in a loop, in which
        nobody but the operator changes anything."""
        self.current: dict[str, int] = {}
        """The generation at which each was last Current, by UID."""
        self.observed: dict[str, int] = {}
        """The newest generation that each said it has read, by UID."""

    def violations_by(self, change: str, document: Document) -> list[str]:
        """Take a version in, of a monitor or a run; return what it violates. One that is deleted is no more."""
        if change == "DELETED":
            return []
        found = [differs(document)]
        if document["kind"] == "ModelMonitor":
            found += [unexplained(document), self._went_back(document), self._turned(document)]
        said = f"K: {subject(document)} is {kstatus(document)}"
        return [f"{said}, {words}; {grounds(document)}" for words in found if words]

    def _went_back(self, monitor: Document) -> str:
        """A spec that was read stays read, and one that isn't there yet can't be."""
        uid, read, generation = monitor["metadata"]["uid"], observed(monitor), monitor["metadata"]["generation"]
        before, self.observed[uid] = self.observed.get(uid, NEVER), read
        if read > generation:
            return "a generation was read that isn't there yet"
        return f"generation {before} was read before" if read < before else ""

    def _turned(self, monitor: Document) -> str:
        """What was Current at a generation stays so at that generation, but for what others do."""
        uid, generation, said = monitor["metadata"]["uid"], monitor["metadata"]["generation"], kstatus(monitor)
        if said is Status.CURRENT:
            self.current[uid] = generation
        was_current = self.current.get(uid) == generation
        is_by_others = condition(monitor, "Ready").get("reason") in self.by_others
        is_fine = said in (Status.CURRENT, Status.TERMINATING) or is_by_others
        return "" if is_fine or not was_current else "it was Current at this generation"


def promised(document: Document) -> Status:
    """Return what the documentation says of an object, by what it is and not by the rules of kstatus."""
    if document["metadata"].get("deletionTimestamp"):
        return Status.TERMINATING
    if document["kind"] == "RetrainRun":
        return Status.CURRENT
    ready = condition(document, "Ready")
    if observed(document) != document["metadata"]["generation"] or not ready or ready["reason"] in LACKING:
        return Status.IN_PROGRESS
    return Status.FAILED if ready["reason"] in BROKEN else Status.CURRENT


def differs(document: Document) -> str:
    """Return what an object should be, where it is something else."""
    wanted = promised(document)
    return "" if kstatus(document) is wanted else f"by the documentation {wanted}"


def unexplained(document: Document) -> str:
    """Return what is missing where a monitor that was read doesn't say why it isn't Current."""
    ready, stalled = condition(document, "Ready"), condition(document, "Stalled")
    if ready.get("observedGeneration") != (observed(document) if ready else None):
        return "Ready is of another generation than the one that was read"
    if ready and ready["status"] != "True" and not ready.get("message"):
        return "Ready has no message"
    same = [stalled.get(field) == ready.get(field) for field in ("reason", "message")]
    return "" if all(same) or not stalled else "Stalled and Ready say different things"


def condition(document: Document, kind: str) -> Document:
    """Return a condition; empty where there is none of that type."""
    conditions: list[Document] = (document.get("status") or {}).get("conditions") or []
    return next((one for one in conditions if one["type"] == kind), {})


def observed(monitor: Document) -> int:
    """Return the generation that was read last."""
    return int((monitor.get("status") or {}).get("observedGeneration", NEVER))


def subject(document: Document) -> str:
    """Return kind, name and generation."""
    meta = document["metadata"]
    return f"{document['kind']} {meta.get('namespace', '')}/{meta['name']} at generation {meta['generation']}"


def grounds(document: Document) -> str:
    """Return what made kstatus say so."""
    status = document.get("status") or {}
    said = [f"{one['type']}={one['status']} {one['reason']}" for one in status.get("conditions") or ()]
    read = [f"observedGeneration {status['observedGeneration']}"] if "observedGeneration" in status else []
    return ", ".join([*read, *said]) or "no status"
