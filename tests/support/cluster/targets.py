"""Targets of kinds beside Deployments, real or with a status that a test plays, and monitors of them."""

from typing import Any

from tests.support.cluster.kubectl import Document, Space, merge
from tests.support.cluster.objects import CLAIMS, monitor, target


def stateful_set(**spec: Any) -> Document:
    """The target of the other tests as a StatefulSet."""
    made = target()
    bare = {key: value for key, value in made["spec"].items() if key != "strategy"}
    return made | {"kind": "StatefulSet", "spec": merge(bare | {"serviceName": "reviews"}, spec)}


def monitor_of(kind: str, version: str = "apps/v1", name: str = "reviews", **spec: Any) -> Document:
    """The monitor of the other tests, of a target of that kind."""
    serving = {"targetRef": {"apiVersion": version, "kind": kind, "name": "reviews"}}
    return monitor(name, **merge({"serving": serving}, spec))


def serve(space: Space, server: Document) -> None:
    """Apply a StatefulSet and wait until it serves."""
    space.apply(*CLAIMS, server)
    space.run("rollout", "status", "sts/reviews", "--timeout=180s", limit_s=190)


def pointer_of(space: Space, kind: str) -> str:
    """Return what the pointer in a target's pod template names, empty where there is none."""
    template = space.get(kind, "reviews")["spec"]["template"]
    return str((template["metadata"].get("annotations") or {}).get("refit.dev/checkpoint", ""))


def assert_one_waits(space: Space) -> None:
    """Wait until the younger of two monitors of one target waits for the other; of the same second by their UIDs."""
    both = [each["metadata"] for each in space.list("mmon")]
    first, second = (meta["name"] for meta in sorted(both, key=lambda meta: (meta["creationTimestamp"], meta["uid"])))
    assert f"{first!r} has this target" in space.wait_condition(f"mmon/{second}", "Ready", "TargetClaimed")
    space.wait_condition(f"mmon/{first}", "Ready", "Monitoring")


def argo_rollout(**spec: Any) -> Document:
    """The target of the other tests as an Argo Rollout whose canary pauses until it is promoted."""
    made = target()
    bare = {key: value for key, value in made["spec"].items() if key != "strategy"}
    steps = [{"setWeight": 50}, {"pause": {}}]
    whole = bare | {"strategy": {"canary": {"steps": steps}}}
    return made | {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": merge(whole, spec)}


def inference_service(uri: str = "s3://models/v1") -> Document:
    """An InferenceService whose model has that storageUri."""
    model = {"modelFormat": {"name": "huggingface"}, "storageUri": uri}
    meta = {"name": "reviews"}
    spec = {"predictor": {"model": model}}
    return {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": meta, "spec": spec}


def predictor(owner_uid: str, notes: dict[str, str]) -> Document:
    """The Deployment that KServe makes of it, with the predictor's annotations on its pods: real, with a real pod."""
    made = target("reviews-predictor", spec={"template": {"metadata": {"annotations": notes}}})
    owner = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "name": "reviews",
        "uid": owner_uid,
        "controller": True,
    }
    made["metadata"]["ownerReferences"] = [owner]
    return made
