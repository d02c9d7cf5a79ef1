"""No request is lost at the model server while what it serves changes: promotion, rollback, and a rollout that fails.

All of it is real: `refit-serve`, trained models, the Service, and clients that never try anything again. Only the
metric is a constant, and a person takes the promotion back, so that one change is over before the next begins.

REFIT_TEST_RATE is the requests a second of each kind of clients, REFIT_TEST_INTO a folder to keep the numbers in.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults.requests import Sent, save
from tests.support.cluster.kubectl import Space, merge
from tests.support.cluster.people import say
from tests.support.cluster.reviews import (
    BY_APPROVAL,
    CLAIMS,
    count_requests,
    quick,
    run_script,
    sample,
    send_requests,
    serve,
    spoil,
)
from tests.support.cluster.runs import pointer, request_run, run_number
from tests.support.local import until

RATE = os.environ.get("REFIT_TEST_RATE", "10")
CLIENTS = ("new", "kept")
CHANGES: dict[str, Any] = BY_APPROVAL | {"verification": {"for": "10m"}}


def start(space: Space) -> None:
    """Serve the first model to both kinds of clients, under a monitor whose runs wait for approval."""
    space.apply(*sample(space, "claims.yaml"))
    run_script(space, "first-model", "first_model.py", claims=CLAIMS)
    serve(space)
    for connections in CLIENTS:
        send_requests(space, f"clients-{connections}", RATE=RATE, CONNECTIONS=connections)
    space.apply(merge(quick(sample(space, "monitor.yaml")[0]), {"spec": CHANGES}))


@contextmanager
def counted(space: Space, during: str, found: list[Sent]) -> Iterator[None]:
    """Count what is sent until the change is made and no other pod than the one that serves is left."""
    before, began = {kind: count_requests(space, f"clients-{kind}") for kind in CLIENTS}, time.monotonic()
    yield
    until(lambda: len(space.run("get", "pods", "-l", "app=reviews", "-o", "name").split()) == 1, 240, "old pods stay")
    for kind in CLIENTS:
        made = count_requests(space, f"clients-{kind}") - before[kind]
        seconds = round(time.monotonic() - began, 1)
        found.append(Sent(during, kind, made["ok"], made["failed"], made["unresolved"], seconds))


def test_no_request_is_lost(space: Space) -> None:
    start(space)
    first = request_run(space, 1)
    found: list[Sent] = []
    with counted(space, "a promotion", found):
        say(space, first, approval="Approved")
        space.wait(f"rr/{first}", ".status.stage", "Verifying", limit_s=180)
    with counted(space, "a rollback", found):
        say(space, first, abort=True)
        run = run_number(space, 1, limit_s=180)
    assert (run["status"]["outcome"], pointer(space)) == ("RolledBack", "")

    changes = {"training": {"hyperparameters": {"seed": "7"}}, "serving": {"rolloutDeadline": "20s"}}
    space.run("patch", "mmon", "reviews", "--type=merge", "-p", json.dumps({"spec": changes}))
    second = request_run(space, 2)
    spoil(space, second)
    with counted(space, "a promotion whose pods never become ready", found):
        say(space, second, approval="Approved")
        run = run_number(space, 2, limit_s=180)
    assert (run["status"]["outcome"], pointer(space)) == ("RolledBack", "")
    assert "not rolled out in time" in run["status"]["message"]
    assert "Confirmed" not in {condition["type"] for condition in run["status"]["conditions"]}  # no metric was asked

    print(*found, sep="\n")
    if into := os.environ.get("REFIT_TEST_INTO"):
        save(Path(into) / "requests.jsonl", found)
    logs = "".join(space.run("logs", f"clients-{kind}") for kind in CLIENTS)
    assert [(one.during, one.connections) for one in found if one.lost] == [], logs
    assert all(one.sent > 0 for one in found)
