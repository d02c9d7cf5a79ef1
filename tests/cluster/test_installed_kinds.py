"""Kinds of targets that a cluster need not serve, by their published CustomResourceDefinitions, of `make test-targets`.

No controller of theirs runs here. A test plays it: it writes the status that the controller would write.
"""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from tests.hostile.judged import one_by_one
from tests.hostile.played import play_request
from tests.hostile.vectors import Family
from tests.hostile.workloads import INFERENCE_SERVICES as BEYOND_SERVICES
from tests.hostile.workloads import ROLLOUTS as BEYOND_ROLLOUTS
from tests.support.cluster.api_server import ApiServer
from tests.support.cluster.crds import INFERENCE_SERVICES, ROLLOUTS, generation, installed, is_taken_up, write_status
from tests.support.cluster.kubectl import Document, Refused, Space
from tests.support.cluster.objects import CLAIMS
from tests.support.cluster.people import say
from tests.support.cluster.runs import active_run, finished, run_number
from tests.support.cluster.targets import argo_rollout, inference_service, monitor_of, pointer_of, predictor
from tests.support.local import until

pytestmark = pytest.mark.crds
ARGO = "argoproj.io/v1alpha1"
LONG = {"for": "10m"}
NOW = {"lastTransitionTime": "2026-11-24T12:00:00Z", "lastUpdateTime": "2026-11-24T12:00:00Z"}


def healthy(space: Space, template: str) -> None:
    """Write that the newest template is the stable one, once the pointer is there, or back; `template` is its hash."""
    until(lambda: bool(pointer_of(space, "rollout")) is (template == "new"), 60, "the pointer isn't written")
    status: Document = {
        "observedGeneration": str(generation(space, "rollout")),
        "phase": "Healthy",
        "message": None,
        "abort": None,
        "pauseConditions": None,
        "stableRS": template,
        "currentPodHash": template,
        "replicas": 1,
        "updatedReplicas": 1,
        "availableReplicas": 1,
    }
    write_status(space, "rollout", status)


def updating(space: Space, **more: Any) -> None:
    """Write that an update is under way, once the pointer is there."""
    until(lambda: bool(pointer_of(space, "rollout")), 60, "the pointer isn't written")
    seen = str(generation(space, "rollout"))
    write_status(space, "rollout", {"observedGeneration": seen, "currentPodHash": "new", "currentStepIndex": 1} | more)


@pytest.fixture(scope="module")
def rollouts() -> Iterator[None]:
    with installed(ROLLOUTS):
        yield


def start(space: Space, **spec: Any) -> None:
    space.apply(*CLAIMS, argo_rollout())
    healthy(space, "old")
    space.apply(monitor_of("Rollout", ARGO, **spec))


def test_a_kind_that_isnt_installed_is_said_and_taken_up_once_it_is(
    space: Space, request: pytest.FixtureRequest
) -> None:
    """Also its watch: a Rollout that is deleted wakes a monitor that would be reconciled in an hour."""
    space.apply(monitor_of("Rollout", ARGO, suspend=True))
    message = space.wait_condition("mmon/reviews", "Ready", "TargetNotServed")
    assert message == f"kind Rollout of {ARGO} isn't served here: Argo Rollouts isn't installed"
    request.getfixturevalue("rollouts")
    space.wait_condition("mmon/reviews", "Ready", "TargetMissing")
    space.apply(*CLAIMS, argo_rollout())
    space.wait_condition("mmon/reviews", "Ready", "Monitoring")
    until(lambda: is_taken_up("Rollout"), 120, "its watch hasn't begun")
    sleeps: dict[str, Any] = {"metric": {"interval": "1h"}, "suspend": True}
    space.apply(monitor_of("Rollout", ARGO, **sleeps))
    space.run("delete", "rollout", "reviews")
    space.wait_condition("mmon/reviews", "Ready", "TargetMissing")


@pytest.mark.usefixtures("rollouts")
def test_a_rollout_that_pauses_is_waited_for_and_promoted_once_it_is_healthy(space: Space) -> None:
    start(space, serving={"rolloutDeadline": "5s"})
    name = active_run(space, "RollingOut")
    pause = [{"reason": "CanaryPauseStep", "startTime": "2026-11-24T12:00:00Z"}]
    updating(space, phase="Paused", message="CanaryPauseStep", controllerPause=True, pauseConditions=pause)
    said = "paused in step 2 of 2 (CanaryPauseStep), until its time is over or it is promoted"
    space.wait(f"rr/{name}", ".status.message", said)
    healthy(space, "new")
    run = run_number(space, 1)
    assert (run["status"]["outcome"], pointer_of(space, "rollout")) == (
        "Promoted",
        run["status"]["pointerChange"]["new"],
    )


@pytest.mark.usefixtures("rollouts")
def test_who_aborts_a_rollout_has_the_pointer_taken_back_and_the_weights_never_promoted_again(space: Space) -> None:
    start(space)
    active_run(space, "RollingOut")
    words = "RolloutAborted: Rollout aborted update to revision 2"
    aborted = {"type": "Progressing", "status": "False", "reason": "RolloutAborted", "message": words} | NOW
    updating(space, phase="Degraded", abort=True, message=words, conditions=[aborted])
    active_run(space, "RollingBack")
    healthy(space, "old")
    run = run_number(space, 1)
    assert (*finished(run), pointer_of(space, "rollout")) == ("RolledBack", "RolledBack", "")
    promoted = next(c for c in run["status"]["conditions"] if c["type"] == "Promoted")
    assert (promoted["reason"], promoted["message"]) == ("RolloutFailed", words)


