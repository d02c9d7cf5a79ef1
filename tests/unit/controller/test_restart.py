"""After a restart the monitors' own conditions say which were in breach, and since when."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from refit_operator.api.metadata import Ref
from refit_operator.controller.reconcile import restore
from refit_operator.observability.monitors import forget_monitor
from refit_operator.ports import Ports
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.prometheus.servers import Servers
from tests.support.samples import NOW, monitor_document

SERVER = "http://default:9090"


def ports() -> Ports:
    nobody: Any = None
    return Ports(nobody, Reader(Servers(SERVER, (), nobody)), MassBreachDetector())


def document(name: str, within: str = "False", ready: str = "True", **spec: Any) -> dict[str, Any]:
    statuses = {"Ready": ready, "WithinThreshold": within}
    conditions = [
        {"type": kind, "status": status, "reason": "x", "lastTransitionTime": NOW.isoformat()}
        for kind, status in statuses.items()
    ]
    made = monitor_document(**spec)
    return made | {"metadata": made["metadata"] | {"name": name}, "status": {"conditions": conditions}}


def test_a_mass_breach_outlives_a_restart() -> None:
    world = ports()
    for index in range(10):
        restore(document(f"m{index}", "False" if index < 6 else "True"), world)
    mass = world.mass_breach.of(SERVER, "shop")
    assert mass is not None
    assert (mass.together, mass.total, mass.span) == (6, 10, timedelta(minutes=10))


def test_a_monitor_is_exported_before_its_first_reconciliation_but_no_reading_of_it() -> None:
    restore(document("m0", ready="False"), ports())
    of_m0 = {"namespace": "shop", "monitor": "m0"}
    conditions = of_m0 | {"condition": "Ready"}
    try:
        assert REGISTRY.get_sample_value("refit_monitor_interval_seconds", of_m0) == 600
        assert REGISTRY.get_sample_value("refit_monitor_condition", conditions) == 0
        assert REGISTRY.get_sample_value("refit_monitor_reading_timestamp_seconds", of_m0) is None
    finally:
        forget_monitor("shop", "m0")


@pytest.mark.parametrize("change", [{"ready": "False"}, {"ready": "Unknown"}, {"suspend": True}], ids=str)
def test_who_cant_work_or_is_suspended_doesnt_count(change: dict[str, Any]) -> None:
    world = ports()
    for index in range(10):
        restore(document(f"m{index}", **(change if index == 9 else {})), world)
    assert world.mass_breach.of(SERVER, "shop") is None


def test_what_a_look_found_counts_more() -> None:
    world = ports()
    world.mass_breach.record(SERVER, Ref("shop", "m0"), timedelta(minutes=10), None)
    for index in range(10):
        restore(document(f"m{index}", "False" if index < 6 else "True"), world)
    assert world.mass_breach.of(SERVER, "shop") is None


@pytest.mark.parametrize("spec", [{"metric": {"query": "sum("}}, {"metric": {"threshold": "abc"}}])
def test_a_monitor_that_cant_be_read_is_left_to_its_look(spec: dict[str, Any]) -> None:
    world = ports()
    restore(document("m0", **spec), world)
    assert Ref("shop", "m0") not in world.mass_breach
