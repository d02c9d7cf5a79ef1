"""What the manifests install keeps closed where it can't be evaluated, and is all listed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from refit_operator.api.pointer import ANNOTATIONS
from refit_operator.target.rules.kinds import KINDS
from refit_operator.target.rules.kinds.inference_service import STORAGE_URI, InferenceServiceKind

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


def test_the_operator_may_change_the_pointers_annotations_and_no_others() -> None:
    variables = {one["name"]: one["expression"] for one in POLICIES["refit-operator-targets"]["spec"]["variables"]}
    assert tuple(yaml.safe_load(variables["pointer"])) == ANNOTATIONS


def test_the_operator_may_change_the_annotations_of_an_inference_service_that_it_writes() -> None:
    policy = POLICIES["refit-operator-inference-services"]["spec"]
    variables = {one["name"]: one["expression"] for one in policy["variables"]}
    places = InferenceServiceKind().fields("").places
    assert tuple(yaml.safe_load(variables["pointer"])) == tuple(path[-1] for path in places if path != STORAGE_URI)


def test_every_kind_of_target_may_be_watched_and_patched_and_is_asked_of_the_writer() -> None:
    rules = next(one["rules"] for one in of_kind("ClusterRole") if one["metadata"]["name"] == "refit-operator")
    asked = {one["name"]: one["expression"] for one in POLICIES["refit-monitor-requester"]["spec"]["variables"]}
    kinds = yaml.safe_load(asked["kinds"])
    assert set(kinds) == set(KINDS)
    for kind in KINDS.values():
        group = kind.api_version.partition("/")[0]
        found = next(rule for rule in rules if group in rule["apiGroups"] and kind.plural in rule["resources"])
        assert set(found["verbs"]) == {"get", "list", "watch", "patch"}
        assert kinds[kind.name] == [group, kind.plural]


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


SAMPLES = sorted(path.parent.name for path in (MANIFESTS / "samples").glob("*/kustomization.yaml"))


def kustomization(sample: str) -> Document:
    return dict(yaml.safe_load((MANIFESTS / "samples" / sample / "kustomization.yaml").read_text()))


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_file_of_a_sample_is_applied(sample: str) -> None:
    files = {path.name for path in (MANIFESTS / "samples" / sample).glob("*.yaml")} - {"kustomization.yaml"}
    made = kustomization(sample)
    named = [*made["resources"], *made.get("configurations", ()), *(one.get("path") for one in made.get("patches", ()))]
    assert files == {name for name in named if name and not name.startswith("..")}


def network_of(sample: str, name: str) -> Document:
    """Return what a policy of the sample `reviews` bounds, with what another sample adds to it."""
    found = next(one for one in documents("samples/reviews") if one["kind"] == "NetworkPolicy" and is_named(one, name))
    for patch in kustomization(sample).get("patches", ()):
        if patch.get("target") == {"kind": "NetworkPolicy", "name": name}:
            text = patch.get("patch") or (MANIFESTS / "samples" / sample / patch["path"]).read_text()
            for change in yaml.safe_load(text):
                assert change["op"] == "add"
                found["spec"][change["path"].split("/")[2]].append(change["value"])
    return dict(found["spec"])


def is_named(document: Document, name: str) -> bool:
    return bool(document["metadata"]["name"] == name)


def deployed(sample: str) -> Document:
    """Return the pods of a sample's model server, or what it changes of them."""
    server = next(yaml.safe_load_all((MANIFESTS / "samples" / sample / "server.yaml").read_text()))
    assert server["kind"] == "Deployment"
    return dict(server["spec"]["template"])


PORTS = {"reviews": {"http"}, "labellers": {"http", "feedback"}}


@pytest.mark.parametrize("sample", PORTS)
def test_a_model_server_is_reached_at_its_ports_only_by_those_who_are_named(sample: str) -> None:
    policy = network_of(sample, "reviews")
    assert policy["podSelector"]["matchLabels"].items() <= deployed("reviews")["metadata"]["labels"].items()
    containers = [deployed(one)["spec"]["containers"][0] for one in {"reviews", sample}]
    assert {port["name"] for container in containers for port in container["ports"]} == PORTS[sample]
    assert {port["port"] for rule in policy["ingress"] for port in rule["ports"]} == PORTS[sample]
    assert all(rule["from"] for rule in policy["ingress"])


def test_feedback_of_its_own_port_is_for_labellers_alone() -> None:
    rules = network_of("labellers", "reviews")["ingress"]
    (feedback,) = [rule for rule in rules if {"port": "feedback"} in rule["ports"]]
    assert feedback["from"] == [{"podSelector": {"matchLabels": {"reviews-labeller": "true"}}}]
    container = deployed("labellers")["spec"]["containers"][0]
    (port,) = container["ports"]
    assert {"name": "FEEDBACK_PORT", "value": str(port["containerPort"])} in container["env"]


def test_the_demos_clients_are_let_in() -> None:
    (traffic,) = [one for one in documents("overlays/demo") if one.get("kind") == "Pod" and is_named(one, "traffic")]
    allowed = [one.get("podSelector") for rule in network_of("reviews", "reviews")["ingress"] for one in rule["from"]]
    assert any(one and one["matchLabels"].items() <= traffic["metadata"]["labels"].items() for one in allowed)


@pytest.mark.parametrize("sample", SAMPLES)
def test_runs_reach_each_other_names_progress_and_buckets_where_there_are_some(sample: str) -> None:
    (deployment,) = of_kind("Deployment")
    ports = {
        one["name"]: one["containerPort"] for one in deployment["spec"]["template"]["spec"]["containers"][0]["ports"]
    }
    policy = network_of(sample, "runs")
    assert policy["podSelector"] == {"matchExpressions": [{"key": "refit.dev/run", "operator": "Exists"}]}
    assert policy["ingress"] == [{"from": [{"podSelector": policy["podSelector"]}]}]
    reached = {port["port"] for rule in policy["egress"] for port in rule.get("ports", ())}
    assert reached == {ports["progress"], 53} | ({443} if sample == "buckets" else set())
    anywhere = [rule["ports"] for rule in policy["egress"] if "to" not in rule]
    assert anywhere == ([[{"port": 443, "protocol": "TCP"}]] if sample == "buckets" else [])


def test_a_model_server_reaches_nothing_but_buckets() -> None:
    assert network_of("reviews", "reviews")["egress"] == []
    names, buckets = network_of("buckets", "reviews")["egress"]
    assert names["to"] and buckets == {"ports": [{"port": 443, "protocol": "TCP"}]}


def test_for_one_namespace_the_operator_has_no_right_of_the_whole_cluster_but_to_review_tokens() -> None:
    rbac = documents("overlays/namespaced")
    roles = [one["rules"] for one in rbac if one.get("kind") == "ClusterRole"]
    assert roles == [[{"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]}]]
    bound = [one["roleRef"]["name"] for one in rbac if one.get("kind") == "ClusterRoleBinding"]
    assert bound == ["refit-operator-reviews"]
    patches = [yaml.safe_load(one["patch"]) for document in rbac for one in document.get("patches", ())]
    removed = [patch["metadata"]["name"] for patch in patches if patch.get("$patch") == "delete"]
    assert removed == ["refit-operator"]