@pytest.mark.usefixtures("rollouts")
def test_an_undo_of_a_rollout_stays(space: Space) -> None:
    start(space, verification=LONG)
    active_run(space, "RollingOut")
    healthy(space, "new")
    active_run(space, "Verifying")
    undo = '[{"op": "remove", "path": "/spec/template/metadata/annotations/refit.dev~1checkpoint"}]'
    space.run("patch", "rollout", "reviews", "--type=json", "-p", undo)
    assert finished(run_number(space, 1)) == ("Superseded", "Overruled")
    space.wait_condition("mmon/reviews", "ServingUpToDate", "Overruled")


@pytest.mark.usefixtures("rollouts")
def test_an_abort_of_the_run_takes_a_rollout_back(space: Space) -> None:
    start(space, verification=LONG)
    name = active_run(space, "RollingOut")
    healthy(space, "new")
    active_run(space, "Verifying")
    say(space, name, abort=True)
    active_run(space, "RollingBack")
    healthy(space, "old")
    assert (*finished(run_number(space, 1)), pointer_of(space, "rollout")) == ("RolledBack", "RolledBack", "")


def refuse(space: Space, family: Family) -> None:
    with closing(ApiServer()) as server:
        one_by_one(family, partial(play_request, server, space.name))


@pytest.mark.usefixtures("rollouts")
def test_who_has_the_operators_token_changes_nothing_of_a_rollout_but_its_pointer(space: Space) -> None:
    space.apply(argo_rollout())
    refuse(space, BEYOND_ROLLOUTS)


def test_a_kind_has_its_own_api_version(space: Space) -> None:
    with pytest.raises(Refused, match=r"Rollout has apiVersion argoproj\.io/v1alpha1"):
        space.apply(monitor_of("Rollout"))


KSERVE = "serving.kserve.io/v1beta1"


@pytest.fixture(scope="module")
def inference_services() -> Iterator[None]:
    with installed(INFERENCE_SERVICES):
        yield


def passed_on(space: Space) -> None:
    """Make the Deployment that KServe makes, as the predictor is now: its pods get the predictor's annotations."""
    found = space.get("isvc", "reviews")
    space.apply(predictor(found["metadata"]["uid"], found["spec"]["predictor"].get("annotations") or {}))


def storage_uri(space: Space) -> str:
    return str(space.get("isvc", "reviews")["spec"]["predictor"]["model"]["storageUri"])


@pytest.mark.usefixtures("inference_services")
def test_an_inference_service_is_promoted_to_by_its_storage_uri_and_given_its_own_back(space: Space) -> None:
    """The manifest's storageUri is somebody's until it is handed over. Its Deployment and pod are real."""
    space.apply(*CLAIMS, inference_service())
    passed_on(space)
    write_status(space, "isvc", {"deploymentMode": "Standard"})
    space.apply(monitor_of("InferenceService", KSERVE, verification=LONG))
    message = space.wait_condition("mmon/reviews", "RetrainAllowed", "FieldConflict")
    assert "refit.dev/take-pointer='s3://models/v1#0'" in message
    space.run("annotate", "mmon", "reviews", "refit.dev/take-pointer=s3://models/v1#0")
    name = active_run(space, "RollingOut")
    until(lambda: storage_uri(space) != "s3://models/v1", 60, "the pointer isn't written")
    new = space.get("rr", name)["status"]["pointerChange"]["new"]
    assert storage_uri(space) == new.partition("@")[0] == f"pvc://models/checkpoints/{name}"
    passed_on(space)
    active_run(space, "Verifying")
    say(space, name, abort=True)
    until(lambda: storage_uri(space) == "s3://models/v1", 60, "the pointer isn't restored")
    passed_on(space)
    assert finished(run_number(space, 1)) == ("RolledBack", "RolledBack")
    notes = space.get("isvc", "reviews")["spec"]["predictor"]["annotations"]
    assert notes == {"refit.dev/checkpoint": "s3://models/v1"}


@pytest.mark.usefixtures("inference_services")
def test_a_canarys_share_in_serverless_mode_holds_before_anything_is_trained(space: Space) -> None:
    server = inference_service()
    server["spec"]["predictor"]["canaryTrafficPercent"] = 10
    space.apply(*CLAIMS, server)
    write_status(space, "isvc", {"deploymentMode": "Serverless"})
    space.apply(monitor_of("InferenceService", KSERVE))
    space.run("annotate", "mmon", "reviews", "refit.dev/take-pointer=s3://models/v1#0")
    assert "canaryTrafficPercent is 10" in space.wait_condition("mmon/reviews", "RetrainAllowed", "TargetHalted")
    assert space.list("rr") == []


@pytest.mark.usefixtures("inference_services")
def test_who_has_the_operators_token_changes_nothing_of_an_inference_service_but_its_pointer(
    space: Space,
) -> None:
    space.apply(inference_service())
    refuse(space, BEYOND_SERVICES)
