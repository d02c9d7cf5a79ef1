"""The whole cluster stopped and started again, as by a reboot of the machine it runs on."""

import subprocess
import sys

from localcluster.paths import CHECKOUT
from tests.support.cluster.kubectl import Space, cluster_environment
from tests.support.cluster.nodes import engine, nodes

LIMIT_S = 400


def localcluster(command: str) -> tuple[int, str]:
    """Run one of the commands that users have; return its exit status and what it prints."""
    words = [sys.executable, "-m", "localcluster", command]
    environment = cluster_environment() | {"PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(words, env=environment, cwd=CHECKOUT, capture_output=True, text=True, timeout=LIMIT_S)
    return done.returncode, done.stdout + done.stderr


def test_up_starts_nodes_that_were_stopped(space: Space) -> None:
    space.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}})
    engine("stop", *nodes(), limit_s=LIMIT_S)
    status, told = localcluster("status")
    assert status == 1 and "kube-apiserver             down" in told

    status, told = localcluster("up")
    assert status == 0 and "cluster: kind, as before\nstart the nodes: " in told, told
    status, told = localcluster("status")
    assert status == 0 and "down" not in told, told
    assert space.get("configmap", "kept")["metadata"]["name"] == "kept"
