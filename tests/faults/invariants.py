"""G1, G2, S and K at every watch event. Pure: the events of all kinds are gone through in the API server's order."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from tests.faults.sync import Sync

CHECKPOINT = "refit.dev/checkpoint"
Document = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """One event of a watch."""

    change: str
    """ADDED, MODIFIED or DELETED."""
    object: Document

    @property
    def version(self) -> int:
        """Its place among all events of the cluster: one etcd counts them all."""
        return int(self.object["metadata"]["resourceVersion"])


class World:
    """What has been seen so far."""

    def __init__(self, by_others: Collection[str] = ()) -> None:
        self.sync = Sync(by_others)
        self.runs: dict[str, Document] = {}
        """Those that exist, by UID."""
        self.attempts: dict[str, tuple[str, int]] = {}
        """Of every run that ever was, by UID: its monitor's UID and its ordinal."""
        self.jobs: dict[tuple[str, int], set[str]] = defaultdict(set)
        """UIDs of all Jobs that ever were of one attempt."""
        self.lost_reports: dict[tuple[str, int], int] = defaultdict(int)
        """Whether an attempt has recorded that its report was lost, so that the judge gets a Job of its own."""
        self.ways: set[tuple[str, str]] = set()
        """What the pointer may change from and to, as recorded by now."""
        self.pointer: str | None = None
        self.shadows: dict[str, set[str]] = defaultdict(set)
        """UIDs of all Deployments that ever were a run's shadow, by the run's."""
        self.standing: set[str] = set()
        """UIDs of the shadows that are there."""

    def violations_by(self, seen: Seen) -> list[str]:
        """Take one event in; return what it violates."""
        match seen.object["kind"]:
            case "RetrainRun":
                return self._run(seen) + self.sync.violations_by(seen.change, seen.object)
            case "ModelMonitor":
                return self.sync.violations_by(seen.change, seen.object)
            case "Job":
                return self._job(seen.object)
            case "Deployment" if owner := owner_of(seen.object):
                return self._shadow(seen, owner)
            case "Deployment":
                return self._target(seen.object)
            case other:
                raise ValueError(f"an event on a {other}")

    def _run(self, seen: Seen) -> list[str]:
        run, uid = seen.object, seen.object["metadata"]["uid"]
        monitor, ordinal = run["spec"]["monitorRef"]["uid"], run["spec"]["ordinal"]
        self.attempts[uid] = (monitor, ordinal)
        self.runs[uid] = run
        if seen.change == "DELETED":
            del self.runs[uid]
        self._record_ways(run.get("status", {}))
        self.lost_reports[(monitor, ordinal)] = int("lostReportTime" in run.get("status", {}))
        twins = sum(attempt == (monitor, ordinal) for attempt in self.attempts.values())
        active = [r for r in self.runs.values() if r["spec"]["monitorRef"]["uid"] == monitor and is_active(r)]
        found = [f"G1: {twins} runs are attempt {ordinal}"] if twins > 1 else []
        return found + ([f"G1: {len(active)} active runs"] if len(active) > 1 else [])

    def _record_ways(self, status: Document) -> None:
        """Note what a run has recorded: forward only with its gate passed, and no more once it is to be taken back."""
        change = status.get("pointerChange")
        if not change:
            return
        forward = (change.get("old", ""), change["new"])
        if change.get("rollbackTime"):
            self.ways.discard(forward)
            self.ways.add((change["new"], change.get("old", "")))
        elif is_accepted(status):
            self.ways.add(forward)

    def _job(self, job: Document) -> list[str]:
        attempt = self.attempts.get(owner_of(job))
        if attempt is None:
            return [f"G1: Job {job['metadata']['name']} belongs to no run"]
        self.jobs[attempt].add(job["metadata"]["uid"])
        count, most = len(self.jobs[attempt]), 1 + self.lost_reports[attempt]
        return [f"G1: {count} Jobs of attempt {attempt[1]}"] if count > most else []

    def _target(self, deployment: Document) -> list[str]:
        annotations = deployment["spec"]["template"]["metadata"].get("annotations", {})
        before, self.pointer = self.pointer, annotations.get(CHECKPOINT, "")
        if before is None or before == self.pointer:
            return []
        way = f"from {before or 'the initial model'} to {self.pointer or 'the initial model'}"
        found = [] if (before, self.pointer) in self.ways else [f"G2: {way}, as no run recorded"]
        return found + ([f"S: {way} while a shadow was there"] if self.standing else [])

    def _shadow(self, seen: Seen, owner: str) -> list[str]:
        uid, ever = seen.object["metadata"]["uid"], self.shadows[owner]
        ever.add(uid)
        if seen.change == "DELETED":
            self.standing.discard(uid)
            return []
        self.standing.add(uid)
        return [f"S: {len(ever)} shadows of one run"] if len(ever) > 1 else []


def owner_of(document: Document) -> str:
    """Return the UID of what an object belongs to; empty where it belongs to nothing."""
    owners = document["metadata"].get("ownerReferences") or ({"uid": ""},)
    return str(owners[0]["uid"])


def is_active(run: Document) -> bool:
    """Return whether a run has no outcome yet."""
    return not run.get("status", {}).get("outcome")


def is_accepted(status: Document) -> bool:
    """Return whether the run's candidate passed its gate."""
    return any(c["type"] == "Accepted" and c["status"] == "True" for c in status.get("conditions", ()))


def violations(seen: Iterable[Seen], by_others: Collection[str] = ()) -> list[str]:
    """Return what was violated at any event; `by_others` is what K allows others to do to a monitor meanwhile."""
    world = World(by_others)
    ordered = sorted(seen, key=lambda one: one.version)
    return [f"{found} (at version {one.version})" for one in ordered for found in world.violations_by(one)]
