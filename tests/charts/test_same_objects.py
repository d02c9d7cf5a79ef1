"""A real Helm renders of the chart what kustomize makes of manifests/, object by object, in each mode."""

from collections import Counter

import pytest

from tests.support.helm import CHART, Document, helm, kustomized, objects, rendered, template

KEEP = {"helm.sh/resource-policy": "keep"}
CRD = "CustomResourceDefinition"
SECOND: Document = {
    "nameSuffix": "-2",
    "common": {"create": False},
    "settings": {"namespaces": "prod-*"},
}
MODES: dict[str, list[Document]] = {
    "base": [{}],
    "overlays/namespaced": [{"watchNamespace": "shop"}],
    "overlays/shared": [{"otherOperators": ["-2"], "settings": {"namespaces": "!prod-*"}}, SECOND],
}
"""A folder of manifests/, and the values of the releases that install the same."""


def named(found: list[Document]) -> dict[tuple[str, str, str], Document]:
    """Return objects by what they are; each once, and the variables of a container in the order of their names."""
    identities = Counter((one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]) for one in found)
    assert set(identities.values()) == {1}, identities.most_common(3)
    for one in found:
        if one["kind"] == "Deployment":
            for container in one["spec"]["template"]["spec"]["containers"]:
                container["env"].sort(key=lambda variable: str(variable["name"]))
    return dict(zip(identities, found, strict=True))


def without_keep(found: list[Document]) -> list[Document]:
    """Return the chart's objects without the annotation by which Helm leaves the CRDs, and nothing else, behind."""
    kept = [one for one in found if one["metadata"].get("annotations", {}).items() >= KEEP.items()]
    assert {one["kind"] for one in kept} <= {CRD}
    for one in kept:
        assert one["metadata"].pop("annotations") == KEEP
    assert len(kept) == sum(one["kind"] == CRD for one in found)
    return found


@pytest.mark.parametrize("folder", MODES)
def test_helm_and_kustomize_render_the_same_objects_but_for_the_namespace(folder: str) -> None:
    releases = [without_keep(rendered(**values)) for values in MODES[folder]]
    expected = named(kustomized(folder))
    del expected["Namespace", "", "refit-system"]
    assert named([one for release in releases for one in release]) == expected


def test_in_another_namespace_nothing_names_the_usual_one() -> None:
    text = template(namespace="ml-platform", watchNamespace="shop")
    assert "refit-system" not in text
    bound = [one for one in objects(text) if one["kind"].endswith("RoleBinding")]
    assert len(bound) > 2
    assert {subject["namespace"] for one in bound for subject in one["subjects"]} == {"ml-platform"}


def test_one_namespace_that_looks_like_a_number_is_a_name() -> None:
    (shop,) = [one for one in rendered(watchNamespace="12") if one["metadata"].get("namespace") == "12"]
    assert shop["kind"] == "RoleBinding"


def test_the_crds_are_left_to_others_where_the_values_say_so() -> None:
    everything, without = rendered(), rendered(crds={"create": False})
    assert [one for one in everything if one["kind"] != CRD] == without
    assert len(everything) == len(without) + 2


def test_helm_finds_nothing_to_say_of_the_chart_but_that_it_has_no_icon() -> None:
    said = helm("lint", "--strict", str(CHART))
    assert "1 chart(s) linted, 0 chart(s) failed" in said
    assert [line for line in said.splitlines() if line.startswith("[")] == ["[INFO] Chart.yaml: icon is recommended"]
