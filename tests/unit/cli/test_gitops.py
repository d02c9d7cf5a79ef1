"""gitops: which tool applies a target, which fields of the pointer it has, and what it is given to leave them alone."""

from typing import Any

import pytest
import yaml

from refit_cli.exits import Exit, Failed
from refit_cli.gitops import advise, tool_of
from refit_operator.target.rules.in_place import parse_in_place
from refit_operator.target.rules.kinds import KINDS
from refit_operator.target.rules.view import TargetView, parse_target
from tests.support.in_place import config_map, mounting
from tests.support.samples import deployment, merge

CHECKPOINT = ("spec", "template", "metadata", "annotations", "refit.dev/checkpoint")


def entry(manager: str, *path: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key in reversed(path):
        fields = {f"f:{key}": fields}
    return {"manager": manager, "operation": "Apply", "fieldsV1": fields}


def target(*entries: dict[str, Any], **metadata: Any) -> TargetView:
    return parse_target(merge(deployment(), {"metadata": {"managedFields": list(entries), **metadata}}))


@pytest.mark.parametrize(
    ("found", "tool"),
    [
        (target(entry("kubectl-client-side-apply", "spec", "replicas")), ""),
        (target(entry("kustomize-controller", "spec", "replicas")), "Flux"),
        (target(labels={"helm.toolkit.fluxcd.io/name": "reviews"}), "Flux"),
        (target(entry("argocd-controller", "spec", "replicas")), "Argo CD"),
        (target(annotations={"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/reviews"}), "Argo CD"),
    ],
)
def test_the_tool_is_known_by_its_managers_and_its_marks(found: TargetView, tool: str) -> None:
    assert tool_of(found.document) == tool


def test_where_nobody_has_the_pointer_nothing_is_needed() -> None:
    for manager in ("kubectl", "kustomize-controller", "argocd-controller"):
        advice = advise(target(entry(manager, "spec", "replicas"), entry("refit-operator", *CHECKPOINT)))
        assert advice.snippet is None and advice.owned == {} and "nothing is needed" in advice.message


def test_argo_cd_ignores_what_the_operator_manages() -> None:
    snippet = advise(target(entry("argocd-controller", *CHECKPOINT))).snippet
    assert snippet == {
        "spec": {
            "ignoreDifferences": [
                {
                    "group": "apps",
                    "kind": "Deployment",
                    "name": "reviews",
                    "namespace": "shop",
                    "managedFieldsManagers": ["refit-operator"],
                }
            ],
            "syncPolicy": {"syncOptions": ["RespectIgnoreDifferences=true"]},
        }
    }


def test_flux_leaves_out_exactly_the_fields_that_it_applies() -> None:
    advice = advise(target(entry("kustomize-controller", *CHECKPOINT)))
    assert advice.owned == {"/".join(CHECKPOINT): ["kustomize-controller"]}
    assert advice.snippet is not None
    (patch,) = advice.snippet["spec"]["patches"]
    assert patch["target"] == {"group": "apps", "version": "v1", "kind": "Deployment", "name": "reviews"}
    path = "/spec/template/metadata/annotations/refit.dev~1checkpoint"
    assert yaml.safe_load(patch["patch"]) == [{"op": "remove", "path": path}]


@pytest.mark.parametrize(
    ("manager", "entry_of"),
    [
        ("argocd-controller", lambda snippet: snippet["spec"]["ignoreDifferences"][0]),
        ("kustomize-controller", lambda snippet: snippet["spec"]["patches"][0]["target"]),
    ],
)
def test_in_place_the_pointer_is_the_config_maps(manager: str, entry_of: Any) -> None:
    advice = advise(parse_in_place(mounting(), config_map("file:///models/a@x", manager=manager)))
    assert advice.owned == {"data/checkpoint": [manager]} and advice.snippet is not None
    named = entry_of(advice.snippet)
    assert (named["group"], named["kind"], named["name"]) == ("", "ConfigMap", "reviews-pointer")


def test_in_place_nothing_is_needed_where_the_operator_alone_has_it() -> None:
    advice = advise(parse_in_place(mounting(), config_map("file:///models/a@x")))
    assert advice.snippet is None and advice.message.startswith("ConfigMap 'reviews-pointer'")


def test_in_place_a_config_map_that_is_missing_is_said() -> None:
    with pytest.raises(Failed, match="there is no ConfigMap reviews-pointer") as missing:
        advise(parse_in_place(mounting(), None))
    assert missing.value.code is Exit.CONFLICT


def test_whoever_else_applies_it_is_named() -> None:
    advice = advise(target(entry("helm", *CHECKPOINT)))
    assert "helm applies fields of the pointer" in advice.message and advice.snippet is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_of_it_is_the_pointers(kind: str) -> None:
    assert KINDS[kind].fields("").places
