"""The CustomResourceDefinitions of Argo Rollouts and KServe on the cluster, for as long as a test lasts.

No controller of theirs runs: a test plays it, by writing the status that it would write.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.cluster.kubectl import Document, Space, kubectl
from tests.support.local import until

ROLLOUTS, INFERENCE_SERVICES = "rollout-crd.yaml", "serving.kserve.io_inferenceservices.yaml"


@contextmanager
def installed(file: str) -> Iterator[None]:
    """Have a CustomResourceDefinition while it lasts."""
    path = str(Path(os.environ["REFIT_TARGET_CRDS"], file))
    kubectl("apply", "--server-side", "-f", path)
    try:
        # A wait for a condition fails where no status is there yet.
        until(lambda: _is_true(path, "Established"), 60, f"{file} isn't Established")
        yield
    finally:
        kubectl("delete", "--ignore-not-found", "--timeout=60s", "-f", path)


def _is_true(path: str, condition: str) -> bool:
    status = json.loads(kubectl("get", "-f", path, "-o", "json")).get("status") or {}
    found = {one["type"]: one["status"] for one in status.get("conditions") or ()}
    return found.get(condition) == "True"


def write_status(space: Space, kind: str, status: Document) -> None:
    """Write a target's status as its controller would: fields that are None are removed."""
    patch = json.dumps({"status": status})
    space.run("patch", kind, "reviews", "--subresource=status", "--type=merge", "-p", patch)


def generation(space: Space, kind: str) -> int:
    return int(space.get(kind, "reviews")["metadata"]["generation"])


def is_taken_up(kind: str) -> bool:
    """Return whether the operator has said that a kind came, or went."""
    said = kubectl("-n", "refit-system", "logs", "deploy/refit-operator", "--tail=-1")
    return any("a kind of targets came or went" in line and kind in line for line in said.splitlines())
