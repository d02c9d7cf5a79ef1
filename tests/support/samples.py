"""Objects for tables of cases: each made whole, then changed where a case differs."""

from datetime import UTC, datetime, timedelta
from typing import Any

from refit_operator.api.base import API_VERSION
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.pointer import annotations_of
from refit_operator.api.run import RetrainRun, Trigger, TriggerReason
from refit_operator.monitor.rules.manifest import build_run

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OLD_DIGEST = "sha256:" + "0" * 64
NEW_DIGEST = "sha256:" + "1" * 64
CHECKPOINT = "file:///models/checkpoints/reviews/reviews-1-{}@" + NEW_DIGEST


def merge(base: Any, change: Any) -> Any:
    """Return `base` with `change` laid over it, key by key."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    return {**base, **{key: merge(base.get(key), value) for key, value in change.items()}}


def monitor_document(**spec: Any) -> dict[str, Any]:
    base = {
        "apiVersion": API_VERSION,
        "kind": "ModelMonitor",
        "metadata": {
            "name": "reviews",
            "namespace": "shop",
            "uid": "monitor-uid",
            "generation": 1,
            "resourceVersion": "10",
            "creationTimestamp": "2026-11-24T08:00:00Z",
        },
        "spec": {
            "metric": {"query": "sum(rate(ok[10m])) / sum(rate(judged[10m]))", "threshold": 0.85},
            "training": {
                "image": "trainer:1",
                "task": "text-classification",
                "dataset": {"train": "pvc://feedback/train", "holdout": "pvc://holdout/rows"},
                "checkpoints": {"uri": "pvc://models/checkpoints/reviews"},
            },
            "serving": {"targetRef": {"name": "reviews"}, "initialModel": "pvc://models/reviews-v1"},
        },
    }
    document: dict[str, Any] = merge(base, {"spec": spec})
    return document


def in_buckets(holdout: str) -> ModelMonitor:
    """Return a monitor with nothing on a claim."""
    dataset = {"train": "s3://data/rows", "holdout": holdout}
    training = {"dataset": dataset, "checkpoints": {"uri": "s3://models/reviews"}}
    return make_monitor(training=training, serving={"initialModel": "hf://owner/model@main"})


def make_monitor(
    metadata: dict[str, Any] | None = None, status: dict[str, Any] | None = None, **spec: Any
) -> ModelMonitor:
    document = merge(monitor_document(**spec), {"metadata": metadata or {}})
    return ModelMonitor.model_validate(document | ({"status": status} if status else {}))


def make_run(
    ordinal: int = 1,
    monitor: ModelMonitor | None = None,
    live: str = "",
    status: dict[str, Any] | None = None,
    created: datetime = NOW - timedelta(minutes=30),
    **spec: Any,
) -> RetrainRun:
    trigger = Trigger(reason=TriggerReason.METRIC_BREACHED, value=0.8, threshold=0.85, time=NOW)
    served = "pvc://models/reviews-v1"
    document = build_run(monitor or make_monitor(), ordinal, trigger, served, served, live)
    identity = {
        "uid": f"run-{ordinal}-uid",
        "generation": 1,
        "resourceVersion": "20",
        "creationTimestamp": created.isoformat(),
    }
    document = merge(document, {"metadata": identity, "spec": spec})
    return RetrainRun.model_validate(document | ({"status": status} if status else {}))


def deployment(pointer: str = "", uid: str = "target-uid", **status: Any) -> dict[str, Any]:
    reads = {"fieldRef": {"fieldPath": "metadata.annotations['refit.dev/checkpoint']"}}
    rolled_out = {"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
    return {
        "metadata": {"name": "reviews", "namespace": "shop", "uid": uid, "generation": 3, "resourceVersion": "30"},
        "spec": {
            "replicas": 2,
            "template": {
                "metadata": {"annotations": {"refit.dev/checkpoint": pointer} if pointer else {}},
                "spec": {
                    "containers": [
                        {
                            "name": "server",
                            "env": [{"name": "MODEL_URI", "valueFrom": reads}],
                            "volumeMounts": [{"name": "models", "mountPath": "/models"}],
                        }
                    ],
                    "volumes": [{"name": "models", "persistentVolumeClaim": {"claimName": "models"}}],
                },
            },
        },
        "status": rolled_out | status,
    }


def stock_deployment(pointer: str = "", *reads: str, **annotations: str | None) -> dict[str, Any]:
    """Return a target as the operator leaves it, whose container reads these parts of the pointer.

    `annotations` change a part by its last word (`path`, `uri`, `digest`); None removes it.
    """
    found = deployment(pointer)
    parts = annotations_of(pointer) | {f"refit.dev/model-{name}": value for name, value in annotations.items()}
    template = found["spec"]["template"]
    template["metadata"]["annotations"] = {name: value for name, value in parts.items() if value is not None}
    template["spec"]["containers"][0]["env"] = [
        {"name": name.upper(), "valueFrom": {"fieldRef": {"fieldPath": f"metadata.annotations['refit.dev/{name}']"}}}
        for name in reads or ("model-path", "model-digest")
    ]
    return found


def unread(pointer: str = "") -> dict[str, Any]:
    """Return a target without the variable that reads the pointer."""
    found = deployment(pointer)
    found["spec"]["template"]["spec"]["containers"][0]["env"] = []
    return found
