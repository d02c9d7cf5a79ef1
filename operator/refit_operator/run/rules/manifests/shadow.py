"""What a shadow consists of: one pod of the target's template with the candidate's pointer, and a Service. Pure.

Its pod has none of the target's labels, so that nothing that selects the target selects it, and none of Prometheus's
annotations, so that no reading counts it. It has no token of the API server, and writes to no claim.
"""

from copy import deepcopy
from typing import Any

from refit_operator.api.base import SHADOW_LABEL
from refit_operator.api.pointer import annotations_of
from refit_operator.api.run import RetrainRun
from refit_operator.api.shadow import shadow_name
from refit_operator.run.rules.manifests.metadata import owned_metadata
from refit_operator.target.rules.kinds import DEPLOYMENT
from refit_operator.target.rules.serving_port import PORT_NAME

Document = dict[str, Any]
SCRAPED = "prometheus.io/"


def labels_of_shadow(run: RetrainRun) -> dict[str, str]:
    """Return the labels of the pod: the only ones."""
    return {SHADOW_LABEL: run.metadata.name}


def build_deployment(run: RetrainRun, target: Document, pointer: str) -> Document:
    """Return the Deployment: one pod of the target's template that serves the candidate."""
    template, labels = target["spec"]["template"], labels_of_shadow(run)
    notes = (template.get("metadata") or {}).get("annotations") or {}
    kept = {name: value for name, value in notes.items() if not name.startswith(SCRAPED)}
    return {
        "apiVersion": DEPLOYMENT.api_version,
        "kind": DEPLOYMENT.name,
        "metadata": owned_metadata(run, _name(run)),
        "spec": {
            "replicas": 1,
            "revisionHistoryLimit": 0,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": kept | annotations_of(pointer)},
                "spec": _pod(template["spec"]),
            },
        },
    }


def build_service(run: RetrainRun, port: int) -> Document:
    """Return the headless Service under which the mirror finds the pod, once it is ready."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": owned_metadata(run, _name(run)),
        "spec": {
            "clusterIP": "None",
            "selector": labels_of_shadow(run),
            "ports": [{"name": PORT_NAME, "port": port, "targetPort": port}],
        },
    }


def _name(run: RetrainRun) -> str:
    return shadow_name(run.spec.serving.target_ref.name)


def _pod(spec: Document) -> Document:
    """Return the target's pod, which reads its claims alone, and has no token."""
    pod = deepcopy(spec) | {"automountServiceAccountToken": False}
    claims = {volume["name"] for volume in pod.get("volumes") or () if "persistentVolumeClaim" in volume}
    for container in (*pod["containers"], *(pod.get("initContainers") or ())):
        for mount in container.get("volumeMounts") or ():
            if mount["name"] in claims:
                mount["readOnly"] = True
    return pod
