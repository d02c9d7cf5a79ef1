"""The pointer is written in the server's terms, and read back in the claim's."""

from typing import Any

import pytest

from refit_operator.target.rules.view import parse_target
from tests.support.samples import deployment, merge


def with_mount(**mount: str) -> dict[str, Any]:
    found = deployment()
    found["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = [{"name": "models", **mount}]
    return found


@pytest.mark.parametrize(
    ("mount", "uri", "seen"),
    [
        ({"mountPath": "/models"}, "pvc://models/a/b", "file:///models/a/b"),
        ({"mountPath": "/models/"}, "pvc://models/a", "file:///models/a"),
        ({"mountPath": "/m", "subPath": "a"}, "pvc://models/a/b", "file:///m/b"),
        ({"mountPath": "/m", "subPath": "a"}, "pvc://models/other/b", None),
        ({"mountPath": "/m", "subPath": "a"}, "pvc://models/ab/c", None),
        ({"mountPath": "/models"}, "pvc://elsewhere/a", None),
        ({"mountPath": "/models"}, "s3://bucket/a", "s3://bucket/a"),
    ],
)
def test_a_claims_uri_in_the_servers_terms(mount: dict[str, str], uri: str, seen: str | None) -> None:
    view = parse_target(with_mount(**mount))
    assert view.to_server_uri(uri) == seen
    if seen:
        assert view.to_claim_uri(seen) == uri


def test_a_file_of_the_servers_own_image_is_on_no_claim() -> None:
    assert parse_target(deployment()).to_claim_uri("file:///opt/model") == "file:///opt/model"


@pytest.mark.parametrize("path", ["../holdout", "a/../../b", "%2e%2e/holdout"])
def test_a_pointer_that_leads_out_of_its_claim_is_on_none(path: str) -> None:
    assert parse_target(deployment()).to_claim_uri(f"file:///models/{path}") == f"file:///models/{path}"


def test_only_the_container_that_reads_the_pointer_counts() -> None:
    found = deployment()
    assert parse_target(found).reads_pointer
    found["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "MODEL_URI", "value": "file:///x"}]
    view = parse_target(found)
    assert not view.reads_pointer
    assert view.to_server_uri("pvc://models/a") is None
    assert view.objection_to("pvc://models/a").startswith("no container reads the pointer")


def test_the_pointer_is_empty_where_there_is_no_annotation() -> None:
    assert parse_target(deployment()).pointer == ""
    assert parse_target(deployment("file:///models/a@sha256:1")).pointer == "file:///models/a@sha256:1"
    bare = merge(deployment(), {"spec": {"template": {"metadata": None}}})
    assert parse_target(bare).pointer == ""


def test_the_selector_has_labels_and_expressions() -> None:
    expressions = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "zone", "operator": "NotIn", "values": ["x"]},
        {"key": "app", "operator": "Exists"},
        {"key": "old", "operator": "DoesNotExist"},
    ]
    selector: dict[str, Any] = {"matchLabels": {"b": "2", "a": "1"}, "matchExpressions": expressions}
    target = parse_target(merge(deployment(), {"spec": {"selector": selector}}))
    assert target.selector == "a=1,b=2,tier in (a,b),zone notin (x),app,!old"
    selector |= {"matchLabels": None, "matchExpressions": expressions[2:3]}
    assert parse_target(merge(deployment(), {"spec": {"selector": selector}})).selector == "app"
