"""Objects that the API server takes and the operator can't parse, among healthy ones."""

import json
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from ssl import SSLContext

from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import Trigger, TriggerReason
from refit_operator.monitor.rules.manifest import build_run
from tests.faults.ending import BESIDE
from tests.faults.trouble import Loop, Trouble
from tests.support.cluster.hosted import as_service_account
from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import monitor
from tests.support.local import until

ADDRESS = "http://prometheus\u00a0here"
"""A no-break space: `\\s` of the CRD's pattern doesn't match it in Go, and does in Rust."""
YEAR_ZERO = "0000-01-01T00:00:00Z"
"""A date-time to Go; Python's years begin with 1."""
UNREADABLE, SHELF = BESIDE, f"{BESIDE}-runs"


class Poisoned(Trouble):
    """A monitor and two runs. One run is the only one of its monitor, the other has the healthy monitor's label."""

    def surround(self, stack: ExitStack, folder: Path, trust: SSLContext) -> None:
        self.config = as_service_account(folder)

    def prepare(self, loop: Loop) -> None:
        poison(loop.space, self.config)

    def play(self, loop: Loop) -> str:
        loop.record.fell = time.monotonic()
        until(lambda: told(loop.space) == {UNREADABLE, SHELF}, 60, f"who was told is {told(loop.space)}")
        return "each of the two monitors that it concerns has an Event ReconcileFailed, which names object and field"


def poison(space: Space, config: Path) -> None:
    """Make them; `config` is a kubeconfig of somebody who may make runs."""
    elsewhere = {"suspend": True, "serving": {"targetRef": {"name": "none"}}}
    unreadable = elsewhere | {"prometheus": {"serverAddress": ADDRESS}}
    space.apply(monitor(UNREADABLE, **unreadable), monitor(SHELF, **elsewhere))
    shelf = space.get("mmon", SHELF)
    for owner, label in ((SHELF, SHELF), (UNREADABLE, "reviews")):
        run = poisoned_run(shelf | {"metadata": space.get("mmon", owner)["metadata"]}, label)
        space.run("--kubeconfig", str(config), "create", "-f", "-", stdin=json.dumps(run))


def poisoned_run(owner: Document, label: str) -> Document:
    """Return a run of that monitor which the operator can't parse."""
    trigger = Trigger(reason=TriggerReason.MANUAL, threshold=0.85, time=datetime.now(UTC))
    run = build_run(ModelMonitor.model_validate(owner), 1, trigger, "pvc://models/v1", "pvc://models/v1", "")
    run["spec"]["trigger"]["time"] = YEAR_ZERO
    run["metadata"]["labels"]["refit.dev/monitor"] = label
    return run


def told(space: Space) -> set[str]:
    """Return the names of the monitors that say which field of which object doesn't parse."""
    wrong = {UNREADABLE: "spec.prometheus.serverAddress", SHELF: "spec.trigger.time"}
    return {
        event["regarding"]["name"]
        for event in space.list("events.events.k8s.io")
        if event["reason"] == "ReconcileFailed" and wrong.get(event["regarding"]["name"], "?") in event["note"]
    }
