"""manifests/overlays/shared: two operators that between them serve each namespace once, and have nothing in common but
what all have together. tests/cluster/test_shared_namespaces.py has the API server check what kustomize makes of it.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from localcluster.paths import CHECKOUT
from refit_operator.api.selection import parse_selection

MANIFESTS = CHECKOUT / "manifests"
SHARED = MANIFESTS / "overlays/shared"
Document = dict[str, Any]
EACH_ONES_OWN = {"Deployment", "Service", "NetworkPolicy"}


def kustomization(folder: str) -> Document:
    return dict(yaml.safe_load((SHARED / folder / "kustomization.yaml").read_text()))


def base() -> list[Document]:
    files = [path for path in (MANIFESTS / "base").glob("*.yaml") if path.name != "kustomization.yaml"]
    return [one for path in files for one in yaml.safe_load_all(path.read_text())]


def named(kind: str, name: str) -> Document:
    (found,) = [one for one in base() if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def variables(folder: str) -> dict[str, str]:
    """Return what an operator's Deployment has for variables: the base's, and the overlay's over them."""
    changes = (yaml.safe_load(one["patch"]) for one in kustomization(folder)["patches"])
    patched = [one for one in changes if isinstance(one, dict) and one["kind"] == "Deployment"]
    made: dict[str, str] = {}
    for deployment in (named("Deployment", "refit-operator"), *patched):
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        made |= {one["name"]: one["value"] for one in container["env"] if "value" in one}
    return made


def changes(folder: str, kind: str) -> list[Document]:
    """Return the operations on an object of that kind, by their paths."""
    (found,) = [one for one in kustomization(folder)["patches"] if one.get("target", {}).get("kind") == kind]
    return list(yaml.safe_load(found["patch"]))


@pytest.mark.parametrize("namespace", ["shop", "prod", "prod-eu", "prod-", "team-prod-a", "kube-system", "a"])
def test_each_namespace_is_served_by_one_of_the_two(namespace: str) -> None:
    selections = [parse_selection(variables(folder)["REFIT_NAMESPACES"]) for folder in ("first", "second")]
    assert sum(namespace in selection for selection in selections) == 1


def test_each_has_a_lease_and_a_certificate_of_its_own_which_their_account_may_write() -> None:
    role, second = named("Role", "refit-operator")["rules"], variables("second")
    operations = changes("first", "Role")
    tested = {one["path"]: one["value"] for one in operations if one["op"] == "test"}
    added = {one["path"]: one["value"] for one in operations if one["op"] == "add"}
    assert tested == {f"/rules/{index}/resourceNames": role[index]["resourceNames"] for index in (0, 2)}
    assert added == {
        "/rules/0/resourceNames/-": second["REFIT_LEASE_NAME"],
        "/rules/2/resourceNames/-": second["REFIT_PROGRESS_SECRET"],
    }
    assert [role[index]["resources"] for index in (0, 2)] == [["leases"], ["secrets"]]
    assert {"REFIT_LEASE_NAME", "REFIT_PROGRESS_SECRET"}.isdisjoint(variables("first"))


def test_their_account_may_write_the_certificates_of_both() -> None:
    checked, replaced = changes("first", "ValidatingAdmissionPolicy")
    variable = named("ValidatingAdmissionPolicy", "refit-operator-others")["spec"]["variables"][0]
    assert (checked["op"], checked["path"]) == ("test", "/spec/variables/0/name")
    assert checked["value"] == variable["name"] == "certificates"
    assert replaced["path"] == "/spec/variables/0/expression"
    assert yaml.safe_load(variable["expression"]) == ["refit-progress-tls"]
    assert yaml.safe_load(replaced["value"]) == ["refit-progress-tls", variables("second")["REFIT_PROGRESS_SECRET"]]


def test_each_is_reported_to_at_its_own_service() -> None:
    made = kustomization("second")
    service = named("Service", "refit-progress")["metadata"]["name"]
    for folder, suffix in (("first", ""), ("second", made["nameSuffix"])):
        assert variables(folder)["REFIT_PROGRESS_URL"] == f"https://{service}{suffix}.refit-system.svc:8443"
    (label,) = made["labels"]
    assert label["includeSelectors"]
    assert label["pairs"] == {"app": "refit-operator" + made["nameSuffix"]}


def test_the_second_brings_what_is_each_ones_own_and_nothing_else() -> None:
    target = kustomization("second")["patches"][0]["target"]["kind"]
    assert yaml.safe_load(kustomization("second")["patches"][0]["patch"])["$patch"] == "delete"
    kinds = {one["kind"] for one in base()} | {"CustomResourceDefinition"}
    assert {kind for kind in kinds if not re.fullmatch(target, kind)} == EACH_ONES_OWN


def test_what_is_applied_is_both() -> None:
    assert yaml.safe_load((SHARED / "kustomization.yaml").read_text())["resources"] == ["first", "second"]
    assert [kustomization(folder)["resources"] for folder in ("first", "second")] == [["../../../base"]] * 2
    assert {path.parent.relative_to(SHARED) for path in SHARED.rglob("*.yaml")} == {
        Path(),
        Path("first"),
        Path("second"),
    }
