"""An InferenceService as a target: its pointer is the storageUri, and its rollout is that of what KServe makes."""

from typing import Any

import pytest

from refit_operator.kubernetes_api.pointer import build_pointer_patch
from refit_operator.target.rules.rollout import Complete, Failed, Halted, Progressing
from refit_operator.target.rules.view import TargetView, pointers_of
from tests.support.samples import NEW_DIGEST, merge
from tests.support.targets import inference_service, knative_service, predictor_deployment, view

OLD, PLACE = "s3://models/v1", "pvc://models/checkpoints/reviews/reviews-1"
NEW = f"{PLACE}@{NEW_DIGEST}"
NOTES = {"refit.dev/checkpoint": NEW, "refit.dev/model-digest": NEW_DIGEST}
KIND = "InferenceService"


def promoted(made: dict[str, Any] | None, mode: str = "Standard", **predictor: Any) -> TargetView:
    """Return the target with the new pointer, and what KServe made of it."""
    return view(inference_service(PLACE, NOTES, mode, **predictor), KIND, made)


def test_without_a_promotion_its_pointer_is_the_manifests_storage_uri() -> None:
    assert view(inference_service(OLD), KIND).pointer == OLD
    assert view(inference_service(None), KIND).pointer == ""
    assert promoted(None).pointer == NEW


def test_a_claim_is_named_as_kserve_knows_it() -> None:
    target = view(inference_service(), KIND)
    assert target.to_server_uri(PLACE) == target.to_claim_uri(PLACE) == PLACE
    assert target.objection_to(PLACE) == target.objection_to("s3://models/x") == ""


@pytest.mark.parametrize(
    ("pointer", "predictor"),
    [
        (NEW, {"annotations": NOTES, "model": {"storageUri": PLACE}}),
        (OLD, {"annotations": {"refit.dev/checkpoint": OLD}, "model": {"storageUri": OLD}}),
    ],
    ids=["a candidate", "the manifest's, restored"],
)
def test_storage_uri_and_annotations_are_written_together(pointer: str, predictor: dict[str, Any]) -> None:
    target = view(inference_service(), KIND)
    body = build_pointer_patch(target.document, target.fields(pointer))
    assert (body["apiVersion"], body["kind"]) == ("serving.kserve.io/v1beta1", KIND)
    assert body["spec"] == {"predictor": predictor}


def test_where_there_was_none_all_of_it_is_left_out() -> None:
    target = view(inference_service(None), KIND)
    assert "spec" not in build_pointer_patch(target.document, target.fields(""))


def test_a_storage_uri_that_isnt_the_pointers_is_somebodys_change() -> None:
    other = inference_service("s3://models/other", NOTES)
    owner: dict[str, Any] = {"f:spec": {"f:predictor": {"f:model": {"f:storageUri": {}}}}}
    other["metadata"]["managedFields"] = [{"manager": "argocd", "fieldsV1": owner}]
    words = view(other, KIND).disagreement
    assert words.startswith('spec.predictor.model.storageUri (field manager "argocd") is s3://models/other')
    assert f"set it to {PLACE}" in words
    assert promoted(None).disagreement == view(inference_service(), KIND).disagreement == ""


OURS, THEIRS = "refit-operator", ("kubectl",)


@pytest.mark.parametrize(
    ("managers", "want"), [(THEIRS, THEIRS), (("kubectl", OURS), THEIRS), ((OURS,), None), ((), None)]
)
def test_whose_storage_uri_it_is(managers: tuple[str, ...], want: tuple[str, ...] | None) -> None:
    found = inference_service()
    owner: dict[str, Any] = {"f:spec": {"f:predictor": {"f:model": {"f:storageUri": {}}}}}
    found["metadata"]["managedFields"] = [{"manager": each, "fieldsV1": owner} for each in managers]
    others = view(found, KIND).others_field
    assert (others and others[1]) == want


UNWIRED: dict[str, tuple[dict[str, Any], str]] = {
    "no model": ({"model": None, "containers": [{"name": "kserve-container"}]}, "spec.predictor.model isn't set"),
    "a storage": ({"model": {"storage": {"path": "x"}}}, "spec.predictor.model.storageUri"),
    "several": ({"storageUris": [{"uri": OLD}]}, "spec.predictor.model.storageUri"),
}


@pytest.mark.parametrize("name", UNWIRED)
def test_what_has_no_storage_uri_to_write_is_not_wired(name: str) -> None:
    change, words = UNWIRED[name]
    target = view(inference_service(OLD, **change), KIND)
    assert not target.reads_pointer
    assert words in target.objection_to(PLACE)


def test_model_mesh_is_not_wired() -> None:
    assert "ModelMesh isn't supported" in view(inference_service(mode="ModelMesh"), KIND).objection_to(PLACE)


