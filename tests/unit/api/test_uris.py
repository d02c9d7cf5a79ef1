"""Where models and data may be: on claims, in object stores, on the hub."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from refit_operator.api.uris import DataUri, ModelUri, Pointer, StoreUri, is_reachable_by_pods, is_within, parse_pointer
from tests.hostile.schema import LEAD_ELSEWHERE, PLACES

DIGEST = f"sha256:{'0' * 64}"
CLAIM, BUCKET, FILE = "pvc://models/a/b", "s3://my-bucket/a/b", "file:///models/a"
HUB, HUB_DATA = "hf://google-bert/bert-base-uncased@main", "hf://datasets/owner/rows@refs%2Fpr%2F1"


def is_valid(kind: Any, uri: str) -> bool:
    try:
        TypeAdapter(kind).validate_python(uri)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("uri", "data", "store", "model"),
    [
        (CLAIM, True, True, True),
        (BUCKET, True, True, True),
        (FILE, False, False, True),
        (HUB, True, False, True),
        (HUB_DATA, True, False, True),
        ("pvc://models", False, False, False),
        ("s3://my-bucket/", False, False, False),
        ("s3://bucket/a/", False, False, False),
        ("s3://b/a", False, False, False),
        ("s3://bucket/a@b", False, False, False),
        ("hf://bert", False, False, False),
        ("hf://a/b c", False, False, False),
        ("https://host/model", False, False, False),
        ("/models/a", False, False, False),
        ("pvc://models/.cache/..a/...", True, True, True),
        ("s3://my-bucket/a%20b", True, True, True),
        *((f"{start}{path}", False, False, False) for start in PLACES for path in LEAD_ELSEWHERE),
        ("pvc://models/%2e%2e/holdout", False, False, False),
        ("file:///models/%2E%2E/holdout", False, False, False),
        ("hf://../../etc", False, False, False),
        ("hf://datasets/./rows", False, False, False),
    ],
)
def test_each_field_takes_what_it_can_use(uri: str, data: bool, store: bool, model: bool) -> None:
    assert [is_valid(kind, uri) for kind in (DataUri, StoreUri, ModelUri)] == [data, store, model]


@pytest.mark.parametrize("uri", [CLAIM, BUCKET, FILE, HUB])
def test_a_pointer_is_read_as_it_was_written(uri: str) -> None:
    """A revision of the hub is no digest."""
    assert parse_pointer(uri) == Pointer(uri)
    assert parse_pointer(str(Pointer(uri, DIGEST))) == Pointer(uri, DIGEST)


def test_a_servers_own_file_is_out_of_reach() -> None:
    assert [is_reachable_by_pods(uri) for uri in (CLAIM, BUCKET, HUB, FILE)] == [True, True, True, False]


@pytest.mark.parametrize(
    ("inner", "outer", "within"),
    [
        ("s3://data/held", "s3://data/held", True),
        ("s3://data/held/a", "s3://data/held", True),
        ("s3://data/held2", "s3://data/held", False),
        ("hf://datasets/org/name", "hf://datasets/org/name@main", True),
        ("hf://datasets/org/name@v1", "hf://datasets/org/name@v2", True),
        ("hf://datasets/org/name@v1/test", "hf://datasets/org/name", True),
        ("hf://datasets/org/name/train", "hf://datasets/org/name/test", False),
        ("hf://datasets/org/name", "hf://datasets/org/other", False),
    ],
)
def test_is_within(inner: str, outer: str, within: bool) -> None:
    assert is_within(inner, outer) is within
