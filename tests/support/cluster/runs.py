"""Runs of the monitor `reviews`: starting them, waiting for what becomes of them, and what they leave on the target."""

import json
import time
from typing import Any

from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import CLAIMS, is_idle, monitor, target

ANNOTATION = "{.spec.template.metadata.annotations.refit\\.dev/checkpoint}"


def pointer(space: Space) -> str:
    """Return what the target's pointer names."""
    return space.run("get", "deploy", "reviews", "-o", f"jsonpath={ANNOTATION}")


def run_number(space: Space, ordinal: int, limit_s: int = 180) -> Document:
    """Wait for a run to end, and return it."""
    space.wait("mmon/reviews", ".status.attempts", str(ordinal), limit_s)
    found = next(run for run in space.list("rr") if run["spec"]["ordinal"] == ordinal)
    space.wait(f"rr/{found['metadata']['name']}", ".status.stage", "Finished", limit_s)
    return space.get("rr", found["metadata"]["name"])


def serve(space: Space, server: Document) -> None:
    """Apply a target and wait until it serves, unless it is an idle one."""
    space.apply(server)
    if not is_idle(server):
        space.run("rollout", "status", "deploy/reviews", "--timeout=180s", limit_s=190)


def start(space: Space, server: Document | None = None, **spec: Any) -> None:
    """Have a target that serves, unless it is an idle one, and a monitor in breach."""
    space.apply(*CLAIMS)
    serve(space, server or target())
    space.apply(monitor(**spec))


def set_cooldown(space: Space, value: str) -> None:
    space.run("patch", "mmon", "reviews", "--type=merge", "-p", json.dumps({"spec": {"policy": {"cooldown": value}}}))


def request_run(space: Space, ordinal: int) -> str:
    """Request a run and return its name once its candidate waits for approval."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    space.run("annotate", "mmon", "reviews", "--overwrite", f"refit.dev/retrain-requested-at={now}")
    space.wait("mmon/reviews", ".status.attempts", str(ordinal))
    name: str = next(run for run in space.list("rr") if run["spec"]["ordinal"] == ordinal)["metadata"]["name"]
    space.wait(f"rr/{name}", ".status.stage", "AwaitingApproval", limit_s=300)
    return name


def assert_overruled(space: Space, runs: int) -> str:
    """The person's pointer stands, also when a run would be allowed otherwise; return what the operator says."""
    space.wait_condition("mmon/reviews", "ServingUpToDate", "Overruled")
    message = space.wait_condition("mmon/reviews", "RetrainAllowed", "Overruled")
    space.wait("mmon/reviews", ".status.state", "Overruled")
    assert len(space.list("rr")) == runs
    return message


def active_run(space: Space, stage: str, ordinal: int = 1, limit_s: int = 180) -> str:
    """Wait until a run is in a stage, and return its name."""
    space.wait("mmon/reviews", ".status.attempts", str(ordinal), limit_s)
    name: str = next(run["metadata"]["name"] for run in space.list("rr") if run["spec"]["ordinal"] == ordinal)
    space.wait(f"rr/{name}", ".status.stage", stage, limit_s)
    return name


def finished(run: Document) -> tuple[str, str]:
    """Return a run's outcome, and the reason of its condition Finished."""
    reason = next(c["reason"] for c in run["status"]["conditions"] if c["type"] == "Finished")
    return run["status"]["outcome"], reason


def gone(space: Space) -> None:
    """Wait until runs, Jobs and pods of runs have been collected."""
    for kind, selector in (("rr", "refit.dev/monitor"), ("job", "refit.dev/run"), ("pod", "refit.dev/run")):
        space.run("wait", "--for=delete", kind, "-l", selector, "--timeout=60s")
