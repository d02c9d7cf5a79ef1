"""What is read of a target: the object of its kind, what its controller made of it, and only pods that it controls."""

from typing import Any

import pytest

from refit_operator.api.serving import ServingSpec, TargetRef, Update
from refit_operator.kubernetes_api.errors import NotServed
from refit_operator.target.read import find_target, list_pods_of, list_pointers_of, read_target, with_answers
from refit_operator.target.rules.in_place import InPlaceTarget
from tests.support.in_place import config_map, in_place, mounting
from tests.support.samples import NEW_DIGEST, OLD_DIGEST, deployment
from tests.support.targets import argo_rollout, inference_service, predictor_deployment, stateful_set, view

NEW = f"file:///models/b@{NEW_DIGEST}"
KSERVE = "serving.kserve.io/v1beta1"


class StandIn:
    """Stands in for the API server: objects by kind, and names of those that are read alone."""

    def __init__(self, found: dict[str, Any], served: tuple[str, ...] = ("Deployment", "InferenceService")) -> None:
        self.found, self.served = found, served

    async def read(self, kind: tuple[str, str], ref: Any) -> Any:
        if kind[1] not in self.served:
            raise NotServed("not served")
        found = self.found.get(kind[1])
        return found if found and found["metadata"]["name"] == ref.name else None

    async def list_objects(self, kind: tuple[str, str], namespace: str, selector: str) -> Any:
        return self.found.get(kind[1], [])


def owned(uid: str, by: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"uid": uid, "ownerReferences": [{"uid": by, "controller": True}]}} | more


def ref(kind: str, version: str = "apps/v1", **more: Any) -> ServingSpec:
    target = TargetRef(kind=kind, api_version=version, name="reviews")  # type: ignore[arg-type]
    return ServingSpec(target_ref=target, **more)


PODS = [owned("of a set", "rs-uid"), owned("of the target", "target-uid"), owned("of nobody", "else")]
SETS = [owned("rs-uid", "target-uid"), owned("other", "else")]


@pytest.mark.parametrize(
    ("target", "want"),
    [
        (view(deployment(), "Deployment"), "of a set"),
        (view(argo_rollout(), "Rollout"), "of a set"),
        (view(stateful_set()), "of the target"),
    ],
    ids=["Deployment", "Rollout", "StatefulSet"],
)
async def test_only_pods_that_the_target_controls_count(target: Any, want: str) -> None:
    cluster: Any = StandIn({"Pod": PODS, "ReplicaSet": SETS})
    assert [pod["metadata"]["uid"] for pod in await list_pods_of(cluster, target, "shop")] == [want]


async def test_what_a_stateful_set_had_is_read_from_its_revisions() -> None:
    revision = owned("r", "target-uid", data={"spec": {"template": stateful_set(NEW)["spec"]["template"]}})
    cluster: Any = StandIn({"ControllerRevision": [revision]})
    assert await list_pointers_of(cluster, view(stateful_set()), "shop") == {NEW}


@pytest.mark.parametrize(("owner", "is_seen"), [("target-uid", True), ("else", False)])
async def test_what_an_inference_service_doesnt_control_isnt_its_predictor(owner: str, is_seen: bool) -> None:
    made = predictor_deployment()
    made["metadata"]["ownerReferences"] = [{"uid": owner, "controller": True}]
    cluster: Any = StandIn({"InferenceService": inference_service(), "Deployment": made})
    target = await read_target(cluster, "shop", ref("InferenceService", KSERVE))
    assert target is not None
    assert (target.found.made is made) is is_seen


async def test_a_kind_that_isnt_served_has_no_targets() -> None:
    cluster: Any = StandIn({})
    with pytest.raises(NotServed):
        await read_target(cluster, "shop", ref("StatefulSet"))
    assert await find_target(cluster, "shop", ref("StatefulSet")) is None
    assert await find_target(cluster, "shop", ref("Deployment")) is None


OLD = f"file:///models/a@{OLD_DIGEST}"
SERVED = ("Deployment", "StatefulSet", "Rollout", "InferenceService", "ConfigMap")


async def test_in_place_the_pointer_is_read_from_the_config_map_and_what_it_had_as_well() -> None:
    cluster: Any = StandIn({"Deployment": mounting(), "ConfigMap": config_map(NEW, OLD)}, SERVED)
    target = await read_target(cluster, "shop", ref("Deployment", update=Update.IN_PLACE))
    assert isinstance(target, InPlaceTarget) and target.pointer == NEW and target.reads_pointer
    assert await list_pointers_of(cluster, target, "shop") == {NEW, OLD}
    by_restarts = await read_target(cluster, "shop", ref("Deployment"))
    assert by_restarts is not None and not isinstance(by_restarts, InPlaceTarget) and by_restarts.pointer == ""


OTHERS = {
    "StatefulSet": (stateful_set(), "apps/v1"),
    "Rollout": (argo_rollout(), "argoproj.io/v1alpha1"),
    "InferenceService": (inference_service(), KSERVE),
}


@pytest.mark.parametrize(("kind", "found"), OTHERS.items(), ids=OTHERS.keys())
async def test_a_target_of_another_kind_is_refused_in_place(kind: str, found: tuple[dict[str, Any], str]) -> None:
    cluster: Any = StandIn({kind: found[0], "ConfigMap": config_map(NEW)}, SERVED)
    target = await read_target(cluster, "shop", ref(kind, found[1], update=Update.IN_PLACE))
    assert target is not None and not target.reads_pointer
    words = "serving.update InPlace is for Deployments alone, and serving.targetRef is the"
    assert target.wiring == target.objection_to("pvc://models/a") == f"{words} {kind} 'reviews': leave it out"
    assert await with_answers(target, []) == target


def test_in_place_no_pod_is_added() -> None:
    assert view(deployment(), "Deployment").needs_room and not in_place().needs_room
