"""doctor: what it says of leases, readings, targets, claims and devices; what a run's pod is that it has admitted."""

import json
from datetime import timedelta
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from localcluster.paths import CHECKOUT
from refit_cli.__main__ import app
from refit_cli.cluster import Cluster, Resource
from refit_cli.doctor import checks
from refit_cli.doctor import command as doctor_command
from refit_cli.doctor.checks import Health
from refit_cli.doctor.claims import examine_claims
from refit_cli.doctor.command import pod_of_a_run
from refit_cli.doctor.crds import APPLY, examine_crds
from refit_cli.doctor.nodes import examine_nodes
from refit_cli.doctor.owners import examine_owners
from refit_cli.doctor.references import examine_references
from refit_cli.doctor.rights import Operator, examine_rights, needed_rights
from refit_cli.doctor.runs import examine_runs
from refit_cli.exits import Exit, Failed
from refit_cli.lint.findings import error, warning
from refit_cli.lint.mistakes import REQUEST
from refit_cli.objects import see
from refit_operator.api.conditions import ConditionType
from refit_operator.api.monitor import NEVER
from refit_operator.target.rules.view import parse_target
from tests.support.cli import Objects, condition, text_of
from tests.support.monitors import failures, finished, halted, promoted, seen
from tests.support.published import published
from tests.support.samples import NOW, deployment, make_monitor, make_run


def lease(seconds_ago: float, holder: str = "pod-1") -> dict[str, Any]:
    time = (NOW - timedelta(seconds=seconds_ago)).isoformat()
    return {"spec": {"holderIdentity": holder, "renewTime": time, "leaseDurationSeconds": 15}}


@pytest.mark.parametrize(
    ("found", "health"),
    [(lease(5), Health.OK), (lease(31), Health.FAIL), (lease(5, ""), Health.FAIL), (None, Health.FAIL)],
)
def test_an_operator_has_to_lead(found: dict[str, Any] | None, health: Health) -> None:
    assert checks.examine_lease(found, NOW).health is health


CRDS: dict[str, tuple[tuple[str, ...], Health, str]] = {
    "as this version has them": ((), Health.OK, "have every field"),
    "older": (
        ("status.auditTime",),
        Health.WARN,
        "retrainruns.refit.dev lacks status.auditTime: what is written there is",
    ),
    "too old": (("status.jobRef",), Health.FAIL, "lacks status.jobRef: an operator of this version doesn't start"),
}


@pytest.mark.parametrize(("lacking", "health", "words"), CRDS.values(), ids=list(CRDS))
def test_crds_that_are_older_are_said_with_what_they_lack_and_what_to_do(
    lacking: tuple[str, ...], health: Health, words: str
) -> None:
    found = examine_crds(published(RetrainRun=lacking))
    assert (found.health, words in found.message) == (health, True)
    assert (APPLY in found.message) is (health is not Health.OK)


def test_a_kind_that_the_api_server_doesnt_serve_is_named() -> None:
    document = published()
    del document["components"]["schemas"]["dev.refit.v1alpha1.RetrainRun"]
    found = examine_crds(document)
    assert found.health is Health.FAIL
    assert found.message == f"the API server doesn't serve retrainruns.refit.dev: {APPLY}"


def test_a_spec_that_lint_finds_fault_with() -> None:
    assert checks.examine_spec([]).health is Health.OK
    assert checks.examine_spec([warning("a", "spec.x", "odd")]).health is Health.WARN
    assert checks.examine_spec([warning(REQUEST, "metadata.annotations", "in a file")]).health is Health.OK
    assert checks.examine_spec([error(REQUEST, "metadata.annotations", "malformed")]).health is Health.FAIL
    assert (
        checks.examine_spec([warning("a", "spec.x", "odd"), error("b", "spec.y", "wrong")]).message == "spec.y: wrong"
    )


@pytest.mark.parametrize(
    ("generation", "health"), [(None, Health.FAIL), (NEVER, Health.FAIL), (1, Health.OK), (0, Health.WARN)]
)
def test_the_newest_spec_has_to_be_reconciled(generation: int | None, health: Health) -> None:
    status = {"observedGeneration": generation} if generation is not None else {"attempts": 0}
    assert checks.examine_reconciled(make_monitor(status=status)).health is health


