"""The whole loop, all of it real but small: server, late labels, Prometheus, trainer, judge, rollout.

The task is to tell movie reviews from tweets. The first model has learnt it the wrong way round, which is drift at its
strongest: a few hundred sentences and a BERT of a few thousand weights are enough to see the accuracy come back.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.kubectl import ROOT, Document, Space, merge
from tests.cluster.objects import RESTRICTED
from tests.cluster.test_runs import run_number

TRAINER = "localhost/refit-trainer:dev"
HERE = Path(__file__).parent
SAMPLE = ROOT / "manifests/samples/reviews"


def sentences() -> str:
    """Return as many movie reviews as tweets, each labelled with where it is from."""
    rows = [json.loads(line) for line in (ROOT / "tests/trainer/sentences.jsonl").read_text().splitlines()]
    tweets = [row for row in rows if row["domain"] == "tweets"]
    movies = [row for row in rows if row["domain"] == "movies"][: len(tweets)]
    mixed = [row | {"label": row["domain"]} for pair in zip(tweets, movies, strict=True) for row in pair]
    return "".join(json.dumps(row) + "\n" for row in mixed)


def config_map(name: str, **files: str) -> Document:
    data = {key.replace("_", ".", 1): text for key, text in files.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def pod(name: str, command: list[str], mounts: dict[str, Document], env: dict[str, str] | None = None) -> Document:
    """A restricted pod of the trainer image; `mounts` are volumes by the path they are mounted at."""
    volumes = {path.strip("/").replace("/", "-"): source for path, source in mounts.items()}
    container = {
        "name": "main",
        "image": TRAINER,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "env": [{"name": key, "value": value} for key, value in ({"HOME": "/tmp"} | (env or {})).items()],
        "securityContext": RESTRICTED,
        "volumeMounts": [
            {"name": volume, "mountPath": path}
            for volume, path in zip([*volumes, "tmp"], [*mounts, "/tmp"], strict=True)
        ],
    }
    spec = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 0,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [*({"name": n} | source for n, source in volumes.items()), {"name": "tmp", "emptyDir": {}}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def sample(space: Space, name: str) -> list[Document]:
    """Return a sample manifest in this namespace, with the image that was built here."""
    text = (SAMPLE / name).read_text().replace("ghcr.io/refit/trainer:v0.1.0", TRAINER)
    return list(yaml.safe_load_all(text.replace('namespace="shop"', f'namespace="{space.name}"')))


def quick(monitor: Document) -> Document:
    """The sample's monitor on a clock of seconds, for a model this small."""
    spec: dict[str, Any] = {
        "metric": {
            "query": monitor["spec"]["metric"]["query"].replace("[10m]", "[10s]"),
            "threshold": 0.6,
            "recoverAt": 0.7,
            "interval": "5s",
            "breaches": {"count": 2, "outOf": 2},
        },
        "training": {
            "startFrom": "Base",
            "baseModel": "pvc://models/tiny",
            "hyperparameters": {"learning_rate": "5e-3", "batch_size": "16", "epochs": "8"},
        },
        "gate": {"minRows": 20, "margin": 0.1},
        "serving": {"rolloutDeadline": "2m"},
        "watch": {"for": "25s", "settle": "5s", "breaches": {"count": 2, "outOf": 2}},
    }
    return dict(merge(monitor, {"spec": spec}))


def lost_requests(space: Space) -> list[str]:
    """Return the requests that the server lost; one whose name didn't resolve never reached it."""
    lines = space.run("logs", "traffic").splitlines()
    return [line for line in lines if line.startswith("failed") and "gaierror" not in line]


def test_a_model_that_is_wrong_is_retrained_and_comes_back(space: Space) -> None:
    support = (ROOT / "tests/trainer/support.py").read_text()
    script = config_map(
        "script", support_py=support, first_py=(HERE / "first_model.py").read_text(), sentences_jsonl=sentences()
    )
    clients = config_map("clients", traffic_py=(ROOT / "demo/traffic.py").read_text())
    words = config_map("sentences", sentences_jsonl=sentences(), phase="sentences")
    models = {"persistentVolumeClaim": {"claimName": "models"}}
    space.apply(*sample(space, "claims.yaml"), script, clients, words)
    first = {"/src/tests/trainer": {"configMap": {"name": "script"}}, "/models": models}
    space.apply(pod("first-model", ["python3", "/src/tests/trainer/first.py"], first))
    space.wait("pod/first-model", ".status.phase", "Succeeded", limit_s=120)

    space.apply(*sample(space, "server.yaml"))
    space.run("rollout", "status", "deploy/reviews", "--timeout=120s", limit_s=130)
    env = {"TARGET": "http://reviews", "RATE": "20", "PHASE_FILE": "/sentences/phase", "SENTENCES": "/sentences"}
    mounts = {name: {"configMap": {"name": name.strip("/")}} for name in ("/clients", "/sentences")}
    space.apply(pod("traffic", ["python3", "/clients/traffic.py"], mounts, env))
    space.apply(quick(sample(space, "monitor.yaml")[0]))

    run = run_number(space, 1, limit_s=240)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    progress = run["status"]["progress"]
    assert (progress["percentage"], "loss" in str(progress["metrics"])) == (100, True), progress
    result = run["status"]["result"]
    served, candidate = (float(result[which]["metrics"]["accuracy"]) for which in ("served", "candidate"))
    assert served < 0.4 < 0.55 < candidate, result
    assert set(result["slices"]) == {"movies", "tweets"}
    space.wait_condition("mmon/reviews", "WithinThreshold", "Within")
    space.wait_condition("mmon/reviews", "ServingUpToDate", "Served")
    assert lost_requests(space) == []
