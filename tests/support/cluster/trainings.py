"""Trainings that are real, or scripts of the user's own that end as they shall."""

from typing import Any

from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import CLAIMS, monitor, target
from tests.support.cluster.reviews import run_script

SOON = {"terminationGracePeriodSeconds": 0}


def script(text: str, **more: object) -> Document:
    """A training that is a script of the user's own."""
    return {"command": ["python3", "-c", text], "podTemplate": SOON, **more}


def hangs_once(before: str = "") -> str:
    """A script whose first pod hangs, after what it does `before`; the others train."""
    return f"""
import os, pathlib, runpy, time
seen = pathlib.Path(os.environ["REFIT_OUTPUT"]).parent / "seen"
if seen.exists():
    os.execvp("refit-train", ["refit-train"])
seen.parent.mkdir(parents=True, exist_ok=True)
seen.touch()
{before}
time.sleep(600)
"""


REPORT = 'runpy.run_path("/usr/local/bin/refit-train")["report_progress"](41)'
HANGS_AFTER_A_REPORT = hangs_once(REPORT)


def training_pods(space: Space) -> list[Document]:
    """Return the run's pods, the newest last."""
    pods = [pod for pod in space.list("pod") if "refit.dev/run" in pod["metadata"].get("labels", {})]
    return sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))


def begin(space: Space, training: dict[str, Any]) -> None:
    """Serve an untrained model, and apply a monitor that has it trained so."""
    space.apply(*CLAIMS)
    run_script(space, "untrained", "untrained_model.py", claims=("models", "feedback", "holdout"))
    space.apply(target())
    space.run("rollout", "status", "deploy/reviews", "--timeout=90s")
    gate = {"minRows": 20}
    space.apply(monitor(training=training, gate=gate, serving={"initialModel": "pvc://models/reviews-v1"}))
