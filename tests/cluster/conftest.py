"""The operator, installed as a user installs it, and a namespace for each test."""

import itertools
import json
import os
from collections.abc import Iterator

import pytest

from tests.cluster.kubectl import ROOT, Space, kubectl

COUNT = itertools.count(1)


@pytest.fixture(scope="session")
def operator() -> str:
    """Install the operator; return the name of its Deployment."""
    kubectl("apply", "-k", str(ROOT / "manifests/overlays/local"))
    kubectl("-n", "refit-system", "rollout", "restart", "deploy/refit-operator")
    kubectl("-n", "refit-system", "rollout", "status", "deploy/refit-operator", "--timeout=120s")
    return "refit-operator"


@pytest.fixture
def space(operator: str) -> Iterator[Space]:
    """A namespace that enforces Pod Security's level `restricted`."""
    name = f"refit-test-{os.getpid()}-{next(COUNT)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    kubectl("apply", "-f", "-", stdin=json.dumps(made))
    kubectl("-n", name, "wait", "--for=create", "serviceaccount/default", "--timeout=30s")
    yield Space(name)
    kubectl("delete", "namespace", name, "--wait=false")
