"""What the manifests install keeps closed where it can't be evaluated, and is all listed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

MANIFESTS = Path(__file__).parents[2] / "manifests"
Document = dict[str, Any]


def documents(folder: str) -> list[Document]:
    files = (MANIFESTS / folder).glob("*.yaml")
    return [document for file in files for document in yaml.safe_load_all(file.read_text())]


def of_kind(kind: str) -> list[Document]:
    return [document for document in documents("base") if document.get("kind") == kind]


POLICIES = {policy["metadata"]["name"]: policy for policy in of_kind("ValidatingAdmissionPolicy")}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_fails_closed_and_is_bound_to_deny(name: str) -> None:
    assert POLICIES[name]["spec"]["failurePolicy"] == "Fail"
    bindings = [one["spec"] for one in of_kind("ValidatingAdmissionPolicyBinding")]
    assert {"policyName": name, "validationActions": ["Deny"]} in bindings


def test_every_file_of_the_base_is_applied() -> None:
    listed = yaml.safe_load((MANIFESTS / "base/kustomization.yaml").read_text())["resources"]
    files = {path.name for path in (MANIFESTS / "base").glob("*.yaml")} - {"kustomization.yaml"}
    assert files == {name for name in listed if not name.startswith("..")}


def test_the_operator_is_reached_at_its_two_ports_only_by_those_who_need_them() -> None:
    (policy,) = of_kind("NetworkPolicy")
    (deployment,) = of_kind("Deployment")
    selected = policy["spec"]["podSelector"]["matchLabels"]
    assert selected.items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    named = {port["name"] for port in deployment["spec"]["template"]["spec"]["containers"][0]["ports"]}
    assert {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]} == named
    assert all(rule["from"] for rule in policy["spec"]["ingress"])


def test_for_one_namespace_the_operator_has_no_right_of_the_whole_cluster_but_to_review_tokens() -> None:
    rbac = documents("overlays/namespaced")
    roles = [one["rules"] for one in rbac if one.get("kind") == "ClusterRole"]
    assert roles == [[{"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]}]]
    bound = [one["roleRef"]["name"] for one in rbac if one.get("kind") == "ClusterRoleBinding"]
    assert bound == ["refit-operator-reviews"]
    patches = [yaml.safe_load(one["patch"]) for document in rbac for one in document.get("patches", ())]
    removed = [patch["metadata"]["name"] for patch in patches if patch.get("$patch") == "delete"]
    assert removed == ["refit-operator"]
