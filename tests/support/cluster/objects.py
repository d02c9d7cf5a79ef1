"""What the tests on the cluster apply: a target that serves nothing but is real, and a monitor of one-second runs."""

from typing import Any

from tests.support.cluster.kubectl import Document, merge

STUB = "localhost/refit-stub:dev"
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
SCRAPED = {"prometheus.io/scrape": "true", "prometheus.io/port": "8080"}


def claim(name: str) -> Document:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "100Mi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def target(name: str = "reviews", promoted_quality: str = "0.5", **change: Any) -> Document:
    """A Deployment whose container reads the pointer and mounts the checkpoints; it fails where they are broken."""
    pointer = {"fieldRef": {"fieldPath": "metadata.annotations['refit.dev/checkpoint']"}}
    container = {
        "name": "server",
        "image": STUB,
        "imagePullPolicy": "IfNotPresent",
        "command": ["stub-serve"],
        "env": [{"name": "MODEL_URI", "valueFrom": pointer}, {"name": "PROMOTED_QUALITY", "value": promoted_quality}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": "models", "mountPath": "/models"}],
    }
    pod = {
        "terminationGracePeriodSeconds": 0,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "models", "persistentVolumeClaim": {"claimName": "models"}}],
    }
    labels = {"app": name}
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels, "annotations": SCRAPED}, "spec": pod},
    }
    base = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}
    return dict(merge(base, change))


NOBODY = {"schedulerName": "nobody"}


def idle_target(name: str = "reviews") -> Document:
    """A target whose pod no scheduler takes, for what ends before it is rolled out."""
    return target(name, spec={"template": {"spec": NOBODY}})


def is_idle(server: Document) -> bool:
    """Return whether it is an idle target, which never serves."""
    return bool(NOBODY.items() <= server["spec"]["template"]["spec"].items())


def slow_target() -> Document:
    """A target whose new pod takes six seconds to become ready."""
    made = target()
    container = made["spec"]["template"]["spec"]["containers"][0]
    container["readinessProbe"]["initialDelaySeconds"] = 6
    return made


def monitor(name: str = "reviews", **spec: Any) -> Document:
    """A monitor whose metric is a constant in breach, of runs that take a second; what trains also judges."""
    base = {
        "metric": {"query": "vector(0.5)", "threshold": 0.85, "interval": "1s", "breaches": {"count": 2, "outOf": 3}},
        "policy": {"cooldown": "1h"},
        "training": {
            "image": STUB,
            "task": "text-classification",
            "dataset": {"train": "pvc://feedback/train", "holdout": "pvc://holdout/rows"},
            "checkpoints": {"uri": "pvc://models/checkpoints"},
        },
        "gate": {"image": (spec.get("training") or {}).get("image", STUB)},
        "serving": {"targetRef": {"name": name}, "initialModel": "pvc://models/v1", "rolloutDeadline": "3m"},
        "verification": {"for": "3s", "settle": "0s", "maxDrop": 0.1, "breaches": {"count": 2, "outOf": 3}},
    }
    document = {"apiVersion": "refit.dev/v1alpha1", "kind": "ModelMonitor", "metadata": {"name": name}}
    return document | {"spec": merge(base, spec)}


CLAIMS = tuple(claim(name) for name in ("models", "feedback", "holdout"))
BROKEN = {"checkpoints": {"uri": "pvc://models/broken"}}
"""Checkpoints that the target can't serve."""
