"""Targets that are updated in place: a Deployment that mounts its ConfigMap, and what its pods say."""

from dataclasses import replace
from typing import Any

from refit_operator.target.rules.in_place import InPlaceTarget, parse_in_place
from refit_operator.target.rules.pod_models import PodModel
from tests.support.samples import deployment

MOUNT = {"name": "pointer", "mountPath": "/etc/refit/pointer"}
VOLUME = {"name": "pointer", "configMap": {"name": "reviews-pointer"}}


def mounting(
    mount: dict[str, Any] = MOUNT, volume: dict[str, Any] = VOLUME, live: str = "", **status: Any
) -> dict[str, Any]:
    """Return a Deployment of two pods; `live` is the annotation of its template."""
    found = deployment(live, **status)
    pod = found["spec"]["template"]["spec"]
    pod["containers"][0]["volumeMounts"].append(mount)
    pod["containers"][0]["ports"] = [{"name": "metrics", "containerPort": 9000}, {"name": "http", "containerPort": 80}]
    pod["volumes"].append(volume)
    return found


def config_map(pointer: str = "", previous: str = "", manager: str = "refit-operator") -> dict[str, Any]:
    data = {"checkpoint": pointer} if pointer else {}
    owned: dict[str, Any] = {"f:data": {f"f:{key}": {} for key in data}}
    meta: dict[str, Any] = {"name": "reviews-pointer", "namespace": "shop", "uid": "map-uid", "resourceVersion": "7"}
    meta |= {"managedFields": [{"manager": manager, "fieldsV1": owned}]}
    return {"metadata": meta, "data": data | ({"previous": previous} if previous else {})}


def in_place(pointer: str = "", *pods: PodModel, previous: str = "", **status: Any) -> InPlaceTarget:
    return replace(parse_in_place(mounting(**status), config_map(pointer, previous)), pods=pods)


def answering(name: str, pointer: str, wanted: str | None = None, **more: Any) -> PodModel:
    return PodModel(name, pointer, pointer if wanted is None else wanted, more.pop("state", "serving"), **more)