def test_a_monitor_that_is_not_ready_says_why() -> None:
    conditions = [condition(ConditionType.READY, "False", "TargetNotServed", "no Rollouts here")]
    found = checks.examine_reconciled(make_monitor(status={"observedGeneration": 1, "conditions": conditions}))
    assert (found.health, found.message) == (Health.FAIL, "the operator says TargetNotServed: no Rollouts here")


@pytest.mark.parametrize(
    ("conditions", "health"),
    [
        ([], Health.FAIL),
        ([condition(ConditionType.METRIC_AVAILABLE, "False", "NoData")], Health.FAIL),
        ([condition(ConditionType.METRIC_AVAILABLE, "True", "Value")], Health.OK),
    ],
)
def test_prometheus_has_to_give_values(conditions: list[dict[str, str]], health: Health) -> None:
    assert checks.examine_reading(make_monitor(status={"conditions": conditions})).health is health


def test_the_target_the_pointer_and_the_room_are_examined() -> None:
    assert [each.health for each in checks.examine_target(seen())] == [Health.OK] * 3
    bad = seen(target=halted(replicas=0), runs=(promoted("file:///models/a@x"),), lack_of_room="quota few")
    assert [each.message.partition(":")[0] for each in checks.examine_target(bad)] == [
        "TargetHalted",
        "Overruled",
        "NoRoom",
    ]
    assert checks.examine_target(seen(target=None))[0].message.startswith("TargetMissing")


def claim(name: str, phase: str = "Bound", *modes: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "spec": {"accessModes": [*modes] or ["ReadWriteMany"]},
        "status": {"phase": phase},
    }


def test_claims_are_examined_by_the_field_that_names_them() -> None:
    found = examine_claims(make_monitor(), [claim("models"), claim("holdout", "Pending")])
    assert {each.name: each.health for each in found} == {
        "claim feedback": Health.FAIL,
        "claim holdout": Health.WARN,
        "claim models": Health.OK,
    }
    assert "training.dataset.train names it" in found[0].message


@pytest.mark.parametrize(
    ("mode", "nodes", "health"),
    [
        ("ReadWriteOnce", 1, Health.OK),
        ("ReadWriteOnce", 2, Health.FAIL),
        ("ReadWriteMany", 2, Health.OK),
        ("ReadWriteOncePod", 1, Health.FAIL),
    ],
)
def test_claims_have_to_be_mounted_where_the_run_is(mode: str, nodes: int, health: Health) -> None:
    monitor = make_monitor(training={"numNodes": nodes})
    found = examine_claims(monitor, [claim(name, "Bound", mode) for name in ("feedback", "holdout", "models")])
    assert {each.health for each in found} == {health}


CLASSES: list[dict[str, Any]] = [
    {"metadata": {"name": "fast"}, "volumeBindingMode": "WaitForFirstConsumer"},
    {"metadata": {"name": "slow"}},
]


@pytest.mark.parametrize(
    ("class_name", "health", "words"),
    [
        ("fast", Health.OK, "for the first pod that mounts it"),
        ("slow", Health.WARN, "hasn't made its volume yet"),
        ("gone", Health.FAIL, "there is no StorageClass 'gone' (there are: fast, slow)"),
        ("", Health.FAIL, "a PersistentVolume has to be made for it"),
    ],
)
def test_a_claim_without_a_volume_is_judged_by_its_class(class_name: str, health: Health, words: str) -> None:
    pending = claim("feedback", "Pending")
    pending["spec"]["storageClassName"] = class_name
    found = examine_claims(make_monitor(), [pending], CLASSES)[0]
    assert (found.health, words in found.message) == (health, True)


def node(name: str, has: dict[str, str] | None = None, labels: dict[str, str] | None = None, **spec: Any) -> Any:
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": spec, "status": {"allocatable": has or {}}}


@pytest.mark.parametrize(("has", "health"), [("0", Health.FAIL), ("1", Health.FAIL), ("2", Health.OK)])
def test_one_node_has_to_have_all_that_a_pod_asks_for(has: str, health: Health) -> None:
    nodes = [node(f"node-{n}", {"nvidia.com/gpu": has, "cpu": "4"}) for n in (1, 2)]
    monitor = make_monitor(training={"resources": {"limits": {"nvidia.com/gpu": 2, "cpu": "3500m"}}})
    found = {each.name: each.health for each in examine_nodes(monitor, nodes)}
    assert found == {"nodes": Health.OK, "cpu": Health.OK, "nvidia.com/gpu": health}


