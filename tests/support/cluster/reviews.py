"""The sample `reviews` in a test's namespace: the real server, trainer and judge, on small models and windows."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from localcluster.release import REGISTRY, version
from tests.support.cluster.kubectl import ROOT, Document, Space, merge
from tests.support.cluster.objects import RESTRICTED

TRAINER = "localhost/refit-trainer:dev"
SCRIPTS = Path(__file__).parent / "in_image"
SUPPORT = ROOT / "tests/support/trainer/commands.py"
SHARE = {"requests": {"cpu": "100m"}}
"""Without a request, a pod gets next to nothing of a machine that is busy."""
SAMPLE = ROOT / "manifests/samples/reviews"
NO_RATIO = dict.fromkeys(("ratio", "window", "falseRuns"))
"""A change of the sample's metric to one that has a query."""
CLAIMS = ("models", "feedback", "holdout")
BY_APPROVAL: dict[str, Any] = {
    "mode": "Approve",
    "metric": NO_RATIO | {"query": "vector(0.9)", "interval": "2s"},
    "training": {
        "dataset": {"train": "pvc://feedback/other", "holdout": "pvc://holdout/other"},
        "resources": {"limits": None},
    },
}
"""A change of the sample's monitor to one whose runs are requested and approved, on rows that are apart."""


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
        "resources": SHARE,
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
    """Return a manifest of the sample `reviews` in this namespace, with the image that was built here."""
    return here(space, (SAMPLE / name).read_text())


def kustomized(space: Space, folder: str) -> dict[str, Document]:
    """Return the documents of another sample in this namespace, by kind and name, its namespace left out."""
    text = space.run("kustomize", str(ROOT / "manifests/samples" / folder)).replace("  namespace: shop\n", "")
    return {f"{found['kind']}/{found['metadata']['name']}": found for found in here(space, text)}


def here(space: Space, text: str) -> list[Document]:
    """Return YAML documents with this namespace's metric, the image that was built here, and room beside others."""
    changes = {
        f"{REGISTRY}/trainer:{version()}": TRAINER,
        "cpu: 500m": f"cpu: {SHARE['requests']['cpu']}",
        'namespace="shop"': f'namespace="{space.name}"',
    }
    for old, new in changes.items():
        text = text.replace(old, new)
    return list(yaml.safe_load_all(text))


def quick(monitor: Document) -> Document:
    """The sample's monitor on a clock of seconds, for a model this small."""
    spec: dict[str, Any] = {
        "metric": {
            "window": "10s",
            "threshold": 0.6,
            "recoverAt": 0.7,
            "falseRuns": {"per": "1h"},
        },
        "training": {
            "startFrom": "Base",
            "baseModel": "pvc://models/tiny",
            "hyperparameters": {"learning_rate": "5e-3", "batch_size": "16", "epochs": "8"},
            "resources": SHARE,
        },
        "gate": {"minRows": 20},
        "serving": {"rolloutDeadline": "2m"},
        "verification": {"for": "40s", "settle": "5s", "breaches": {"count": 2, "outOf": 2}},
    }
    return dict(merge(monitor, {"spec": spec}))


def run_script(
    space: Space,
    name: str,
    script: str,
    *words: str,
    claims: tuple[str, ...],
    environment: dict[str, str] | None = None,
) -> None:
    """Run a script of in_image/ in a pod of the trainer image, beside the sentences and the trainer tests' support."""
    files = {
        "support_py": SUPPORT.read_text(),
        "sentences_jsonl": sentences(),
        "main_py": (SCRIPTS / script).read_text(),
    }
    space.apply(config_map(name, **files))
    mounts: dict[str, Document] = {"/src/tests/trainer": {"configMap": {"name": name}}}
    mounts |= {f"/{claim}": {"persistentVolumeClaim": {"claimName": claim}} for claim in claims}
    space.apply(pod(name, ["python3", "/src/tests/trainer/main.py", *words], mounts, environment))
    space.wait(f"pod/{name}", ".status.phase", "Succeeded", limit_s=300)


def spoil(space: Space, run: str) -> None:
    """Change a file of a checkpoint after it was judged, so that its digest is another one."""
    config = f"/models/checkpoints/reviews/{run}/config.json"
    models: dict[str, Document] = {"/models": {"persistentVolumeClaim": {"claimName": "models"}}}
    space.apply(pod("spoil", ["sh", "-c", f"echo >> {config}"], models))
    space.wait("pod/spoil", ".status.phase", "Succeeded")


def serve(space: Space) -> None:
    """Apply the sample's model server and wait until it serves."""
    space.apply(*sample(space, "server.yaml"))
    space.run("rollout", "status", "deploy/reviews", "--timeout=300s", limit_s=310)


def send_requests(space: Space, name: str, **environment: str) -> None:
    """Start the demo's clients as a pod of this name: they ask for predictions, and bring the true labels."""
    files = {"traffic_py": (ROOT / "demo/traffic.py").read_text(), "sentences_jsonl": sentences(), "phase": "sentences"}
    space.apply(config_map(name, **files))
    paths = {"PHASE_FILE": "/clients/phase", "SENTENCES": "/clients"}
    mounts = {"/clients": {"configMap": {"name": name}}}
    env = {"TARGET": "http://reviews"} | paths | environment
    space.apply(pod(name, ["python3", "/clients/traffic.py"], mounts, env))
    space.run("wait", f"pod/{name}", "--for=condition=Ready", "--timeout=60s")


def count_requests(space: Space, name: str) -> Counter[str]:
    """Return how many requests those clients have sent so far, by outcome: ok, failed, unresolved."""
    metrics = space.run("get", "--raw", f"/api/v1/namespaces/{space.name}/pods/{name}:8000/proxy/metrics")
    found: Counter[str] = Counter()
    for outcome, number in re.findall(r'^traffic_requests_total.*outcome="(\w+)"} (\d+)$', metrics, re.MULTILINE):
        found[outcome] += int(number)
    return found
