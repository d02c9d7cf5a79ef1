"""Metadata of the objects that a run owns: its labels, and the owner that they are deleted with. Pure."""

from typing import Any

from refit_operator.api.base import API_VERSION, MONITOR_LABEL, RUN_LABEL
from refit_operator.api.run import RetrainRun


def labels_of(run: RetrainRun) -> dict[str, str]:
    """Return the labels of what a run owns."""
    return {
        RUN_LABEL: run.metadata.name,
        MONITOR_LABEL: run.spec.monitor_ref.name,
        "app.kubernetes.io/managed-by": "refit",
    }


def owned_metadata(run: RetrainRun, name: str) -> dict[str, Any]:
    """Return the metadata of an object that the run owns and controls."""
    meta = run.metadata
    owner = {"apiVersion": API_VERSION, "kind": "RetrainRun", "name": meta.name, "uid": meta.uid, "controller": True}
    return {"name": name, "namespace": meta.namespace, "labels": labels_of(run), "ownerReferences": [owner]}