GPUS_ONLY = {"key": "gpus", "value": "only", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("template", "spec", "words"),
    [
        ({"nodeSelector": {"zone": "b"}}, {}, "nodeSelector: zone=b"),
        ({}, {"unschedulable": True}, "node-1 is cordoned"),
        ({}, {"taints": [GPUS_ONLY]}, "has taint gpus=only:NoSchedule"),
        ({"tolerations": [{"key": "gpus", "value": "other"}]}, {"taints": [GPUS_ONLY]}, "doesn't tolerate"),
        ({"tolerations": [{"key": "gpus", "value": "only"}]}, {"taints": [GPUS_ONLY]}, "1 of 1 may take"),
        ({"tolerations": [{"operator": "Exists"}]}, {"taints": [GPUS_ONLY]}, "1 of 1 may take"),
        ({}, {"taints": [GPUS_ONLY | {"effect": "PreferNoSchedule"}]}, "1 of 1 may take"),
        ({"nodeSelector": {"zone": "a"}}, {}, "1 of 1 may take"),
    ],
)
def test_a_node_has_to_take_the_pod(template: dict[str, Any], spec: dict[str, Any], words: str) -> None:
    found = list(
        examine_nodes(make_monitor(training={"podTemplate": template}), [node("node-1", {}, {"zone": "a"}, **spec)])
    )
    assert words in found[0].message
    assert (found[0].health is Health.OK) == ("may take" in words)


def test_secrets_and_config_maps_have_to_be_there_with_their_keys() -> None:
    template = {
        "env": [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "id"}}}],
        "volumes": [{"name": "words", "mountPath": "/words", "configMap": {"name": "words"}}],
        "imagePullSecrets": [{"name": "pull"}],
    }
    token = {"authentication": {"bearerTokenSecret": {"name": "s3", "key": "token"}}}
    monitor = make_monitor(prometheus=token, training={"podTemplate": template})
    there = {"kind": "Secret", "metadata": {"name": "s3"}, "data": {"token": "eA=="}}
    found = list(examine_references(Objects(there), monitor))
    assert [(each.name, each.health) for each in found] == [
        ("Secret s3", Health.OK),
        ("Secret s3", Health.FAIL),
        ("ConfigMap words", Health.FAIL),
        ("Secret pull", Health.FAIL),
    ]
    assert found[1].message == "training.podTemplate.env KEY names its key 'id', and it has token"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"monitor": make_monitor(suspend=True)}, "kubectl refit resume reviews"),
        ({"monitor": make_monitor(mode="Observe")}, "spec.mode is Observe"),
        ({"runs": (make_run(status={"stage": "AwaitingApproval"}),)}, "kubectl refit approve reviews-1"),
        ({"runs": (finished(55, "Failed", status={"message": "it broke"}),)}, "failed: it broke; kubectl refit why"),
        ({"runs": failures(3)}, "GaveUp"),
    ],
)
def test_what_holds_runs_or_waits_for_a_user_is_said(facts: dict[str, Any], words: str) -> None:
    o = seen(**facts)
    found = list(examine_runs(Objects.of(o), o))
    assert found[0].health is Health.WARN and words in found[0].message


def test_a_run_that_ended_well_is_no_fault() -> None:
    o = seen(runs=(finished(55, "Rejected"),))
    assert [each.health for each in examine_runs(Objects.of(o), o)] == [Health.OK]


def test_the_pod_that_is_admitted_is_the_one_that_a_run_would_make() -> None:
    pod = pod_of_a_run(seen(target=parse_target(deployment())))
    assert [container["name"] for container in pod["spec"]["initContainers"]] == ["train"]
    assert pod["metadata"]["generateName"].startswith("reviews-1-") and "name" not in pod["metadata"]


def test_the_rights_that_a_monitor_needs_follow_from_its_spec() -> None:
    spec: dict[str, Any] = {
        "prometheus": {"authentication": {"bearerTokenSecret": {"name": "token", "key": "k"}}},
        "serving": {"update": "InPlace"},
    }
    api = Objects.of(seen(monitor=make_monitor(**spec)))
    assert needed_rights(see(api, "reviews")) == [
        ("batch", "jobs", "create", ""),
        ("apps", "deployments", "patch", ""),
        ("", "secrets", "get", "token"),
        ("", "configmaps", "get", "reviews-pointer"),
        ("", "configmaps", "patch", "reviews-pointer"),
    ]


