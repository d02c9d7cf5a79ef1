"""What a loop with a shadow has beside its monitor: what the operator is lent, and a mirror's counters.

The counters are a stand-in for refit-serve's mirror, which needs a model and traffic: each second they count some
copies as answered alike. What is tested is what the operator writes; `make test-shadow` has the mirror itself.
"""

import hashlib
from pathlib import Path
from typing import Any

from tests.support.cluster.kubectl import Document
from tests.support.cluster.objects import RESTRICTED, SCRAPED, STUB

CALLS = ("POST deployments", "POST services", "DELETE deployments", "DELETE services")
"""How the operator's calls begin that make a shadow, and remove it."""
WEIGHTS = "shadowed"
TRAINED: dict[str, Any] = {"training": {"hyperparameters": {"weights": WEIGHTS}}}
"""A candidate whose digest is known beforehand."""
DIGEST = "sha256:" + hashlib.sha256(WEIGHTS.encode()).hexdigest()
COUNTERS = Path(__file__).with_name("counters.py").read_text()


def beside(account: dict[str, str]) -> tuple[Document, ...]:
    """Return the binding of the ClusterRole that lends the operator a shadow, and the pod that counts."""
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "refit-shadow"}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "refit-shadow"},
        "roleRef": role,
        "subjects": [{"kind": "ServiceAccount", **account}],
    }
    container = {
        "name": "counters",
        "image": STUB,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", COUNTERS, DIGEST],
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
        "securityContext": RESTRICTED,
    }
    spec = {
        "terminationGracePeriodSeconds": 0,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    meta = {"name": "mirror", "labels": {"app": "mirror"}, "annotations": SCRAPED}
    return binding, {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
