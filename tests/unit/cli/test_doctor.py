"""doctor: what it says of leases, readings, targets, claims and devices; what a run's pod is that it has admitted."""

from datetime import timedelta
from typing import Any

import pytest

from refit_cli import doctor_checks as checks
from refit_cli.doctor import needed_rights, pod_of_a_run
from refit_cli.doctor_checks import Health
from refit_cli.lint.findings import error, warning
from refit_cli.objects import see
from refit_operator.api.conditions import ConditionType
from refit_operator.api.monitor import NEVER
from refit_operator.target.rules.view import parse_target
from tests.support.cli import Objects, condition
from tests.support.monitors import halted, promoted, seen
from tests.support.samples import NOW, deployment, make_monitor


def lease(seconds_ago: float, holder: str = "pod-1") -> dict[str, Any]:
    time = (NOW - timedelta(seconds=seconds_ago)).isoformat()
    return {"spec": {"holderIdentity": holder, "renewTime": time, "leaseDurationSeconds": 15}}


@pytest.mark.parametrize(
    ("found", "health"),
    [(lease(5), Health.OK), (lease(31), Health.FAIL), (lease(5, ""), Health.FAIL), (None, Health.FAIL)],
)
def test_an_operator_has_to_lead(found: dict[str, Any] | None, health: Health) -> None:
    assert checks.examine_lease(found, NOW).health is health


def test_a_spec_that_lint_finds_fault_with() -> None:
    assert checks.examine_spec([]).health is Health.OK
    assert checks.examine_spec([warning("a", "spec.x", "odd")]).health is Health.WARN
    assert (
        checks.examine_spec([warning("a", "spec.x", "odd"), error("b", "spec.y", "wrong")]).message == "spec.y: wrong"
    )


@pytest.mark.parametrize(
    ("generation", "health"), [(None, Health.FAIL), (NEVER, Health.FAIL), (1, Health.OK), (0, Health.WARN)]
)
def test_the_newest_spec_has_to_be_reconciled(generation: int | None, health: Health) -> None:
    status = {"observedGeneration": generation} if generation is not None else {"attempts": 0}
    assert checks.examine_reconciled(make_monitor(status=status)).health is health


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
    found = checks.examine_claims(make_monitor(), [claim("models"), claim("holdout", "Pending")])
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
    found = checks.examine_claims(monitor, [claim(name, "Bound", mode) for name in ("feedback", "holdout", "models")])
    assert {each.health for each in found} == {health}


@pytest.mark.parametrize(("has", "health"), [(0, Health.FAIL), (1, Health.FAIL), (2, Health.OK)])
def test_one_node_has_to_have_all_devices_of_a_pod(has: int, health: Health) -> None:
    nodes = [
        {"metadata": {"name": f"node-{n}"}, "status": {"allocatable": {"nvidia.com/gpu": str(has)}}} for n in (1, 2)
    ]
    monitor = make_monitor(training={"resources": {"limits": {"nvidia.com/gpu": 2, "cpu": 4}}})
    assert [each.health for each in checks.examine_devices(monitor, nodes)] == [health]


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
        ("", "configmaps", "patch", "reviews-pointer"),
    ]
