"""What is read of a target: the object of its kind, what its controller made of it, and only pods that it controls."""

from typing import Any

import pytest

from refit_operator.api.serving import TargetRef
from refit_operator.kubernetes_api.errors import NotServed
from refit_operator.target.read import find_target, list_pods_of, list_pointers_of, read_target
from tests.support.samples import NEW_DIGEST, deployment
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


def ref(kind: str, version: str = "apps/v1") -> TargetRef:
    return TargetRef(kind=kind, api_version=version, name="reviews")  # type: ignore[arg-type]


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
