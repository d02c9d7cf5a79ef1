"""What marks the objects that are made for a run: its labels, and the owner with which they go. Pure."""

from typing import Any

from refit_operator.api.base import API_VERSION, MONITOR_LABEL, RUN_LABEL
from refit_operator.api.run import RetrainRun


def labels_of(run: RetrainRun) -> dict[str, str]:
    """Return the labels of what is the run's."""
    return {
        RUN_LABEL: run.metadata.name,
        MONITOR_LABEL: run.spec.monitor_ref.name,
        "app.kubernetes.io/managed-by": "refit",
    }


def owned_by(run: RetrainRun, name: str) -> dict[str, Any]:
    """Return the metadata of an object that the run owns and controls."""
    meta = run.metadata
    owner = {"apiVersion": API_VERSION, "kind": "RetrainRun", "name": meta.name, "uid": meta.uid, "controller": True}
    return {"name": name, "namespace": meta.namespace, "labels": labels_of(run), "ownerReferences": [owner]}
