"""Many breaches at once: one run and one Job for each monitor in breach, none for another. Pure: from watch events."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tests.faults.invariants import Document, Seen, is_active, violations

Names = tuple[str, str]
"""A monitor's namespace and name."""
TOLD = 3
"""Monitors that a violation names."""


@dataclass(frozen=True)
class Crowd:
    """Who must have a run, and who must have none."""

    breached: frozenset[Names]
    healthy: frozenset[Names]
    most: int = 0
    """Unfinished runs that may have a Job at the same time; 0: any number."""


def problems_of(seen: Iterable[Seen], crowd: Crowd) -> list[str]:
    """Return what was violated at any event, or is in the end: G1 with it."""
    ordered = sorted(seen, key=lambda one: one.version)
    return [*violations(ordered), *counted(ordered, crowd), *crowded(ordered, crowd.most)]


def counted(seen: Iterable[Seen], crowd: Crowd) -> list[str]:
    """Return which monitors don't have as many runs, or Jobs, as they must: of all that ever were."""
    runs, jobs = owned(seen)
    found: list[str] = []
    for what, of in (("runs", runs), ("Jobs", jobs)):
        found += told(f"don't have one of {what}", [name for name in crowd.breached if len(of[name]) != 1], of)
        found += told(f"have {what} without a breach", [name for name in crowd.healthy if of[name]], of)
        found += told(f"have {what}, and nobody knows them", of.keys() - crowd.breached - crowd.healthy, of)
    return found


def owned(seen: Iterable[Seen]) -> tuple[dict[Names, set[str]], dict[Names, set[str]]]:
    """Return the UIDs of each monitor's runs and Jobs; a Job of no run that was seen is nobody's, as G1 says."""
    runs, jobs = defaultdict[Names, set[str]](set), defaultdict[Names, set[str]](set)
    owners: dict[str, Names] = {}
    for one in seen:
        if one.object["kind"] == "RetrainRun":
            owners[uid_of(one.object)] = monitor_of(one.object)
            runs[monitor_of(one.object)].add(uid_of(one.object))
        elif one.object["kind"] == "Job" and (name := owners.get(owner_of(one.object))):
            jobs[name].add(uid_of(one.object))
    return runs, jobs


def crowded(seen: Iterable[Seen], most: int) -> list[str]:
    """Return the event at which more runs had a Job than may, for the first time."""
    active: set[str] = set()
    with_job: set[str] = set()
    for one in seen:
        if one.object["kind"] == "RetrainRun":
            is_there = one.change != "DELETED" and is_active(one.object)
            (active.add if is_there else active.discard)(uid_of(one.object))
        elif one.object["kind"] == "Job":
            with_job.add(owner_of(one.object))
        count = len(active & with_job) if most else 0
        if count > most:
            return [f"M2: {count} unfinished runs have a Job, {most} may (at version {one.version})"]
    return []


def told(words: str, names: Iterable[Names], of: dict[Names, set[str]]) -> list[str]:
    """Return the violation, with a few of those that it is about."""
    every = sorted(names)
    some = ", ".join(f"{'/'.join(name)} {len(of[name])}" for name in every[:TOLD])
    return [f"M1: {len(every)} monitors {words}: {some}"] if every else []


def uid_of(document: Document) -> str:
    """Return an object's UID."""
    return str(document["metadata"]["uid"])


def monitor_of(run: Document) -> Names:
    """Return whose a run is."""
    return run["metadata"]["namespace"], run["spec"]["monitorRef"]["name"]


def owner_of(job: Document) -> str:
    """Return the UID of the run that a Job belongs to, empty where it belongs to none."""
    return next((str(owner["uid"]) for owner in job["metadata"].get("ownerReferences", ())), "")
