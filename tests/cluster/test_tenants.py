"""The operator does nothing for the writer of a monitor that the writer may not do: each right is asked for."""

import json
from typing import Any

import pytest
import yaml

from localcluster.disposable import disposable
from tests.support.cluster.kubectl import ROOT, Document, Refused, Space, kubectl
from tests.support.cluster.objects import monitor, target
from tests.support.cluster.tenants import JOBS, TARGETS, answer, core, tenant
from tests.support.local import until

KEY = {"name": "bank", "key": "token"}
BASIC = {"username": {"name": "bank", "key": "user"}, "password": {"name": "bank", "key": "password"}}


def pod(**fields: Any) -> dict[str, Any]:
    return {"training": {"podTemplate": fields}}


def volume(**source: Any) -> dict[str, Any]:
    return pod(volumes=[{"name": "x", "mountPath": "/x", **source}])


SECRETS: dict[str, dict[str, Any]] = {
    "prometheus.authentication.bearerTokenSecret": {"prometheus": {"authentication": {"bearerTokenSecret": KEY}}},
    "prometheus.authentication.basic": {"prometheus": {"authentication": {"basic": BASIC}}},
    "prometheus.tls.caSecret": {"prometheus": {"serverAddress": "https://x", "tls": {"caSecret": KEY}}},
    "training.trainEnvFrom": {"training": {"trainEnvFrom": [{"secretRef": {"name": "bank"}}]}},
    "gate.envFrom": {"gate": {"envFrom": [{"secretRef": {"name": "bank"}}]}},
    "podTemplate.env": pod(env=[{"name": "X", "valueFrom": {"secretKeyRef": KEY}}]),
    "podTemplate.volumes": volume(secret={"secretName": "bank"}),
    "podTemplate.imagePullSecrets": pod(imagePullSecrets=[{"name": "bank"}]),
}
CONFIG_MAPS: dict[str, dict[str, Any]] = {
    "training.trainEnvFrom": {"training": {"trainEnvFrom": [{"configMapRef": {"name": "plan"}}]}},
    "gate.envFrom": {"gate": {"envFrom": [{"configMapRef": {"name": "plan"}}]}},
    "podTemplate.env": pod(env=[{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "plan", "key": "x"}}}]),
    "podTemplate.volumes": volume(configMap={"name": "plan"}),
}
MANY = pod(imagePullSecrets=[{"name": f"s{number}"} for number in range(8)]) | {
    "gate": {"envFrom": [{"secretRef": {"name": "s8"}}]}
}
ALLOWED = ("registry.example/ours/trainer:1", "registry.example/one:1")
NO_SECRET, NO_CONFIG_MAP = "you may not get Secret bank", "you may not get ConfigMap plan"
FORBIDDEN: dict[str, tuple[dict[str, Any], str]] = {
    **{f"Secret by {place}": (change, NO_SECRET) for place, change in SECRETS.items()},
    **{f"ConfigMap by {place}": (change, NO_CONFIG_MAP) for place, change in CONFIG_MAPS.items()},
    "the last of eight Secrets": (
        pod(imagePullSecrets=[{"name": name} for name in (*("mine",) * 7, "bank")]),
        NO_SECRET,
    ),
    "nine Secrets": (MANY, "for more than 8 you need the right to get every"),
    "another ServiceAccount": (pod(serviceAccountName="boss"), "you may not act as ServiceAccount boss"),
    "another Deployment": ({"serving": {"targetRef": {"name": "bank"}}}, "you may not change Deployment bank"),
    "a priority": (
        pod(priorityClassName="system-node-critical"),
        "priorityClassName: system-node-critical is not among",
    ),
    "a runtime": (pod(runtimeClassName="bare"), "runtimeClassName: bare is not among"),
    "an annotation": (
        pod(annotations={"container.apparmor.security.beta.kubernetes.io/train": "unconfined"}),
        "annotations: container.apparmor.security.beta.kubernetes.io/train is not among",
    ),
}


def creates(space: Space, user: str, **change: Any) -> str:
    """Return what the user is answered; `pytest -rP` shows it."""
    said = answer(space, user, "create", document=monitor(**change))
    print(f"{user}: {json.dumps(change)}\n    {said.strip()}")
    return said


