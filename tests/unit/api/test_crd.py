"""The CRDs are structural, and say what users need."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from refit_operator.api.crd import render_files

FILES = render_files()


def fields(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in node.get("properties", {}).items():
        yield f"{path}.{name}", field
        yield from fields(field, f"{path}.{name}")
    if isinstance(node.get("items"), dict):
        yield from fields(node["items"], f"{path}[]")


def schema(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(FILES[name])
    return dict(document["spec"]["versions"][0]["schema"]["openAPIV3Schema"])


@pytest.mark.parametrize("name", FILES)
def test_every_field_has_a_description(name: str) -> None:
    standard = {".apiVersion", ".kind", ".metadata"}
    bare = [path for path, field in fields(schema(name)) if path not in standard and not field.get("description")]
    assert bare == []


@pytest.mark.parametrize("name", FILES)
def test_every_string_list_and_map_of_a_spec_is_bounded(name: str) -> None:
    """CEL's cost is estimated from the bounds."""
    loose = []
    for path, field in fields(schema(name)["properties"]["spec"], ".spec"):
        kind = field.get("type")
        bound = {"string": "maxLength", "array": "maxItems"}.get(kind or "")
        if bound and bound not in field and not {"enum", "format"} & field.keys():
            loose.append(path)
        if kind == "object" and "additionalProperties" in field and "maxProperties" not in field:
            loose.append(path)
    assert loose == []


def test_every_field_of_a_runs_spec_is_kept_or_is_a_word_of_people() -> None:
    spec = schema("refit.dev_retrainruns.yaml")["properties"]["spec"]
    rules = [rule["rule"] for rule in spec["x-kubernetes-validations"]]
    words = [
        name for name in spec["properties"] if not any(f"self.{name} == oldSelf.{name})" in rule for rule in rules)
    ]
    assert words == ["abort"]
    together = [rule for rule in rules if rule.endswith("|| (!has(oldSelf.approval) && has(self.approval))")]
    assert len(together) == 2
    assert any(rule.startswith("!has(oldSelf.approval) || ") for rule in rules)
    assert any(rule.startswith("!has(oldSelf.abort) || !oldSelf.abort || ") for rule in rules)
    assert len(rules) == len(spec["properties"])


def test_a_word_of_people_has_no_other_values() -> None:
    fields_of_spec = schema("refit.dev_retrainruns.yaml")["properties"]["spec"]["properties"]
    assert fields_of_spec["approval"]["enum"] == ["Approved", "Rejected"]
    assert (fields_of_spec["abort"]["type"], fields_of_spec["abort"]["default"]) == ("boolean", False)


@pytest.mark.parametrize("name", FILES)
def test_what_is_committed_is_what_is_generated(name: str) -> None:
    assert (Path(__file__).parents[3] / "crds" / name).read_text() == FILES[name]


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(part)


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_kept_that_the_schema_does_not_know(name: str) -> None:
    """What it doesn't know has no end: 3 KB of it, nested, ended a process that read it."""
    assert [node for node in nodes(schema(name)) if "x-kubernetes-preserve-unknown-fields" in node] == []


@pytest.mark.parametrize("name", FILES)
def test_only_a_deployment_is_updated_in_place(name: str) -> None:
    """That the API server refuses another: tests/cluster/test_admission.py."""
    (rule,) = schema(name)["properties"]["spec"]["properties"]["serving"]["x-kubernetes-validations"]
    assert rule["rule"] == "self.update != 'InPlace' || self.targetRef.kind == 'Deployment'"
    assert "InPlace is for a targetRef of kind Deployment alone" in rule["message"]


@pytest.mark.parametrize("name", FILES)
def test_the_time_of_a_shadow_has_bounds(name: str) -> None:
    spec = schema(name)["properties"]["spec"]["properties"]
    found = spec["verification"]["properties"]["shadow"]["x-kubernetes-validations"]
    assert [rule["rule"] for rule in found] == [
        "duration(self.__for__) >= duration('10s')",
        "duration(self.__for__) <= duration('24h')",
    ]
