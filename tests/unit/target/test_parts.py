"""Stock servers read a part of the pointer: the rules are those of the whole, and no part may say something else."""

from typing import Any

import pytest

from refit_operator.target.rules.view import TargetView, parse_target
from tests.support.samples import NEW_DIGEST, deployment, merge, stock_deployment

URI = "pvc://models/checkpoints/reviews/one"
POINTER = f"file:///models/checkpoints/reviews/one@{NEW_DIGEST}"
BUCKET = f"s3://models/one@{NEW_DIGEST}"
READS_PATH = {"name": "P", "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['refit.dev/model-path']"}}}
ALL = {"name": "info", "downwardAPI": {"items": [{"path": "a", "fieldRef": {"fieldPath": "metadata.annotations"}}]}}


def stock(pointer: str = "", *reads: str, **annotations: str | None) -> TargetView:
    return parse_target(stock_deployment(pointer, *reads, **annotations))


def beside(mount: str) -> TargetView:
    """Return a target whose init container reads the path too, and mounts the claim there; empty: nowhere."""
    mounts = [{"name": "models", "mountPath": mount}] if mount else []
    init = [{"name": "verify", "env": [READS_PATH], "volumeMounts": mounts}]
    return parse_target(merge(stock_deployment(), {"spec": {"template": {"spec": {"initContainers": init}}}}))


def by_file(**annotations: str) -> TargetView:
    """Return a target whose container is given all annotations as a file."""
    found = stock_deployment(POINTER, **annotations)
    pod = found["spec"]["template"]["spec"]
    pod["volumes"].append(ALL)
    pod["containers"][0]["env"] = []
    pod["containers"][0]["volumeMounts"].append({"name": "info", "mountPath": "/info"})
    return parse_target(found)


@pytest.mark.parametrize(
    ("reads", "uri", "seen"),
    [
        ("model-path", URI, "file:///models/checkpoints/reviews/one"),
        ("checkpoint", URI, "file:///models/checkpoints/reviews/one"),
        ("checkpoint", "s3://models/one", "s3://models/one"),
        ("model-uri", "s3://models/one", "s3://models/one"),
    ],
)
def test_who_reads_a_part_is_a_reader(reads: str, uri: str, seen: str) -> None:
    view = stock("", reads)
    assert (view.to_server_uri(uri), view.objection_to(uri)) == (seen, "")
    assert view.to_claim_uri(seen) == uri


OBJECTIONS: dict[str, tuple[TargetView, str, str]] = {
    "the digest alone": (stock("", "model-digest"), URI, "no container reads the pointer"),
    "a path, and the checkpoints are in a bucket": (
        stock(),
        "s3://models/one",
        "container server reads annotation refit.dev/model-path, and s3://models/one is written to "
        "refit.dev/model-uri: have it read that one, or refit.dev/checkpoint",
    ),
    "a URI, and the checkpoints are on a claim": (
        stock("", "model-uri"),
        URI,
        f"container server reads annotation refit.dev/model-uri, and {URI} is written to refit.dev/model-path",
    ),
    "a path on a claim that nobody mounts": (
        stock(),
        "pvc://other/one",
        "container server reads annotation refit.dev/model-path and doesn't mount claim 'other'",
    ),
    "a path that another container alone can see": (
        beside(""),
        URI,
        "container verify reads annotation refit.dev/model-path and doesn't mount claim 'models', "
        f"which {URI} is on: mount it",
    ),
    "two that see it at different paths": (
        beside("/mnt"),
        URI,
        f"{URI} is seen by container server at /models/checkpoints/reviews/one, "
        "container verify at /mnt/checkpoints/reviews/one",
    ),
}


@pytest.mark.parametrize("name", OBJECTIONS)
def test_what_keeps_a_part_from_being_read(name: str) -> None:
    view, uri, words = OBJECTIONS[name]
    assert view.to_server_uri(uri) is None
    assert words in view.objection_to(uri)


def test_two_that_see_it_at_the_same_path_agree() -> None:
    assert beside("/models").objection_to(URI) == ""


@pytest.mark.parametrize(
    "view",
    [
        stock(),
        stock(POINTER),
        stock(POINTER, "checkpoint", "model-path"),
        stock(BUCKET, "model-uri", "model-digest"),
        stock("file:///models/v7"),
        parse_target(deployment(POINTER)),
        stock(POINTER, "checkpoint", path="/models/other", digest=None),
        by_file(),
    ],
    ids=[
        "no pointer",
        "as the operator leaves it",
        "whole and part",
        "in a bucket",
        "a person's, without a digest",
        "of an operator that wrote the whole alone",
        "parts that nobody reads",
        "a file of all annotations",
    ],
)
def test_annotations_that_agree(view: TargetView) -> None:
    assert view.disagreement == ""


DISAGREEMENTS: dict[str, tuple[TargetView, str]] = {
    "a path changed by somebody": (
        stock(POINTER, path="/models/other"),
        "annotation refit.dev/model-path is /models/other to container server, and refit.dev/checkpoint is "
        f"{POINTER}: set it to /models/checkpoints/reviews/one, or refit.dev/checkpoint and its parts to another model",
    ),
    "a digest changed by somebody": (stock(POINTER, digest="sha256:2"), "refit.dev/model-digest is sha256:2"),
    "a path that was removed": (stock(POINTER, path=None), "refit.dev/model-path isn't set to container server"),
    "a path in the manifest, and no pointer": (
        stock(path="/models/v1"),
        "and refit.dev/checkpoint isn't set: remove it, and have the server start its first model where the variable",
    ),
    "a digest of another model": (stock("file:///models/v7", digest=NEW_DIGEST), "remove it, or set the pointer's"),
    "a template of an older operator, read by its path": (
        stock(POINTER, path=None, digest=None),
        "refit.dev/model-path isn't set",
    ),
    "a pointer of a kind that isn't read": (stock(BUCKET), "s3://models/one is written to refit.dev/model-uri"),
    "a file of all annotations, one of them changed": (by_file(path="/models/other"), "model-path is /models/other"),
}


@pytest.mark.parametrize("name", DISAGREEMENTS)
def test_a_part_that_says_something_else_is_named(name: str) -> None:
    view, words = DISAGREEMENTS[name]
    assert words in view.disagreement


def test_who_set_the_part_is_named() -> None:
    fields: dict[str, Any] = {
        "f:spec": {"f:template": {"f:metadata": {"f:annotations": {"f:refit.dev/model-path": {}}}}}
    }
    managed: Any = {"managedFields": [{"manager": "kubectl-patch", "fieldsV1": fields}]}
    view = parse_target(merge(stock_deployment(POINTER, path="/x"), {"metadata": managed}))
    assert view.disagreement.startswith('annotation refit.dev/model-path (field manager "kubectl-patch") is /x')


def test_a_pointer_that_served_before_has_to_be_readable_now() -> None:
    assert stock().objection_to_pointer("") == stock().objection_to_pointer(POINTER) == ""
    assert "is written to refit.dev/model-uri" in stock().objection_to_pointer(BUCKET)
