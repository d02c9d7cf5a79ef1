"""The Job that a baseline starts for a model in breach: two containers, as long as the operator's own to write."""

from typing import Any

LABEL = "refit.dev/monitor"


def job_for(monitor: str) -> dict[str, Any]:
    """Return the Job; suspended, so that no pod has to be started where only Jobs are counted."""

    def container(name: str) -> dict[str, Any]:
        return {
            "name": name,
            "image": "localhost/refit-stub:dev",
            "command": [f"refit-{name}"],
            "env": [{"name": "TRAIN", "value": "pvc://feedback/train"}, {"name": "MODEL", "value": monitor}],
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
            "volumeMounts": [{"name": "models", "mountPath": "/models"}],
        }

    pod = {
        "restartPolicy": "Never",
        "initContainers": [container("train")],
        "containers": [container("judge")],
        "volumes": [{"name": "models", "persistentVolumeClaim": {"claimName": "models"}}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"{monitor}-retrain", "labels": {LABEL: monitor}},
        "spec": {
            "suspend": True,
            "backoffLimit": 2,
            "template": {"metadata": {"labels": {LABEL: monitor}}, "spec": pod},
        },
    }
