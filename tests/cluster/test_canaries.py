"""No word of a Secret is in what the operator writes: its log, Events, monitors, runs, Jobs, metrics.

The Secrets are used in every way in which a monitor may use one, by trainings that print them and put them into their
last words, and by Prometheus servers that quote them. The server is a stand-in: a real one quotes no credentials.
"""

import json
import urllib.request
from base64 import b64encode
from functools import partial
from pathlib import Path
from typing import Any

from tests.support.cluster.apart import Apart
from tests.support.cluster.canaries import find, make_canaries
from tests.support.cluster.hosted import Hosted
from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import CLAIMS, idle_target, monitor, target
from tests.support.cluster.runs import finished
from tests.support.cluster.trainings import script
from tests.support.local import until
from tests.support.prometheus.fakes import self_signed, serve
from tests.support.prometheus.quoting import WAYS, Quoting

ASKED, TRAINED = ("token", "user", "password"), ("train", "variable", "file")
"""Words that a Prometheus is sent, and words that a training sees."""
CANARIES = make_canaries(*ASKED, *TRAINED, "gate", "pull", "broken", "comment", "unlent")
SAYS = """
import json, os, pathlib, subprocess, sys
words = [value for value in os.environ.values() if value.startswith("canary")]
words.append(pathlib.Path("/secret/word").read_text())
forms = "password={0}, Authorization: Bearer {0}, https://bob:{0}@hub/x"
said = "; ".join(forms.format(word) for word in words)
print(said, flush=True)
log = pathlib.Path("/dev/termination-log")
"""
SUCCEEDS = """
subprocess.run(["refit-train"], check=True)
report = json.loads(log.read_text())
metrics = {f"password={word}": 1.0 for word in words}
log.write_text(json.dumps(report | {"checkpoint": f"https://bob:{words[0]}@hub/x", "metrics": metrics, "note": said}))
"""
REPORTS = """
log.write_text(json.dumps({"error": said}))
sys.exit(64)
"""
RAISES = """
raise ValueError(said)
"""
NO_IMAGE = "localhost:1/none"
TRAININGS = {"succeeds": SUCCEEDS, "reports": REPORTS, "raises": RAISES}


def secret(name: str, kind: str = "Opaque", **data: str) -> Document:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": kind, "stringData": data}


def pull_secret() -> Document:
    login = b64encode(f"bob:{CANARIES['pull']}".encode()).decode()
    config = json.dumps({"auths": {"localhost:1": {"auth": login}}})
    return secret("pull", "kubernetes.io/dockerconfigjson", **{".dockerconfigjson": config})


def lend(space: Space, *names: str) -> None:
    """Let the operator read these Secrets, and no other."""
    account = "--serviceaccount=refit-system:refit-operator"
    named = [f"--resource-name={name}" for name in names]
    space.run("create", "role", "lent", "--verb=get", "--resource=secrets", *named)
    space.run("create", "rolebinding", "lent", "--role=lent", account)


def add_secrets(space: Space, certificate: str) -> None:
    space.apply(
        secret("prometheus", token=CANARIES["token"], user=CANARIES["user"], password=CANARIES["password"]),
        secret("broken", ca=f"-----BEGIN CERTIFICATE-----\n{CANARIES['broken']}\n-----END CERTIFICATE-----\n"),
        secret("comment", ca=f"{CANARIES['comment']}\n{certificate}"),
        *(secret(name, WORD=CANARIES[name]) for name in ("train", "gate", "variable", "unlent")),
        secret("file", word=CANARIES["file"]),
        pull_secret(),
    )
    lend(space, "prometheus", "broken", "comment")


def key(name: str, of: str) -> Document:
    return {"name": name, "key": of}


SETTINGS = {
    "REFIT_PROMETHEUS_ALLOWED": "http://localhost:*/*,https://localhost:*/*",
    "REFIT_ALLOW_MASS_RETRAIN": "true",
}
BEARER = {"authentication": {"bearerTokenSecret": key("prometheus", "token")}}
LOGIN = {"username": key("prometheus", "user"), "password": key("prometheus", "password")}
BASIC = {"authentication": {"basic": LOGIN}}


