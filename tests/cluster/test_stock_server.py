"""A stock server reads what the operator writes: `transformers serve`, unmodified, is promoted and rolled back.

All of it is real: the sample of docs/how-to/stock-servers.md, a language model that is trained by a script, the judge,
the Service, and a client that never tries again. Only the metric is a constant, and approval, abort and spoiled files
are the test's. Which model serves shows in its answers: the first one has learnt nothing.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.cluster.kubectl import Document, Space, merge
from tests.support.cluster.people import say
from tests.support.cluster.reviews import (
    CLAIMS,
    NO_RATIO,
    SCRIPTS,
    SHARE,
    config_map,
    kustomized,
    pod,
    run_script,
    spoil,
)
from tests.support.cluster.runs import request_run, run_number
from tests.support.local import until

TARGET = "reviews-transformers"
PROMPT, NEXT = "monday tuesday wednesday", "thursday"
CHANGES: dict[str, Any] = {
    "mode": "Approve",
    "metric": NO_RATIO | {"query": "vector(0.9)", "interval": "2s"},
    "training": {"resources": SHARE | {"limits": {"nvidia.com/gpu": None, "cpu": "1"}}},
    "gate": {"minRows": 20},
    "serving": {"rolloutDeadline": "3m"},
    "verification": {"for": "10m", "settle": "0s"},
}
ENOUGH = ["--num_train_epochs=40", "--learning_rate=5e-3", "--use_cpu"]


def start(space: Space) -> None:
    """Apply the sample with a first model that has learnt nothing, have the client ask it, and monitor it."""
    made = kustomized(space, "transformers-serve")
    monitor, server = made.pop("ModelMonitor/reviews"), made.pop(f"Deployment/{TARGET}")
    space.apply(*(found for found in made.values() if found["kind"] not in ("Namespace", "NetworkPolicy")))
    run_script(space, "first-words", "first_words.py", claims=CLAIMS)
    space.apply(server)
    space.run("rollout", "status", f"deploy/{TARGET}", "--timeout=300s", limit_s=310)
    space.apply(config_map("client", ask_py=(SCRIPTS / "ask_words.py").read_text()))
    mounts: dict[str, Document] = {"/client": {"configMap": {"name": "client"}}}
    space.apply(pod("client", ["python3", "/client/ask.py", "http://reviews", PROMPT], mounts))
    space.run("wait", "pod/client", "--for=condition=Ready", "--timeout=60s")
    monitor["spec"]["training"]["args"] += ENOUGH
    space.apply(merge(monitor, {"spec": CHANGES}))


def counts(space: Space) -> dict[str, Any]:
    """Return how many requests were answered so far and how many not, and the last answer."""
    lines = space.run("logs", "client", "--tail=20").splitlines()
    return dict(json.loads(next(line for line in reversed(lines) if line.startswith("{"))))


def annotations(space: Space) -> dict[str, str]:
    """Return what the operator has written on the target."""
    found = space.get("deploy", TARGET)["spec"]["template"]["metadata"].get("annotations") or {}
    return {name: value for name, value in found.items() if name.startswith("refit.dev/")}


@contextmanager
def nothing_lost(space: Space) -> Iterator[None]:
    """See that every request is answered while the change is made, until one pod is left."""
    before = counts(space)
    yield
    only_one = lambda: len(space.run("get", "pods", "-l", "app=reviews", "-o", "name").split()) == 1  # noqa: E731
    until(only_one, 240, "old pods stay")
    until(lambda: counts(space)["ok"] > before["ok"] + 10, 60, "the client isn't answered")
    assert counts(space)["failed"] == before["failed"], space.run("logs", "client")


def answers(space: Space, word: str) -> None:
    until(lambda: counts(space)["answer"] == word, 60, f"the answer isn't {word!r} but {counts(space)}")


def test_a_stock_server_is_promoted_rolled_back_and_loses_no_request(space: Space) -> None:
    start(space)
    until(lambda: counts(space)["ok"] > 0, 60, "the first model doesn't answer")
    untaught = counts(space)["answer"]
    assert untaught != NEXT
    assert annotations(space) == {}

    first = request_run(space, 1)
    with nothing_lost(space):
        say(space, first, approval="Approved")
        space.wait(f"rr/{first}", ".status.stage", "Verifying", limit_s=240)
    place, digest = space.get("rr", first)["status"]["pointerChange"]["new"].split("@")
    assert annotations(space) == {
        "refit.dev/checkpoint": f"{place}@{digest}",
        "refit.dev/model-path": place.removeprefix("file://"),
        "refit.dev/model-digest": digest,
    }
    answers(space, NEXT)

    with nothing_lost(space):
        say(space, first, abort=True)
        run = run_number(space, 1, limit_s=240)
    assert (run["status"]["outcome"], annotations(space)) == ("RolledBack", {})
    answers(space, untaught)

    changes = {
        "training": {"args": [*run["spec"]["training"]["args"], "--seed=7"]},
        "serving": {"rolloutDeadline": "1m"},
    }
    space.run("patch", "mmon", "reviews", "--type=merge", "-p", json.dumps({"spec": changes}))
    second = request_run(space, 2)
    spoil(space, second)
    with nothing_lost(space):
        say(space, second, approval="Approved")
        said = f"it exited 64: /models/checkpoints/reviews/{second} has the digest sha256:"
        until(
            lambda: said in space.get("rr", second)["status"]["message"], 120, "the run doesn't say why no pod starts"
        )
        run = run_number(space, 2, limit_s=240)
    assert (run["status"]["outcome"], annotations(space)) == ("RolledBack", {})
    answers(space, untaught)
