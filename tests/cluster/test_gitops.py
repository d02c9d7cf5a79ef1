"""Flux applies a target and its monitor again and again while runs promote, of `make test-gitops`."""

import json
import os
import time
from collections.abc import Iterator
from itertools import count, groupby
from pathlib import Path
from typing import Any

import pytest

from tests.support.cluster.flux import KEPT, Flux, definitions, flux
from tests.support.cluster.kubectl import Document, Space, merge
from tests.support.cluster.objects import CLAIMS, monitor, target
from tests.support.cluster.runs import active_run, pointer, run_number
from tests.support.flux import SAMPLE, expressions
from tests.support.local import until

pytestmark = pytest.mark.gitops
SECONDS = float(os.environ.get("REFIT_GITOPS_SECONDS", "60"))
"""How long Flux goes on while runs promote."""
LIMIT_S = 180
INTERVAL = "2s"
POINTER = "f:refit.dev/checkpoint"
RETRAIN, TAKE = "refit.dev/retrain-requested-at", "refit.dev/take-pointer"


@pytest.fixture(scope="module", autouse=True)
def installed() -> Iterator[None]:
    with definitions():
        yield


@pytest.fixture
def applied(space: Space, tmp_path: Path) -> Iterator[Flux]:
    """A target and a monitor in breach, as Flux applied them."""
    with flux(space, tmp_path) as made:
        made.repository.write("claims", *CLAIMS)
        made.repository.write("target", target())
        made.repository.write("monitor", monitor())
        made.begin(INTERVAL)
        until(lambda: made.ready()[0] == "True", 180, f"{made.ready()}")
        yield made


def owners(space: Space) -> set[str]:
    """Return the field managers of the pointer."""
    shown = json.loads(space.run("get", "deploy", "reviews", "-o", "json", "--show-managed-fields"))
    entries = shown["metadata"]["managedFields"]
    return {entry["manager"] for entry in entries if POINTER in json.dumps(entry["fieldsV1"])}


def request(space: Space, annotation: str, value: str, manager: str = KEPT) -> None:
    space.run("annotate", "mmon", "reviews", "--overwrite", f"--field-manager={manager}", f"{annotation}={value}")


def annotations(space: Space) -> dict[str, str]:
    found: dict[str, str] = space.get("mmon", "reviews")["metadata"].get("annotations", {})
    return found


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def labelled(number: int) -> Document:
    """A target that Git changes: its own labels, not its template, so that nothing is rolled out."""
    change: dict[str, Any] = {"metadata": {"labels": {"revision": str(number)}}}
    return dict(merge(target(), change))


def watched(space: Space, applied: Flux, promoted: str) -> list[tuple[int, str]]:
    """Have Git change the target every few seconds, as long as it goes on and until another model than `promoted` is
    promoted; return generation and pointer, each time that one of them changed.
    """
    seen, ends = [state(space)], time.monotonic() + SECONDS
    for number in count(1):
        if time.monotonic() > ends and seen[-1][1] != promoted:
            return [one for one, _ in groupby(seen)]
        assert time.monotonic() < ends + LIMIT_S, "no run promotes"
        applied.repository.write("target", labelled(number))
        for _ in range(5):
            seen.append(state(space))
            time.sleep(1)
    raise AssertionError


def state(space: Space) -> tuple[int, str]:
    """Return the target's generation and pointer."""
    found = space.get("deploy", "reviews")
    named = found["spec"]["template"]["metadata"]["annotations"].get("refit.dev/checkpoint", "")
    return int(found["metadata"]["generation"]), named


@pytest.mark.timeout(SECONDS + 4 * LIMIT_S)
def test_a_promotion_stands_while_flux_goes_on_and_neither_undoes_the_other(space: Space, applied: Flux) -> None:
    first = run_number(space, 1)["status"]["pointerChange"]["new"]
    assert (pointer(space), owners(space)) == (first, {"refit-operator"})
    syncs, (generation, _) = applied.syncs(), state(space)

    request(space, RETRAIN, now())
    states = watched(space, applied, first)
    second = run_number(space, 2)["status"]["pointerChange"]["new"]
    print({"seconds": SECONDS, "syncs": applied.syncs() - syncs, "states of the target": states})
    assert [each for each, _ in groupby(named for _, named in states)] == [first, second]
    assert (pointer(space), owners(space)) == (second, {"refit-operator"})
    assert states[-1][0] == generation + 1, "the promotion alone changed its spec"
    assert applied.syncs() - syncs > SECONDS / 10, "Flux went on"
    assert len(space.list("rr")) == 2
    applied.applied(lambda: applied.repository.write("target", labelled(0)))


def test_a_breach_and_a_run_fail_no_sync_and_a_broken_spec_does(space: Space, applied: Flux) -> None:
    run_number(space, 1)
    slow = {"hyperparameters": {"seconds": "30"}}
    applied.applied(lambda: applied.repository.write("monitor", monitor(training=slow, policy={"cooldown": "2h"})))
    request(space, RETRAIN, now())
    run = active_run(space, "Training", ordinal=2)
    applied.applied(lambda: applied.repository.write("target", labelled(1)))
    assert space.get("mmon", "reviews")["status"]["activeRun"] == run, "it was under way all the time"

    applied.repository.write("monitor", monitor(metric={"query": "sum("}))
    until(lambda: applied.ready()[:2] == ("False", "HealthCheckFailed"), 60, f"{applied.ready()}")
    assert "ModelMonitor" in applied.ready()[2]
    applied.applied(lambda: applied.repository.write("monitor", monitor()))


def test_the_samples_expressions_say_the_same(space: Space, applied: Flux) -> None:
    mine = {"apiVersion": "refit.dev/v1alpha1", "kind": "ModelMonitor", **expressions()}
    applied.begin(INTERVAL, healthCheckExprs=[mine])
    applied.applied(lambda: applied.repository.write("target", labelled(1)))
    applied.repository.write("monitor", monitor(metric={"query": "sum("}))
    until(lambda: applied.ready()[:2] == ("False", "HealthCheckFailed"), 60, f"{applied.ready()}")
    applied.applied(lambda: applied.repository.write("monitor", monitor(policy={"cooldown": "2h"})))


def test_what_kubectl_sets_is_removed_unless_it_has_the_name_that_flux_keeps(space: Space, applied: Flux) -> None:
    request(space, TAKE, "#1", manager="kubectl-annotate")
    until(lambda: TAKE not in annotations(space), LIMIT_S, "Flux keeps it")
    request(space, TAKE, "#1")
    before = applied.syncs()
    until(lambda: applied.syncs() >= before + 3, LIMIT_S, "Flux doesn't go on")
    assert annotations(space)[TAKE] == "#1"


def test_the_sample_is_what_flux_accepts(space: Space) -> None:
    text = SAMPLE.read_text().replace("namespace: shop", f"namespace: {space.name}")
    space.run("apply", "--dry-run=server", "-f", "-", stdin=text)