STUCK = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
STANDARD: dict[str, tuple[dict[str, Any] | None, Any]] = {
    "nothing is made yet": (
        None,
        Progressing("KServe hasn't made the predictor's workload yet, or not said by status.deploymentMode which"),
    ),
    "the pointer isn't passed on yet": (
        predictor_deployment("", readyReplicas=2),
        Progressing("KServe hasn't passed the pointer on to Deployment reviews-predictor yet"),
    ),
    "rolled out": (predictor_deployment(NEW), Complete()),
    "on its way": (predictor_deployment(NEW, availableReplicas=1), Progressing("2 of 2 pods updated, 1 available")),
    "over its deadline": (predictor_deployment(NEW, conditions=[STUCK]), Failed("timed out")),
}


@pytest.mark.parametrize("name", STANDARD)
def test_in_standard_mode_its_rollout_is_that_of_the_deployment(name: str) -> None:
    made, want = STANDARD[name]
    assert promoted(made).rollout == want


FAILED = [{"type": "ConfigurationsReady", "status": "False", "message": "Revision failed: exit code 1"}]
KNATIVE: dict[str, tuple[dict[str, Any], Any]] = {
    "ready, with every request": (knative_service(NEW), Complete()),
    "scaled to zero": (knative_service(NEW, replicas=0), Complete()),
    "not passed on": (
        knative_service(),
        Progressing("KServe hasn't passed the pointer on to Service reviews-predictor yet"),
    ),
    "not seen": (knative_service(NEW, observedGeneration=1), Progressing("Knative hasn't seen the change yet")),
    "not ready": (
        knative_service(NEW, latestReadyRevisionName="reviews-predictor-00001"),
        Progressing("revision reviews-predictor-00002 isn't ready"),
    ),
    "a share": (
        knative_service(NEW, 10),
        Progressing("revision reviews-predictor-00002 is ready and gets 10 % of the requests"),
    ),
    "failed": (knative_service(NEW, conditions=FAILED), Failed("Revision failed: exit code 1")),
}


@pytest.mark.parametrize("name", KNATIVE)
def test_in_serverless_mode_its_rollout_is_that_of_the_revision(name: str) -> None:
    made, want = KNATIVE[name]
    assert promoted(made, "Serverless").rollout == promoted(made, "Knative").rollout == want


def test_a_model_that_doesnt_load_is_a_verdict_on_it() -> None:
    failure = {"reason": "ModelLoadFailed", "message": "no config.json", "exitCode": 1}
    status = {"modelStatus": {"transitionStatus": "BlockedByFailedLoad", "lastFailureInfo": failure}}
    document = merge(inference_service(PLACE, NOTES, "Knative"), {"status": status})
    failed = view(document, KIND, knative_service(NEW, conditions=FAILED))
    assert failed.rollout == Failed("Revision failed: exit code 1; ModelLoadFailed: no config.json", is_verdict=True)
    loaded = view(document, KIND, knative_service(NEW))
    assert loaded.rollout == Complete()


def test_a_canarys_share_is_an_obstacle_in_serverless_mode_alone() -> None:
    share: dict[str, Any] = {"canaryTrafficPercent": 10}
    words = "spec.predictor.canaryTrafficPercent is 10, so that a new model never gets all requests by itself"
    serverless = promoted(knative_service(NEW), "Serverless", **share)
    assert (serverless.obstacle, serverless.rollout) == (words, Halted(words))
    assert promoted(predictor_deployment(NEW), **share).obstacle == ""
    assert promoted(knative_service(NEW), "Serverless", canaryTrafficPercent=100).obstacle == ""


def test_one_that_is_stopped_is_halted() -> None:
    stopped = merge(inference_service(), {"metadata": {"annotations": {"serving.kserve.io/stop": "true"}}})
    assert view(stopped, KIND).obstacle == "the InferenceService is stopped (serving.kserve.io/stop)"


def test_its_pods_and_templates_are_known_in_standard_mode() -> None:
    standard, serverless = promoted(predictor_deployment(NEW)), promoted(knative_service(NEW), "Knative")
    assert standard.kind.pods_through(standard.found) == (("apps/v1", "ReplicaSet"),)
    assert serverless.kind.pods_through(serverless.found) is None
    assert serverless.kind.revisions(serverless.found) is None
    template = {"template": {"metadata": {"annotations": {"refit.dev/checkpoint": NEW}}}}
    meta = {"ownerReferences": [{"uid": "made-uid", "controller": True}]}
    assert pointers_of(standard, [{"spec": template, "metadata": meta}]) == {NEW}
    assert (serverless.needs_room, promoted(None).needs_room) == (True, False)