def asking(address: str, tls_address: str) -> dict[str, Document]:
    """Return `spec.prometheus` of monitors that use Secrets to ask, by name."""
    quoted = {
        f"{name}-{way}": {"serverAddress": f"{address}/{way}"} | how
        for name, how in (("bearer", BEARER), ("basic", BASIC))
        for way in WAYS
    }
    authorities: dict[str, Document] = {
        f"authority-{name}": {"serverAddress": f"{tls_address}/failed", "tls": {"caSecret": key(name, "ca")}}
        for name in ("broken", "comment", "unlent")
    }
    unlent = {"authentication": {"bearerTokenSecret": key("unlent", "WORD")}}
    return {**quoted, **authorities, "unlent": unlent}


def trained(name: str, text: str, **more: Any) -> Document:
    """A monitor that has all the Secrets that a training and its judge may have."""
    template = {
        "env": [{"name": "VARIABLE", "valueFrom": {"secretKeyRef": key("variable", "WORD")}}],
        "volumes": [{"name": "s", "mountPath": "/secret", "secret": {"secretName": "file"}}],
        "imagePullSecrets": [{"name": "pull"}],
        "terminationGracePeriodSeconds": 0,
    }
    envs = {"trainEnvFrom": [{"secretRef": {"name": "train"}}], "backoffLimit": 0, "podTemplate": template}
    training = script(SAYS + text) | envs | more
    return monitor(name, prometheus=BEARER, training=training, gate={"envFrom": [{"secretRef": {"name": "gate"}}]})


def told(space: Space, name: str) -> bool:
    """Return whether the operator has said what became of a monitor's reading."""
    status = space.get("mmon", name).get("status", {})
    return any(one["type"] == "MetricAvailable" and one["status"] == "False" for one in status.get("conditions", []))


def ended(space: Space, name: str) -> str:
    """Wait for a monitor's run to end; return its outcome."""
    space.wait(f"mmon/{name}", ".status.attempts", "1")
    run = next(run for run in space.list("rr") if run["spec"]["monitorRef"]["name"] == name)
    space.wait(f"rr/{run['metadata']['name']}", ".status.stage", "Finished", 180)
    return finished(space.get("rr", run["metadata"]["name"]))[0]


def written(space: Space, operator: Hosted) -> dict[str, str]:
    """Return all that the operator writes, by where."""
    with urllib.request.urlopen(f"http://127.0.0.1:{operator.port}/metrics", timeout=10) as reply:
        metrics = reply.read().decode()
    kinds = ("events", "mmon", "rr", "jobs", "deployments", "services")
    return {
        "log": operator.log.read_text(),
        "metrics": metrics,
        **{kind: space.run("get", kind, "-o", "json") for kind in kinds},
    }


def play(space: Space, address: str, tls_address: str) -> dict[str, str]:
    """Have the monitors ask, and the trainings end; return the outcomes."""
    monitors = asking(address, tls_address)
    space.apply(*(monitor(name, prometheus=spec, suspend=True) for name, spec in monitors.items()))
    space.apply(*CLAIMS, target("succeeds"), idle_target("reports"), idle_target("raises"), idle_target("waits"))
    space.run("rollout", "status", "deploy/succeeds", "--timeout=180s", limit_s=190)
    space.apply(*(trained(name, text) for name, text in TRAININGS.items()), trained("waits", "", image=NO_IMAGE))
    outcomes = {name: ended(space, name) for name in TRAININGS}
    until(lambda: NO_IMAGE in str([run["status"].get("message") for run in space.list("rr")]), 60, "no pull")
    for name in monitors:
        until(partial(told, space, name), 60, f"nothing is said of {name}")
    return outcomes


def test_no_word_of_a_secret_is_in_what_the_operator_writes(apart: Apart, tmp_path: Path) -> None:
    space, server = apart.space, Quoting()
    context, certificate = self_signed(tmp_path)
    add_secrets(space, certificate)
    with serve(server) as address, serve(server, context) as tls_address, apart.operator(**SETTINGS) as operator:
        outcomes = play(space, address, tls_address)
        found = {place: find(text, CANARIES) for place, text in written(space, operator).items()}
    assert outcomes == {"succeeds": "Promoted", "reports": "Failed", "raises": "Failed"}
    assert found == {place: [] for place in found}
    assert sorted(find("\n".join(server.asked), CANARIES)) == sorted(ASKED)
    log = space.run("logs", "-l", "refit.dev/monitor=raises", "-c", "train", "--tail=-1")
    assert sorted(find(log, CANARIES)) == sorted(TRAINED)
    assert sorted(find(space.run("get", "pods", "-o", "json"), CANARIES)) == sorted(TRAINED)
    assert sorted(find(space.run("get", "secrets", "-o", "json"), CANARIES)) == sorted(CANARIES)