Lent = tuple[str, str, str]
LENT: dict[str, dict[str, Any]] = {
    "refit-in-place": {"serving": {"update": "InPlace"}},
    "refit-shadow": {"verification": {"shadow": {"minAgreement": 0.8}}},
}


def rights(**spec: Any) -> list[Lent]:
    found = needed_rights(see(Objects.of(seen(monitor=make_monitor(**spec))), "reviews"))
    return [(group, resource, verb) for group, resource, verb, _ in found]


@pytest.mark.parametrize("role", LENT)
def test_the_rights_that_are_lent_are_those_of_the_cluster_role(role: str) -> None:
    objects = yaml.safe_load_all((CHECKOUT / "manifests/base/rbac.yaml").read_text())
    (rules,) = [each["rules"] for each in objects if each["kind"] == "ClusterRole" and each["metadata"]["name"] == role]
    wanted = [
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]
    assert [each for each in rights(**LENT[role]) if each not in rights()] == wanted


class Asked(Cluster):
    """Remembers what the API server is asked, and answers that nothing is allowed. A stand-in."""

    def __init__(self) -> None:
        self.namespace = "shop"
        self.bodies: list[dict[str, Any]] = []

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.bodies.append(body)
        return {"status": {"allowed": False}}

    def read(self, resource: Resource, name: str) -> None:
        return None

    def send(self, method: str, path: str, *more: Any, **named: Any) -> Any:
        raise Failed(Exit.FORBIDDEN, path)


def test_the_account_is_that_of_the_operators_namespace() -> None:
    asked, found = Asked(), see(Objects.of(seen()), "reviews")
    refused = list(examine_rights(asked, found, Operator("ml-system", "refit-operator-2")))
    assert {each.health for each in refused} == {Health.FAIL}
    assert {body["spec"]["user"] for body in asked.bodies} == {"system:serviceaccount:ml-system:refit-operator"}
    assert all("system:serviceaccounts:ml-system" in body["spec"]["groups"] for body in asked.bodies)


def test_the_lease_is_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    o = seen()
    monkeypatch.setattr(doctor_command, "connect", lambda namespace, context, kubeconfig: Asked())
    monkeypatch.setattr(doctor_command, "see", lambda cluster, name: see(Objects.of(o), name))
    words = ["doctor", "reviews", "--operator-namespace", "ml-system", "--operator", "refit-operator-2", "-o", "json"]
    said = CliRunner().invoke(app, words, catch_exceptions=False).output
    first = json.loads(said)[0]
    assert "/namespaces/ml-system/leases/refit-operator-2" in first["message"]


def test_what_keeps_it_from_working_is_named_at_the_end() -> None:
    found = [
        checks.ok("spec", "fine"),
        checks.fail("claim a", "gone"),
        checks.fail("claim a", "too"),
        checks.warn("runs", "w"),
    ]
    lines = text_of(doctor_command.render(found)).splitlines()
    assert [line.partition(": ")[2] for line in lines[-2:]] == ["claim a", "runs"]
    assert "nothing was found" in text_of(doctor_command.render(found[:1]))


def owned_by(manager: str) -> Any:
    fields: dict[str, Any] = {
        "f:spec": {"f:template": {"f:metadata": {"f:annotations": {"f:refit.dev/checkpoint": {}}}}}
    }
    found = deployment("file:///models/v7")
    found["metadata"]["managedFields"] = [{"manager": manager, "operation": "Apply", "fieldsV1": fields}]
    return parse_target(found)


@pytest.mark.parametrize(
    ("manager", "taken", "found"),
    [("argocd", None, 1), ("refit-operator", None, 0), ("argocd", "file:///models/v7#0", 0)],
)
def test_a_pointer_that_others_apply_is_said_before_a_promotion(manager: str, taken: str | None, found: int) -> None:
    said = list(examine_owners(seen(target=owned_by(manager), taken_pointer=taken)))
    assert [each.health for each in said] == [Health.FAIL] * found
    assert all("owned by argocd" in each.message and "kubectl refit gitops reviews" in each.message for each in said)
