"""Progress on the real node: a pod's own token, the API server's word for it, and the operator's certificate.

The trainer is the stub, which posts one report as the Hugging Face callback does; that callback itself, unmodified, is
in the loop of test_loop.py.
"""

import json
from typing import Any

import pytest

from tests.support.cluster.kubectl import Document, Refused, Space
from tests.support.cluster.objects import RESTRICTED, STUB
from tests.support.cluster.runs import run_number, start

REPORTING = {"hyperparameters": {"progress": "41", "seconds": "12"}}
POST = """
import os, ssl, urllib.error, urllib.request
trust = ssl.create_default_context(cafile="/report/ca.crt")
headers = {"Authorization": "Bearer " + open("/report/token").read()}
body = b'{"trainerStatus": {"progressPercentage": 99}}'
try:
    urllib.request.urlopen(urllib.request.Request(os.environ["URL"], body, headers), timeout=5, context=trust)
    print("taken")
except urllib.error.HTTPError as error:
    print("status", error.code)
"""


def active_run(space: Space) -> Document:
    """Wait for the first run to have told its progress, and return it."""
    space.wait("mmon/reviews", ".status.attempts", "1")
    name = space.list("rr")[0]["metadata"]["name"]
    space.wait(f"rr/{name}", ".status.progress.percentage", "41")
    return space.get("rr", name)


def test_a_trainer_that_reports_is_seen_while_it_trains_and_afterwards(space: Space) -> None:
    start(space, training=REPORTING)
    name = active_run(space)["metadata"]["name"]
    space.wait(f"rr/{name}", ".status.stage", "Training")
    status = space.get("rr", name)["status"]
    assert (status["stage"], status["message"]) == ("Training", "Training: 41 %, about 7s left")
    assert status["progress"]["metrics"] == {"loss": "3.89"}
    assert status["progress"]["estimatedRemaining"] == "7s"
    header, row = space.run("get", "rr").splitlines()
    assert row.split()[header.split().index("PROGRESS")] == "41"
    run = run_number(space, 1)
    assert (run["status"]["outcome"], run["status"]["progress"]["percentage"]) == ("Promoted", 41)


def stranger(name: str, audience: str, labels: dict[str, str], trainer: Document) -> Document:
    """A pod that somebody made to pass for a run's: its labels, its authority, a token of the same account."""
    authority = trainer["metadata"]["annotations"]["refit.dev/progress-ca"]
    env = trainer["spec"]["initContainers"][0]["env"]
    url = next(variable["value"] for variable in env if variable["name"] == "KUBEFLOW_TRAINER_SERVER_URL")
    field = {"fieldPath": "metadata.annotations['refit.dev/progress-ca']"}
    sources: list[Any] = [
        {"serviceAccountToken": {"audience": audience, "path": "token"}},
        {"downwardAPI": {"items": [{"path": "ca.crt", "fieldRef": field}]}},
    ]
    container = {
        "name": "main",
        "image": STUB,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", POST],
        "env": [{"name": "URL", "value": url}],
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": "report", "mountPath": "/report"}],
    }
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "report", "projected": {"sources": sources}}],
    }
    meta = {"name": name, "labels": labels, "annotations": {"refit.dev/progress-ca": authority}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def answer_to(space: Space, pod: Document) -> str:
    """Run the pod; return what it was answered."""
    name = pod["metadata"]["name"]
    space.run("apply", "-f", "-", stdin=json.dumps(pod))
    space.wait(f"pod/{name}", ".status.phase", "Succeeded")
    return space.run("logs", name).strip()


def test_nobody_else_can_report_for_a_run(space: Space) -> None:
    start(space, training={"hyperparameters": {"progress": "41", "seconds": "40"}})
    run = active_run(space)["metadata"]["name"]
    selector = f"refit.dev/run={run}"
    trainer: Document = json.loads(space.run("get", "pod", "-l", selector, "-o", "json"))["items"][0]
    labels = {"refit.dev/run": run, "refit.dev/monitor": "reviews"}
    assert answer_to(space, stranger("unlabelled", "refit.dev/progress", {}, trainer)) == "status 403"
    with pytest.raises(Refused, match=r"the label refit.dev/run is for the pods that the Job controller makes"):
        answer_to(space, stranger("labelled", "refit.dev/progress", labels, trainer))
    assert answer_to(space, stranger("other-audience", "", {}, trainer)) == "status 401"
    assert space.get("rr", run)["status"]["progress"]["percentage"] == 41
