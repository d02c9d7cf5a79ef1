"""What a faulty set-up has around its monitor."""

import json
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from localcluster.addresses import NODE_IP, PROMETHEUS
from tests.support.cluster.kubectl import Document, Refused, Space, cluster_environment, merge
from tests.support.cluster.objects import RESTRICTED, SCRAPED, STUB, claim, idle_target, monitor
from tests.support.cluster.runs import active_run, run_number
from tests.support.local import until

POINTER = "refit.dev/checkpoint"
ACCOUNT = "--serviceaccount=refit-system:refit-operator"


def _changed(change: Any) -> Document:
    """Return the idle target with its container changed."""
    made = idle_target()
    change(made["spec"]["template"]["spec"])
    return made


def unwired() -> Document:
    """A target whose container reads no pointer."""
    return _changed(lambda pod: pod["containers"][0].update(env=[]))


def mounts_other() -> Document:
    """A target whose container mounts another claim than the checkpoints'."""
    return _changed(lambda pod: pod["volumes"][0]["persistentVolumeClaim"].update(claimName="other"))


def privileged() -> Document:
    """A target whose pods Pod Security's level `restricted` refuses."""
    return _changed(lambda pod: pod["containers"][0].update(securityContext={"privileged": True}))


def claim_of_class(name: str, storage_class: str) -> Document:
    """A claim of a StorageClass by name."""
    return dict(merge(claim(name), {"spec": {"storageClassName": storage_class}}))


def claim_once(name: str) -> Document:
    """A claim that one pod at a time may mount."""
    return dict(merge(claim(name), {"spec": {"accessModes": ["ReadWriteOncePod"]}}))


def owned(space: Space) -> None:
    """Have a GitOps tool apply a pointer of its own."""
    template = {"metadata": {"annotations": {POINTER: "file:///models/v7"}}}
    theirs = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "reviews"}}
    space.apply(
        theirs | {"spec": {"template": template}},
        flags=("--server-side", "--field-manager=argocd", "--force-conflicts"),
    )


def stripped(space: Space) -> None:
    """Wait for a promotion, and remove its pointer as a tool does that keeps to its manifests."""
    assert run_number(space, 1)["status"]["outcome"] == "Promoted"
    gone = {"spec": {"template": {"metadata": {"annotations": {POINTER: None}}}}}
    space.run("patch", "deploy", "reviews", "--type=merge", "-p", json.dumps(gone))


def older_monitor(space: Space) -> None:
    """Have a monitor of the same target, a second older."""
    space.apply(
        idle_target(), monitor("older", metric={"query": "max(up)"}, serving={"targetRef": {"name": "reviews"}})
    )
    space.wait_condition("mmon/older", "Ready", "Monitoring")
    space.wait_condition("mmon/older", "MetricAvailable", "Value")


def few_pods(space: Space) -> None:
    """Have a quota that the target's own pod fills."""
    spec = {"hard": {"pods": "1"}}
    space.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": spec})
    space.apply(idle_target())
    space.wait("resourcequota/few", ".status.used.pods", "1")


def lend_secrets(space: Space) -> None:
    """Let the operator read Secrets here."""
    space.run("create", "rolebinding", "refit-secrets", "--clusterrole=refit-secrets", ACCOUNT)


def secret_without_key(space: Space) -> None:
    """Have the Secret with another key, and lend it."""
    lend_secrets(space)
    space.run("create", "secret", "generic", "prom", "--from-literal=other=x")


def secret(space: Space) -> None:
    """Have the Secret, and don't lend it."""
    space.run("create", "secret", "generic", "prom", "--from-literal=token=x")


GONE = "gone_for_a_while"
TELLING = f"""
from http.server import BaseHTTPRequestHandler, HTTPServer
class Metrics(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(b"{GONE} 0.9\\n")
HTTPServer(("", 8080), Metrics).serve_forever()
"""


def _running(name: str, text: str, **metadata: Any) -> Document:
    """A pod that runs a script."""
    container = {"name": "main", "image": STUB, "imagePullPolicy": "IfNotPresent", "securityContext": RESTRICTED}
    spec = {
        "terminationGracePeriodSeconds": 0,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container | {"command": ["python3", "-c", text]}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name} | metadata, "spec": spec}


def stale_series(space: Space) -> None:
    """Have a pod that is scraped, and then none."""
    space.apply(_running("short", TELLING, annotations=SCRAPED))
    until(lambda: _is_known(space), 60, f"Prometheus has no {GONE}")
    space.run("delete", "pod", "short")


FORWARDING = f"""
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import urlopen
class Forward(BaseHTTPRequestHandler):
    def do_GET(self):
        body = urlopen("http://{NODE_IP}:{PROMETHEUS}" + self.path).read()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)
HTTPServer(("", 8080), Forward).serve_forever()
"""


def forwarded(space: Space) -> str:
    """Have a Service whose pod leads to Prometheus: the API server is a proxy to pods alone. Return its name."""
    space.apply(_running("prometheus", FORWARDING, labels={"app": "prometheus"}))
    spec = {"selector": {"app": "prometheus"}, "ports": [{"port": 9090, "targetPort": 8080}]}
    space.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "prometheus"}, "spec": spec})
    space.run("wait", "pod/prometheus", "--for=condition=Ready", "--timeout=60s")
    path = f"/api/v1/namespaces/{space.name}/services/prometheus:9090/proxy/-/ready"
    until(lambda: _answers(space, path), 30, f"{path} doesn't answer")
    return f"{space.name}/prometheus:9090"


def _answers(space: Space, path: str) -> bool:
    try:
        space.run("get", "--raw", path)
    except Refused:
        return False
    return True


def _is_known(space: Space) -> bool:
    asked = urlencode({"query": f'{GONE}{{namespace="{space.name}"}}'})
    with urlopen(f"{cluster_environment()['REFIT_PROMETHEUS_URL']}/api/v1/query?{asked}", timeout=10) as reply:
        return bool(json.load(reply)["data"]["result"])


def awaiting_approval(space: Space) -> None:
    """Wait until a run's candidate waits for a user."""
    active_run(space, "AwaitingApproval")
