"""The RetrainRun of one attempt. Its name follows from monitor and ordinal: a second one can't be created. Pure."""

import hashlib
from collections.abc import Sequence
from typing import Any

from refit_operator.api.base import API_VERSION, MONITOR_LABEL
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import MonitorRef, RetrainRunSpec, Trigger


def run_name(monitor: ModelMonitor, ordinal: int) -> str:
    """Return `<monitor>-<ordinal>-<first 8 hex digits of SHA-256 over "UID/ordinal">`."""
    digest = hashlib.sha256(f"{monitor.metadata.uid}/{ordinal}".encode()).hexdigest()[:8]
    return f"{monitor.metadata.name}-{ordinal}-{digest}"


def build_run(
    monitor: ModelMonitor,
    ordinal: int,
    trigger: Trigger,
    starting: str,
    served: str,
    live_pointer: str,
    restore: str | None = None,
    protected: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the RetrainRun, owned by its monitor, with a copy of everything that it will go by."""
    meta, spec = monitor.metadata, monitor.spec
    copy = RetrainRunSpec(
        monitor_ref=MonitorRef(name=meta.name, uid=meta.uid, generation=meta.generation),
        ordinal=ordinal,
        trigger=trigger,
        starting_checkpoint=starting,
        served_checkpoint=served,
        protected_checkpoints=list(protected),
        live_pointer=live_pointer,
        prometheus=spec.prometheus,
        metric=spec.metric,
        training=spec.training,
        gate=spec.gate,
        serving=spec.serving,
        verification=spec.verification,
        mode=spec.mode,
        restore_pointer=restore,
    )
    metadata = _metadata(monitor, run_name(monitor, ordinal))
    return {"apiVersion": API_VERSION, "kind": "RetrainRun", "metadata": metadata, "spec": copy.to_json()}


def _metadata(monitor: ModelMonitor, name: str) -> dict[str, Any]:
    meta = monitor.metadata
    owner = {"apiVersion": API_VERSION, "kind": "ModelMonitor", "name": meta.name, "uid": meta.uid, "controller": True}
    return {
        "name": name,
        "namespace": meta.namespace,
        "labels": {MONITOR_LABEL: meta.name, "app.kubernetes.io/managed-by": "refit"},
        "ownerReferences": [owner],
    }
