"""Kueue on the node for as long as a test lasts: its own manifests, for the namespaces with our label alone.

What of it would reach others is left out or told to keep to those namespaces: its webhooks, which refuse what they
can't ask, its controller, and its aggregated API, without which no namespace of a cluster can be deleted.
"""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from localcluster.disposable import CONTROLLER, disposable
from localcluster.pause import PAUSE_IMAGE
from tests.support.cluster.kubectl import Document, Space, kubectl

LABEL = {"refit-test": "kueue"}
SELECTOR = ",".join(f"{key}={value}" for key, value in LABEL.items())
WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
OURS = ("batch", "kueue.x-k8s.io")
"""The API groups whose webhooks matter here."""
CONFIG = {
    "apiVersion": "config.kueue.x-k8s.io/v1beta2",
    "kind": "Configuration",
    "health": {"healthProbeBindAddress": ":8081"},
    "webhook": {"port": 9443},
    "integrations": {"frameworks": ["batch/job"]},
    "managedJobsNamespaceSelector": {"matchLabels": LABEL},
    "featureGates": {"VisibilityOnDemand": False},
}
NAMESPACE, DEPLOYMENT = "kueue-system", "kueue-controller-manager"
NAME = "gpus"
"""Of the LocalQueue."""
NODES = {"kubernetes.io/os": "linux"}
TOLERATION = {"key": "reserved-for", "operator": "Equal", "value": "training", "effect": "NoSchedule"}


def manifests(folder: Path) -> list[Document]:
    """Return what Kueue's own kustomization makes, changed for this node; `folder` has the program and its config."""
    made = yaml.safe_load_all(kubectl("kustomize", str(folder / "config/default")))
    kept = (_changed(document, folder) for document in made if document["kind"] != "APIService")
    return [disposable(document, CONTROLLER) for document in kept]


def _changed(document: Document, folder: Path) -> Document:
    if document["kind"] in WEBHOOKS:
        kept = [hook for hook in document["webhooks"] if hook["rules"][0]["apiGroups"][0] in OURS]
        return document | {"webhooks": [hook | {"namespaceSelector": {"matchLabels": LABEL}} for hook in kept]}
    if document["kind"] == "ConfigMap":
        return document | {"data": {"controller_manager_config.yaml": json.dumps(CONFIG)}}
    if document["kind"] == "Deployment":
        _run_from_the_host(document["spec"]["template"]["spec"], folder)
    return document


def _run_from_the_host(pod: Document, folder: Path) -> None:
    """Have the pod run the program that lies on the node, so that no image has to be made of it."""
    [container] = pod["containers"]
    container |= {"image": PAUSE_IMAGE, "imagePullPolicy": "IfNotPresent", "command": ["/kueue/kueue"], "resources": {}}
    container["readinessProbe"] |= {"initialDelaySeconds": 0, "periodSeconds": 1}
    container["volumeMounts"].append({"name": "program", "mountPath": "/kueue", "readOnly": True})
    pod["volumes"].append({"name": "program", "hostPath": {"path": str(folder), "type": "Directory"}})
    pod["securityContext"]["runAsUser"] = 65532


@contextmanager
def installed() -> Iterator[None]:
    """Have Kueue while it lasts. It goes once the namespaces with queued Jobs are gone, its webhooks in any case."""
    documents = manifests(Path(os.environ["REFIT_KUEUE"]))
    with ExitStack() as after:
        after.callback(_delete, documents)
        after.callback(_delete, [document for document in documents if document["kind"] in WEBHOOKS])
        _apply(documents)
        kubectl("-n", NAMESPACE, "rollout", "status", f"deploy/{DEPLOYMENT}", "--timeout=120s", limit_s=130)
        after.callback(kubectl, "delete", "clusterqueues,resourceflavors", "-l", SELECTOR, "--timeout=60s")
        after.callback(kubectl, "delete", "namespace", "-l", SELECTOR, "--timeout=110s")
        yield


def _apply(documents: list[Document]) -> None:
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=_text(documents))


def _delete(documents: list[Document]) -> None:
    kubectl("delete", "--ignore-not-found", "--timeout=60s", "-f", "-", stdin=_text(documents), limit_s=300)


def _text(documents: list[Document]) -> str:
    return "\n---\n".join(map(json.dumps, documents))


def _kueue(kind: str, name: str, spec: Document) -> Document:
    metadata = {"name": name, "labels": LABEL}
    return disposable({"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": kind, "metadata": metadata, "spec": spec})


class Queue:
    """A LocalQueue of a test's namespace, with a ClusterQueue and a flavour of its own, and a quota of pods.

    The flavour is every node of this cluster, by a label that each has, and a toleration of what none has.
    """

    def __init__(self, space: Space, pods: int) -> None:
        self.space = space
        kubectl("label", "namespace", space.name, SELECTOR)
        flavor = {"nodeLabels": NODES, "tolerations": [TOLERATION]}
        self.space.apply(_kueue("ResourceFlavor", space.name, flavor))
        self.allow(pods)
        self.space.apply(_kueue("LocalQueue", NAME, {"clusterQueue": space.name}))

    def allow(self, pods: int, **more: Any) -> None:
        """Set how many pods of admitted Jobs there may be."""
        name = self.space.name
        quota = {"name": name, "resources": [{"name": "pods", "nominalQuota": pods}]}
        spec = {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
            "resourceGroups": [{"coveredResources": ["pods"], "flavors": [quota]}],
            "preemption": {"withinClusterQueue": "LowerPriority"},
        }
        self.space.apply(_kueue("ClusterQueue", name, spec | more))

    def workloads(self) -> list[Document]:
        """Return what Kueue keeps of the namespace's Jobs."""
        return self.space.list("workloads.kueue.x-k8s.io")