@pytest.fixture(scope="module")
def modest(shared: Space) -> str:
    """A user with Jobs and one Deployment, and of Secrets and ConfigMaps only their own."""
    return tenant(shared, "modest", JOBS, TARGETS, core("secrets", "get", "mine"), core("configmaps", "get", "mine"))


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_the_writer_may_not_do_no_monitor_does_for_them(shared: Space, modest: str, name: str) -> None:
    change, words = FORBIDDEN[name]
    assert words in creates(shared, modest, **change)


def test_who_may_create_no_job_writes_no_monitor(shared: Space) -> None:
    assert "you may not create Jobs in namespace" in creates(shared, tenant(shared, "nobody", TARGETS))


def test_who_may_not_change_the_target_writes_no_monitor(shared: Space) -> None:
    assert "you may not change Deployment reviews" in creates(shared, tenant(shared, "trainer", JOBS))


def test_what_the_writer_may_do_a_monitor_does(shared: Space, modest: str) -> None:
    assert "created" in creates(shared, modest, **volume(secret={"secretName": "mine"}))
    boss = tenant(shared, "boss", JOBS, TARGETS, core("secrets", "get"), core("serviceaccounts", "impersonate", "boss"))
    assert "created" in creates(shared, boss, **MANY)
    assert "created" in creates(shared, boss, **pod(serviceAccountName="boss"))


def test_a_change_is_asked_about_like_a_creation(space: Space) -> None:
    user = tenant(space, "weak", core("secrets", "get"))
    space.apply(target(spec={"replicas": 0}), monitor(suspend=True))
    asked = json.dumps({"metadata": {"annotations": {"refit.dev/retrain-requested-at": "2026-11-24T12:00:00Z"}}})
    for patch in ('{"spec":{"suspend":false}}', asked):
        said = answer(space, user, "patch", "mmon", "reviews", "--type=merge", "-p", patch)
        assert "you may not create Jobs in namespace" in said
    label = '{"metadata":{"labels":{"team":"nlp"}}}'
    assert "patched" in answer(space, user, "patch", "mmon", "reviews", "--type=merge", "-p", label)


def allow_here(space: Space, name: str, **lists: str) -> None:
    """Have the policy of what may be named once more, for one namespace, with lists of its own."""
    documents = yaml.safe_load_all((ROOT / "manifests/base/monitor-limits.yaml").read_text())
    made, binding = (one for one in documents if one["metadata"]["name"] == "refit-monitor-allowed")
    for variable in made["spec"]["variables"]:
        variable["expression"] = lists.get(variable["name"], variable["expression"])
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space.name}}}
    binding["spec"] |= {"policyName": name, "matchResources": here}
    for document in (made, binding):
        document["metadata"] = {"name": name}
        kubectl("apply", "-f", "-", stdin=json.dumps(disposable(document)))


def test_images_are_those_that_the_administrator_allows(space: Space) -> None:
    user, name = tenant(space, "writer", JOBS, TARGETS), f"allowed-{space.name}"
    allow_here(space, name, images="['registry.example/ours/*', 'registry.example/one:1']")
    try:
        refused = "image evil.example/x is not among those that the administrator allows"
        until(lambda: refused in creates(space, user, training={"image": "evil.example/x"}), 30, "not in force")
        assert refused in creates(space, user, gate={"image": "evil.example/x"}, training={"image": ALLOWED[0]})
        for image in ALLOWED:
            assert "created" in creates(space, user, training={"image": image})
    finally:
        for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
            kubectl("delete", kind, name)


LARGE: dict[str, tuple[Document, str]] = {
    "spec": (monitor(**pod(env=[{"name": f"V{n}", "value": "é" * 1024} for n in range(32)])), "spec has"),
    "labels": (
        monitor() | {"metadata": {"name": "reviews", "labels": {f"l{n}": "x" * 60 for n in range(2000)}}},
        "labels,",
    ),
    "annotations": (monitor() | {"metadata": {"name": "reviews", "annotations": {"a": "x" * 70_000}}}, "labels,"),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_monitor_of_more_than_64_kb_is_refused(shared: Space, name: str) -> None:
    document, words = LARGE[name]
    with pytest.raises(Refused, match=f"{words}.* bytes"):
        shared.run("create", "-f", "-", stdin=json.dumps(document))


def test_what_is_not_in_the_schema_is_refused_however_deep(shared: Space) -> None:
    deep: dict[str, Any] = {}
    for _ in range(480):
        deep = {"x": deep}
    with pytest.raises(Refused, match="unknown field"):
        shared.run("create", "-f", "-", stdin=json.dumps(monitor(**pod(affinity=deep))))
