"""What people say to monitors and runs, and what somebody would say who passes for the operator."""

import json
from datetime import UTC, datetime
from typing import Any

import yaml

from tests.support.cluster.kubectl import Space, kubectl
from tests.support.cluster.objects import monitor


def say(space: Space, run: str, *flags: str, **words: Any) -> None:
    """Write to a run's spec; an approval, in one's own name."""
    named = {"approvalBy": whoami(*flags)} if words.get("approval") else {}
    space.run("patch", "rr", run, *flags, "--type=merge", "-p", json.dumps({"spec": named | words}))


def whoami(*flags: str) -> str:
    """Return the name by which the API server knows the user."""
    return kubectl("auth", "whoami", *flags, "-o", "jsonpath={.status.userInfo.username}")


def forged_run() -> str:
    """A run that no operator made, as YAML."""
    parts = {key: value for key, value in monitor()["spec"].items() if key not in ("policy",)}
    spec = {
        "monitorRef": {"name": "reviews", "uid": "x"},
        "ordinal": 1,
        "trigger": {"reason": "MetricBreached", "threshold": 0.9, "time": "2026-11-24T12:00:00Z"},
        **parts,
        "prometheus": {},
        "gate": {},
    }
    document = {"apiVersion": "refit.dev/v1alpha1", "kind": "RetrainRun", "metadata": {"name": "forged"}, "spec": spec}
    return yaml.safe_dump(document)


def ask(space: Space, annotation: str) -> None:
    """Request something of the monitor now."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    space.run("annotate", "--overwrite", "mmon", "reviews", f"refit.dev/{annotation}={now}")
