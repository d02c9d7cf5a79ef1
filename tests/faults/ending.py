"""How a loop ended, in words that are the same in every namespace, so that two loops can be compared."""

import json
from typing import Any

from tests.faults.invariants import CHECKPOINT
from tests.faults.record import Record
from tests.support.cluster.kubectl import Document, Space

Ending = dict[str, Any]
KINDS = "mmon,rr,job,rs,deploy,svc"
BESIDE = "poison"
"""How the names of monitors and runs begin that are none of the loop's."""


def ending_of(space: Space, record: Record) -> Ending:
    """Return everything that must be as without a fault."""
    items: list[Document] = json.loads(space.run("get", KINDS, "-o", "json"))["items"]
    monitors, runs, jobs, rollouts, targets = (of_kind(items, kind) for kind in ORDER)
    new = pointer_of(runs)
    served = targets[0]["spec"]["template"]["metadata"]["annotations"].get(CHECKPOINT, "")
    return {
        "runs": [summary(run, "outcome", "stage") for run in runs],
        "monitor": [summary(one, "state", "attempts") for one in monitors],
        "owners of Jobs": [[uids(runs).index(uid) for uid in owners(job)] for job in jobs],
        "served": name_of(served, new),
        "pointers sent": once_each([name_of(pointer, new) for pointer in pointers_sent(record)]),
        "rollouts": len(rollouts),
        "left of a shadow": [f"{one['kind']} {one['metadata']['name']}" for one in items if is_of_shadow(one)],
    }


ORDER = ("ModelMonitor", "RetrainRun", "Job", "ReplicaSet", "Deployment")


def of_kind(items: list[Document], kind: str) -> list[Document]:
    """Return the loop's objects of one kind."""
    return [item for item in items if item["kind"] == kind and not item["metadata"]["name"].startswith(BESIDE)]


def is_of_shadow(item: Document) -> bool:
    """Return whether a run made it for its shadow."""
    return item["kind"] in ("Deployment", "Service") and bool(owners(item))


def uids(items: list[Document]) -> list[str]:
    """Return their UIDs."""
    return [item["metadata"]["uid"] for item in items]


def owners(item: Document) -> list[str]:
    """Return the UIDs of what a Job or a shadow belongs to."""
    return [owner["uid"] for owner in item["metadata"].get("ownerReferences", ())]


def summary(document: Document, *fields: str) -> Document:
    """Return some fields of a status, and its conditions without what differs from loop to loop."""
    status = document.get("status", {})
    conditions = {c["type"]: f"{c['status']} {c['reason']}" for c in status.get("conditions", ())}
    return {field: status.get(field) for field in fields} | dict(sorted(conditions.items()))


def pointer_of(runs: list[Document]) -> str:
    """Return what the first run promoted, or was to promote."""
    change = runs[0].get("status", {}).get("pointerChange") if runs else None
    return str((change or {}).get("new", "none"))


def name_of(pointer: str, new: str) -> str:
    """Return what a pointer is, for people."""
    return {"": "the initial model", new: "the candidate"}.get(pointer, pointer)


def pointers_sent(record: Record) -> list[str]:
    """Return every pointer that was sent to the API server, in order."""
    bodies = [json.loads(call.body) for call in record.calls if call.name.startswith("PATCH deployments")]
    templates = [body.get("spec", {}).get("template", {"metadata": {"annotations": {}}}) for body in bodies]
    return [template["metadata"]["annotations"].get(CHECKPOINT, "") for template in templates]


def once_each(words: list[str]) -> list[str]:
    """Return the words without those that only repeat the one before."""
    return [word for index, word in enumerate(words) if index == 0 or words[index - 1] != word]


def differences(ending: Ending, reference: Ending) -> list[str]:
    """Return what isn't as in the reference."""
    return [f"{key}: {ending[key]} instead of {reference[key]}" for key in reference if ending[key] != reference[key]]
