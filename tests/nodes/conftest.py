"""A cluster of several nodes, the operator as a user installs it, and every node back at work after each test.

The tests take nodes away from the whole cluster: nothing else may use it, and none of them runs beside another.
"""

import itertools
import json
import os
from collections.abc import Iterator

import pytest

from localcluster import environment
from localcluster.disposable import alone_on_the_cluster
from localcluster.paths import layout
from tests.support.cluster.installed import install, leader, operator_pods
from tests.support.cluster.kubectl import Space, kubectl, restricted_namespace
from tests.support.cluster.nodes import CONTROL_PLANE, node_of, wait_ready, workers
from tests.support.local import until

COUNT = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def in_turn(testrun_uid: str) -> Iterator[None]:
    """Have the cluster for these tests, without what earlier demos and tests left."""
    with alone_on_the_cluster(layout().root, testrun_uid, environment()):
        assert len(workers()) > 1, "these tests need a kind cluster with two workers: make test-nodes"
        yield


@pytest.fixture(scope="session")
def operator() -> None:
    """Install the operator; keep Prometheus, which isn't what is tested, off the nodes that are taken away."""
    keep_prometheus_off_the_workers()
    install()


def keep_prometheus_off_the_workers() -> None:
    there = {"nodeSelector": {CONTROL_PLANE: ""}, "tolerations": [{"key": CONTROL_PLANE, "operator": "Exists"}]}
    patch = {"spec": {"template": {"spec": there}}}
    kubectl("-n", "monitoring", "patch", "deploy", "prometheus", "-p", json.dumps(patch))
    kubectl("-n", "monitoring", "rollout", "status", "deploy/prometheus", "--timeout=100s")


@pytest.fixture
def space(operator: None) -> Iterator[Space]:
    """A namespace that enforces Pod Security's level `restricted`, while all nodes are there."""
    for node in workers():
        wait_ready(node)
    with restricted_namespace(f"nodes-{os.getpid()}-{next(COUNT)}") as made:
        yield made


@pytest.fixture
def home(space: Space) -> str:
    """The worker that the operator runs on."""

    def leads() -> bool:
        return leader() in {pod["metadata"]["name"] for pod in operator_pods()}

    until(leads, 120, "no pod of the operator leads")
    return next(node_of(pod) for pod in operator_pods() if pod["metadata"]["name"] == leader())


@pytest.fixture
def away(home: str) -> str:
    """Another worker."""
    return next(node for node in workers() if node != home)
