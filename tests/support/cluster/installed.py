"""The operator as a user installs it, with the image that was built here, and its Lease."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from localcluster import environment
from localcluster.disposable import alone_on_the_cluster
from localcluster.paths import layout
from tests.support.cluster.kubectl import ROOT, Document, Space, kubectl

OPERATOR = Space("refit-system")
DEPLOYMENT = "refit-operator"


def install() -> None:
    """Apply the manifests as a user does, with the image just built."""
    kubectl("apply", "-k", str(ROOT / "manifests/overlays/local"))
    OPERATOR.run("rollout", "restart", f"deploy/{DEPLOYMENT}")
    OPERATOR.run("rollout", "status", f"deploy/{DEPLOYMENT}", "--timeout=120s", limit_s=130)


@contextmanager
def alone_with_the_operator() -> Iterator[None]:
    """Have the cluster without what demos and tests left, and the installed operator's kinds, rights and policies."""
    with alone_on_the_cluster(layout().root, str(uuid4()), environment()):
        install()
        yield


def lease() -> Document:
    spec: Document = OPERATOR.get("lease", DEPLOYMENT)["spec"]
    return spec


def leader() -> str:
    """Return the name of the pod that leads, empty where the Lease was let go."""
    return str(lease().get("holderIdentity", "")).partition("_")[0]


def operator_pods() -> list[Document]:
    """Return the operator's pods that aren't being deleted."""
    found = json.loads(OPERATOR.run("get", "pods", "-l", f"app={DEPLOYMENT}", "-o", "json"))["items"]
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def metric(pod: str, name: str) -> float:
    """Return a metric of one of the operator's pods, asked through the API server."""
    text = OPERATOR.run("get", "--raw", f"/api/v1/namespaces/{OPERATOR.name}/pods/{pod}:8080/proxy/metrics")
    return next(float(line.split()[1]) for line in text.splitlines() if line.split()[0] == name)
