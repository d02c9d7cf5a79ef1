"""What every test on the cluster relies on: names, volumes, GPUs, metrics and Pod Security are real.

One restricted pod tries all of it from inside; needs `python -m localcluster up --images`.
"""

import json
import os
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from localcluster import environment
from tests.support.cluster.kubectl import restricted_namespace

INSIDE = """
import http.server, os, socket, ssl, urllib.request
account = "/var/run/secrets/kubernetes.io/serviceaccount"
socket.gethostbyname("prometheus.monitoring.svc.cluster.local")
trusted = ssl.create_default_context(cafile=account + "/ca.crt")
urllib.request.urlopen("https://kubernetes.default.svc/version", context=trusted).read()
urllib.request.urlopen("http://prometheus.monitoring:9090/-/ready").read()
open("/data/written", "w").write("x")
print("all reached as", os.getuid(), flush=True)
class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"localcluster_probe 5\\n")
http.server.HTTPServer(("", 8000), Metrics).serve_forever()
"""


def kubectl(*arguments: str, stdin: str | None = None) -> str:
    env = {**os.environ, **environment()}
    done = subprocess.run(["kubectl", *arguments], env=env, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pod(name: str, namespace: str) -> dict[str, Any]:
    container = {
        "name": "probe",
        "image": "localhost/refit-operator:dev",
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-c", INSIDE],
        "readinessProbe": {"httpGet": {"path": "/metrics", "port": 8000}, "periodSeconds": 1},
        "resources": {"limits": {"nvidia.com/gpu": "1", "memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    annotations = {"prometheus.io/scrape": "true", "prometheus.io/port": "8000"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": "probe"}, "annotations": annotations},
        "spec": {
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "containers": [container],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        },
    }


def claim(namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": namespace},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    with restricted_namespace(f"localcluster-{os.getpid()}") as space:
        yield space.name


@pytest.fixture(scope="module")
def probe(namespace: str) -> str:
    for made in (claim(namespace), pod("probe", namespace)):
        kubectl("apply", "-f", "-", stdin=json.dumps(made))
    kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/probe", "--timeout=90s")
    return "probe"


def test_a_restricted_pod_reaches_dns_the_api_prometheus_and_its_volume(namespace: str, probe: str) -> None:
    assert "all reached as 10001" in kubectl("-n", namespace, "logs", probe)


def test_the_node_counts_two_gpus() -> None:
    node = json.loads(kubectl("get", "nodes", "-o", "json"))["items"][0]
    assert node["status"]["allocatable"]["nvidia.com/gpu"] == "2"


def test_prometheus_scrapes_an_annotated_pod_within_seconds(namespace: str, probe: str) -> None:
    query = urllib.parse.urlencode({"query": f'localcluster_probe{{namespace="{namespace}"}}'})
    url = f"{environment()['REFIT_PROMETHEUS_URL']}/api/v1/query?{query}"
    end = time.monotonic() + 20
    result: list[Any] = []
    while not result and time.monotonic() < end:
        with urllib.request.urlopen(url, timeout=5) as reply:
            result = json.load(reply)["data"]["result"]
    assert [(sample["metric"]["pod"], sample["metric"]["app"], sample["value"][1]) for sample in result] == [
        (probe, "probe", "5")
    ]


def test_the_level_restricted_refuses_a_pod_that_may_be_root(namespace: str) -> None:
    loose = pod("loose", namespace)
    del loose["spec"]["securityContext"]
    with pytest.raises(AssertionError, match="violates PodSecurity"):
        kubectl("apply", "-f", "-", stdin=json.dumps(loose))
