"""The whole loop for what isn't text: real images, real voices, a server that sees the world change, and all the rest.

The first model is trained before the test in the trainer image, on data before a drift; the clients send what comes
after it, so the accuracy is low from the beginning.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.recordings import ensure_recordings
from tests.support.cluster.kubectl import ROOT, Document, Space, merge
from tests.support.cluster.reviews import config_map, count_requests, pod, quick, sample
from tests.support.cluster.runs import run_number

COLUMNS = {"image-classification": "image", "audio-classification": "audio"}
EPOCHS = {"image-classification": "8", "audio-classification": "6"}


def prepare(task: str, folder: Path) -> Path:
    """Train the first model in the trainer image; return the folder with it and with what clients send."""
    folder.chmod(0o1777)
    mounts = ["-v", f"{ensure_recordings()}:/recordings:ro", "-v", f"{folder}:/out"]
    command = [
        "env",
        "REFIT_RECORDINGS=/recordings",
        "python",
        "-m",
        "tests.support.cluster.in_image.prepare_task",
        task,
        "/out",
    ]
    subprocess.run(
        [sys.executable, "-m", "localcluster", "run-image", *mounts, "trainer", "--", *command], cwd=ROOT, check=True
    )
    return folder


def server(space: Space, task: str) -> list[Document]:
    """The sample's server, for another task."""
    deployment, *others = sample(space, "server.yaml")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["env"].append({"name": "TASK", "value": task})
    container["resources"]["requests"]["cpu"] = "100m"
    return [deployment, *others]


def monitor(space: Space, task: str) -> Document:
    """The sample's monitor on a clock of seconds, for another task; it goes on from the served model."""
    column = COLUMNS[task]
    training: dict[str, Any] = {
        "task": task,
        "startFrom": "Served",
        "baseModel": None,
        "dataset": {"columns": {"text": None, column: column, "label": "label", "slice": None}, "recent": None},
        "hyperparameters": {"learning_rate": "2e-3", "batch_size": "16", "epochs": EPOCHS[task]},
    }
    changed = merge(
        quick(sample(space, "monitor.yaml")[0]), {"spec": {"metric": {"threshold": 0.75, "recoverAt": 0.8}}}
    )
    return dict(merge(changed, {"spec": {"training": training}}))


@pytest.mark.tasks
@pytest.mark.parametrize("task", COLUMNS)
def test_a_model_that_drifted_is_retrained_and_comes_back(space: Space, task: str, tmp_path: Path) -> None:
    prepared = prepare(task, tmp_path)
    models = {"persistentVolumeClaim": {"claimName": "models"}}
    clients = config_map("clients", traffic_py=(ROOT / "demo/traffic.py").read_text())
    space.apply(*sample(space, "claims.yaml"), clients, pod("seed", ["sleep", "3600"], {"/models": models}))
    space.wait("pod/seed", ".status.phase", "Running", limit_s=60)
    for folder in ("models", "traffic"):
        space.run("cp", "--no-preserve", f"{prepared / folder}/.", "seed:/models")

    space.apply(*server(space, task))
    space.run("rollout", "status", "deploy/reviews", "--timeout=120s", limit_s=130)
    env = {"TARGET": "http://reviews", "RATE": "20", "PHASE_FILE": "/models/phase", "SENTENCES": "/models"}
    mounts = {"/clients": {"configMap": {"name": "clients"}}, "/models": models}
    space.apply(pod("traffic", ["python3", "/clients/traffic.py"], mounts, env))
    space.run("wait", "pod/traffic", "--for=condition=Ready", "--timeout=60s")
    space.apply(monitor(space, task))

    run = run_number(space, 1, limit_s=480)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    result = run["status"]["result"]
    served, candidate = (float(result[which]["metrics"]["accuracy"]) for which in ("served", "candidate"))
    print(f"{task}: served {served:.3f}, candidate {candidate:.3f}")
    assert served < 0.75 < candidate, result
    space.wait_condition("mmon/reviews", "WithinThreshold", "Within")
    space.wait_condition("mmon/reviews", "ServingUpToDate", "Served")
    assert count_requests(space, "traffic")["failed"] == 0, space.run("logs", "traffic")
