"""Who is in breach and who is healthy in a mass of breaches, and what is asked and done of them besides."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.scale.bulk import Request
from benchmarks.scale.population import BAD, GOOD
from tests.faults.each_once import Names
from tests.faults.invariants import Document
from tests.support.cluster.api_server import ApiServer


def within(namespaces: Sequence[str]) -> frozenset[Names]:
    """Return the monitors that say that they are within their threshold."""
    server = ApiServer()
    found = set[Names]()
    for namespace in namespaces:
        answer = server.ask("GET", f"/apis/refit.dev/v1alpha1/namespaces/{namespace}/modelmonitors")[1]
        for monitor in json.loads(answer)["items"]:
            conditions = {one["type"]: one["status"] for one in monitor.get("status", {}).get("conditions", ())}
            if conditions.get("WithinThreshold") == "True":
                found.add((namespace, monitor["metadata"]["name"]))
    server.close()
    return frozenset(found)


def ending(job: Document) -> Request:
    """Return what ends a Job, as the cluster's controller would after its pod failed."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    reason = {
        "status": "True",
        "reason": "BackoffLimitExceeded",
        "message": "ended here",
        "lastTransitionTime": now,
    }
    conditions = [reason | {"type": kind} for kind in ("FailureTarget", "Failed")]
    meta = job["metadata"]
    path = f"/apis/batch/v1/namespaces/{meta['namespace']}/jobs/{meta['name']}/status"
    return "PATCH", path, {"status": {"conditions": conditions, "startTime": now, "failed": 1}}


def split(names: Sequence[Names], healthy: int) -> tuple[frozenset[Names], frozenset[Names]]:
    """Return who is in breach and who is healthy; the latter are spread among the others."""
    well = frozenset(names[:: len(names) // healthy][:healthy])
    return frozenset(names) - well, well


def accuracy_of(breached: frozenset[Names], healthy: frozenset[Names]) -> dict[Names, float]:
    """Return what Prometheus shall say of each."""
    return dict.fromkeys(breached, BAD) | dict.fromkeys(healthy, GOOD)
