"""Whatever of the pod reads the pointer counts; what it means has to be the same to all that read it."""

from typing import Any

import pytest

from refit_operator.target.rules.readers import POINTER_FIELD
from refit_operator.target.rules.view import parse_target
from tests.support.samples import deployment

URI = "pvc://models/checkpoints/reviews/one"
READS = {"name": "MODEL_URI", "valueFrom": {"fieldRef": {"fieldPath": POINTER_FIELD}}}
CLAIM = {"name": "models", "persistentVolumeClaim": {"claimName": "models"}}
OTHER_CLAIM = {"name": "other", "persistentVolumeClaim": {"claimName": "other"}}


def file_of(field: str) -> dict[str, Any]:
    return {"items": [{"path": "pointer", "fieldRef": {"fieldPath": field}}]}


INFO = {"name": "info", "downwardAPI": file_of(POINTER_FIELD)}
PROJECTED = {"name": "info", "projected": {"sources": [{"secret": {}}, {"downwardAPI": file_of(POINTER_FIELD)}]}}
ALL = {"name": "info", "downwardAPI": file_of("metadata.annotations")}
LABELS = {"name": "info", "downwardAPI": file_of("metadata.labels")}


def container(name: str, *mounts: str, reads: bool = True) -> dict[str, Any]:
    """Return a container with mounts as `volume:path` or `volume:path:subPath`."""
    parts = [mount.split(":") for mount in mounts]
    mounted = [{"name": part[0], "mountPath": part[1]} | ({"subPath": part[2]} if part[2:] else {}) for part in parts]
    return {"name": name, "env": [READS] if reads else [], "volumeMounts": mounted}


def pod(*containers: dict[str, Any], init: Any = (), volumes: Any = (CLAIM,)) -> Any:
    found = deployment()
    spec = {"containers": list(containers), "initContainers": list(init), "volumes": list(volumes)}
    found["spec"]["template"]["spec"] = spec
    return parse_target(found)


IDLE = container("server", reads=False)
SEEN: dict[str, tuple[Any, str]] = {
    "an init container": (pod(IDLE, init=[container("fetch", "models:/models")]), "/models"),
    "a sidecar": (pod(IDLE, container("sync", "models:/m")), "/m"),
    "a native sidecar": (
        pod(IDLE, init=[container("sync", "models:/m") | {"restartPolicy": "Always"}]),
        "/m",
    ),
    "a file": (
        pod(container("server", "models:/m", "info:/etc/info", reads=False), volumes=(CLAIM, INFO)),
        "/m",
    ),
    "a file of a projected volume": (
        pod(container("server", "models:/m", "info:/etc/info", reads=False), volumes=(CLAIM, PROJECTED)),
        "/m",
    ),
    "a file of all annotations": (
        pod(container("server", "models:/m", "info:/etc/info", reads=False), volumes=(CLAIM, ALL)),
        "/m",
    ),
    "a variable, beside a file of all annotations for something else": (
        pod(
            container("server", "models:/m"),
            container("mesh", "models:/x", "info:/i", reads=False),
            volumes=(CLAIM, ALL),
        ),
        "/m",
    ),
    "two that see it at the same place": (
        pod(container("server", "models:/models"), init=[container("fetch", "models:/models")]),
        "/models",
    ),
    "two that share one of two places": (
        pod(container("server", "models:/a", "models:/b"), init=[container("fetch", "models:/b")]),
        "/b",
    ),
    "one that doesn't mount the claim": (
        pod(container("server", "models:/models"), container("exporter")),
        "/models",
    ),
    "a mount below another one": (
        pod(container("server", "models:/models", "other:/models/x"), volumes=(CLAIM, OTHER_CLAIM)),
        "/models",
    ),
}
UNSEEN: dict[str, tuple[Any, str]] = {
    "no reader": (pod(IDLE), "no container reads the pointer"),
    "a file of the labels": (
        pod(container("server", "models:/m", "info:/i", reads=False), volumes=(CLAIM, LABELS)),
        "no container reads the pointer",
    ),
    "the file isn't mounted": (pod(IDLE, volumes=(CLAIM, INFO)), "no container reads the pointer"),
    "the claim isn't mounted": (
        pod(container("server")),
        f"container server reads the pointer and doesn't mount claim 'models', which {URI} is on",
    ),
    "different places": (
        pod(container("server", "models:/models"), init=[container("fetch", "models:/mnt")]),
        f"{URI} is seen by container server at /models/checkpoints/reviews/one, "
        "container fetch at /mnt/checkpoints/reviews/one, but one pointer has to mean the same to all that read it: "
        "mount claim 'models' at the same path in server, fetch, and nothing else there",
    ),
    "another claim at the same place": (
        pod(container("server", "models:/m"), container("sync", "other:/m"), volumes=(CLAIM, OTHER_CLAIM)),
        "mount claim 'models' at the same path in server, sync",
    ),
    "another folder of the claim at the same place": (
        pod(container("server", "models:/m"), container("sync", "models:/m:checkpoints")),
        "one pointer has to mean the same",
    ),
    "a mount below that hides it": (
        pod(container("server", "models:/models", "other:/models/checkpoints"), volumes=(CLAIM, OTHER_CLAIM)),
        "doesn't mount claim 'models'",
    ),
}


@pytest.mark.parametrize("name", SEEN)
def test_whatever_reads_the_pointer_counts(name: str) -> None:
    view, root = SEEN[name]
    assert view.reads_pointer
    assert view.to_server_uri(URI) == f"file://{root}/checkpoints/reviews/one"
    assert view.objection_to(URI) == ""
    assert view.to_claim_uri(view.to_server_uri(URI)) == URI


@pytest.mark.parametrize("name", UNSEEN)
def test_what_keeps_a_pointer_from_being_read(name: str) -> None:
    view, words = UNSEEN[name]
    assert view.to_server_uri(URI) is None
    assert words in view.objection_to(URI)


def test_a_bucket_is_seen_from_everywhere() -> None:
    view = pod(container("server", "models:/a"), init=[container("fetch", "models:/b")])
    assert (view.to_server_uri("s3://bucket/a"), view.objection_to("s3://bucket/a")) == ("s3://bucket/a", "")
