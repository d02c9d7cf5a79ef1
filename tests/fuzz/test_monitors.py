"""Monitors that the schema allows, whole and damaged, to a real API server and the operator that is installed there.

What the API server takes is stored, up to a hundred at a time, and the operator reconciles it like any other. What it
refuses might have been stored by an older one: it is read here all the same, and is decided about or refused by name.
"""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import event, given

from refit_operator.api.run import RetrainRun, Trigger, TriggerReason
from refit_operator.kubernetes_api.errors import Permanent
from refit_operator.kubernetes_api.parsing import parse, parse_monitor
from refit_operator.monitor.rules.decide import decide
from refit_operator.monitor.rules.manifest import build_run
from refit_operator.run.rules.manifests.job import build_job
from tests.support.cluster.api_server import ApiServer
from tests.support.cluster.installed import alone_with_the_operator
from tests.support.cluster.kubectl import Document, Space, kubectl, new_namespace
from tests.support.cluster.runs import run_number, set_cooldown, start
from tests.support.generated import monitors
from tests.support.monitors import seen
from tests.support.samples import NOW, monitor_document

AT_A_TIME = 100


@pytest.fixture
def neighbour() -> Iterator[Space]:
    """Another tenant, whose monitor retrains again and again."""
    with alone_with_the_operator(), new_namespace("fuzz-neighbour") as space:
        start(space, policy={"cooldown": "0s"})
        yield space


class Stored:
    """Generated monitors in a namespace, the newest of them."""

    def __init__(self, server: ApiServer, space: Space) -> None:
        self.server, self.numbers = server, count(1)
        self.path = f"/apis/refit.dev/v1alpha1/namespaces/{space.name}/modelmonitors"

    def store(self, spec: Document) -> tuple[int, str]:
        """Ask for one to be stored, in place of older ones now and then; return status and answer."""
        number = next(self.numbers)
        if number % AT_A_TIME == 0:
            self.server.ask("DELETE", self.path)
        head = {"apiVersion": "refit.dev/v1alpha1", "kind": "ModelMonitor", "metadata": {"name": f"m{number}"}}
        return self.server.ask("POST", f"{self.path}?fieldValidation=Ignore", head | {"spec": spec})


def decide_about(document: Document) -> None:
    """Go with a monitor as far as its run's Job. Raises Permanent where it can't be read."""
    monitor = parse_monitor(document)
    decide(seen(monitor=monitor))
    trigger = Trigger(reason=TriggerReason.METRIC_BREACHED, value=0.8, threshold=0.85, time=NOW)
    body = build_run(monitor, 1, trigger, "pvc://models/v1", "pvc://models/v1", "")
    identity = {"uid": "u", "generation": 1, "resourceVersion": "1", "creationTimestamp": NOW.isoformat()}
    run = parse(RetrainRun, json.loads(json.dumps(body | {"metadata": body["metadata"] | identity})))
    json.dumps(build_job(run))


def restarts() -> list[int]:
    """Return how often each container of the operator has ended."""
    pods = json.loads(kubectl("-n", "refit-system", "get", "pods", "-o", "json"))["items"]
    return [status["restartCount"] for pod in pods for status in pod["status"]["containerStatuses"]]


def test_no_monitor_ends_the_operator_or_delays_a_neighbour(neighbour: Space) -> None:
    server, before = ApiServer(), restarts()
    with new_namespace("fuzz-monitors") as space:
        stored = Stored(server, space)

        @given(monitors())
        def play(spec: dict[str, Any]) -> None:
            status, answer = stored.store(spec)
            event(f"answered {status}")
            assert status in (201, 400, 403, 422), answer
            if status == 201:
                decide_about(json.loads(answer))
                return
            try:
                decide_about(monitor_document() | {"spec": spec})
            except Permanent:
                event("would not be read")

        play()
        done = neighbour.get("mmon", "reviews")["status"]["attempts"]
        run_number(neighbour, done + 1)
        set_cooldown(neighbour, "1h")
        outcomes = {run["status"].get("outcome", "Promoted") for run in neighbour.list("rr")}
        assert (outcomes, restarts()) == ({"Promoted"}, before)
    server.close()
