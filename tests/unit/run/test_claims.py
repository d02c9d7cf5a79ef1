"""On which nodes claims are, by their volumes' affinity, and what is said of a pod that finds none of them."""

from typing import Any

import pytest

from refit_operator.run.rules.views.claims import Claim, apart, view_claims, whereabouts
from refit_operator.run.rules.views.storage import claims_to_place
from refit_operator.run.rules.views.waiting import Surroundings, explain, why_not_started
from tests.support.jobs import NO_CPU, RUNNING, Document, job, new_pod, pod

HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
APART = (
    "0/3 nodes are available: 1 node(s) had untolerated taint(s), "
    "2 node(s) didn't match PersistentVolume's node affinity"
)
CORDONED = "0/3 nodes are available: 1 node(s) had volume node affinity conflict, 1 node(s) were unschedulable."


def term(**values: list[str]) -> Document:
    keys = {"host": HOST, "zone": ZONE}
    found = [{"key": keys[name], "operator": "In", "values": list(value)} for name, value in values.items()]
    return {"matchExpressions": found}


def bound(name: str, *terms: Document) -> tuple[Document, Document]:
    """Return a claim and its volume."""
    spec = {"nodeAffinity": {"required": {"nodeSelectorTerms": list(terms)}}} if terms else {}
    claim = {"metadata": {"name": name}, "spec": {"volumeName": f"pv-{name}"}}
    return claim, {"metadata": {"name": f"pv-{name}"}, "spec": spec}


def claims(*pairs: tuple[Document, Document]) -> tuple[Claim, ...]:
    return view_claims([claim for claim, _ in pairs], [volume for _, volume in pairs])


FEEDBACK = bound("feedback", term(host=["worker-1"]))
MODELS = bound("models", term(host=["worker-2"]))
BESIDE = bound("models", term(host=["worker-1"]))
ANYWHERE = bound("models")
NAMED = bound("models", {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["worker-2"]}]})

PLACES: dict[str, tuple[tuple[Document, Document], dict[str, set[str]]]] = {
    "one node": (FEEDBACK, {HOST: {"worker-1"}}),
    "any node": (ANYWHERE, {}),
    "one of two nodes, a term each": (bound("x", term(host=["a"]), term(host=["b"])), {HOST: {"a", "b"}}),
    "what only one of the terms requires": (
        bound("x", term(host=["a"], zone=["z"]), term(host=["b"])),
        {HOST: {"a", "b"}},
    ),
    "terms that have nothing in common": (bound("x", term(host=["a"]), term(zone=["z"])), {}),
    "a node by its name": (NAMED, {"metadata.name": {"worker-2"}}),
    "an operator that names no values": (bound("x", {"matchExpressions": [{"key": HOST, "operator": "Exists"}]}), {}),
}


@pytest.mark.parametrize("name", PLACES)
def test_places(name: str) -> None:
    pair, want = PLACES[name]
    assert [{key: set(values) for key, values in claim.places.items()} for claim in claims(pair)] == [want]


PAIRS: dict[str, tuple[tuple[Claim, ...], str]] = {
    "two nodes": (claims(FEEDBACK, MODELS), "feedback (node worker-1) and models (node worker-2)"),
    "two zones": (
        claims(bound("a", term(zone=["z1"])), bound("b", term(zone=["z2", "z3"]))),
        "a (zone z1) and b (zone z2 or z3)",
    ),
    "one node": (claims(FEEDBACK, BESIDE), ""),
    "zones with one in common": (claims(bound("a", term(zone=["z1"])), bound("b", term(zone=["z1", "z2"]))), ""),
    "a node, and any": (claims(FEEDBACK, ANYWHERE), ""),
    "labels that can't be compared": (claims(FEEDBACK, bound("b", term(zone=["z2"]))), ""),
}


@pytest.mark.parametrize("name", PAIRS)
def test_which_claims_are_apart(name: str) -> None:
    found, want = PAIRS[name]
    assert apart(found) == want


def test_whereabouts_name_a_node_once() -> None:
    found = claims(FEEDBACK, BESIDE, bound("holdout", term(zone=["z2"])), bound("free"))
    assert whereabouts(found) == "the claims feedback, models on node worker-1 and the claim holdout in zone z2"


SAID: dict[str, tuple[str, tuple[Claim, ...], tuple[str, str]]] = {
    "claims on different nodes": (
        APART,
        claims(FEEDBACK, MODELS),
        (
            "VolumeNodeConflict",
            "no node can mount both claims feedback (node worker-1) and models (node worker-2); put them on nodes in "
            f"common or on one claim, or use ReadWriteMany: {APART}",
        ),
    ),
    "claims on a node that is cordoned": (
        CORDONED,
        claims(FEEDBACK, BESIDE),
        (
            "Unschedulable",
            f"no node fits the pod, which needs the claims feedback, models on node worker-1: {CORDONED}",
        ),
    ),
    "a claim of another pod is left out": (
        CORDONED,
        claims(FEEDBACK, bound("other", term(host=["worker-2"]))),
        ("Unschedulable", f"no node fits the pod, which needs the claim feedback on node worker-1: {CORDONED}"),
    ),
    "volumes that can't be read": (APART, (), ("Unschedulable", f"no node fits the pod: {APART}")),
    "it is about something else": (
        NO_CPU,
        claims(FEEDBACK, MODELS),
        ("Unschedulable", f"no node fits the pod: {NO_CPU}"),
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_of_a_pod_without_a_node(name: str) -> None:
    message, found, want = SAID[name]
    waiting = explain(job(), [new_pod(node=message)], Surroundings(claims=found))
    assert waiting is not None
    assert (waiting.reason.value, waiting.message) == want


def test_a_rollout_says_the_same_by_the_pods_name() -> None:
    said = why_not_started([new_pod(node=APART)], Surroundings(claims=claims(FEEDBACK, MODELS)))
    words = "pod pod: no node can mount both claims feedback (node worker-1) and models (node worker-2); "
    assert said.startswith(words)


TO_PLACE: dict[str, tuple[list[Any], set[str]]] = {
    "a pod that is held by a volume": ([new_pod(node=CORDONED)], {"feedback", "models"}),
    "a pod that is held by something else": ([new_pod(node=NO_CPU)], set()),
    "a pod that runs": ([new_pod(RUNNING)], set()),
    "a pod that is over": ([new_pod(node=APART) | {"status": pod(RUNNING, phase="Failed")["status"]}], set()),
}


@pytest.mark.parametrize("name", TO_PLACE)
def test_volumes_are_read_only_where_they_keep_a_pod_from_a_node(name: str) -> None:
    pods, want = TO_PLACE[name]
    assert claims_to_place(pods) == want
