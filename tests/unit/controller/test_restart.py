"""After a restart the monitors' own conditions say which were in breach, and since when."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.controller.reconcile import remember_breach
from refit_operator.ports import Ports
from refit_operator.prometheus.reader import Readings
from refit_operator.prometheus.rules.mass_breach import Board
from refit_operator.prometheus.servers import Sources
from tests.unit.samples import NOW, monitor_document

SERVER = "http://default:9090"


def ports() -> Ports:
    nobody: Any = None
    return Ports(nobody, Readings(Sources(SERVER, (), nobody)), Board())


def document(name: str, within: str = "False", **spec: Any) -> dict[str, Any]:
    condition = {"type": "WithinThreshold", "status": within, "reason": "x", "lastTransitionTime": NOW.isoformat()}
    made = monitor_document(**spec)
    return made | {"metadata": made["metadata"] | {"name": name}, "status": {"conditions": [condition]}}


def test_a_mass_breach_outlives_a_restart() -> None:
    world = ports()
    for index in range(10):
        remember_breach(document(f"m{index}", "False" if index < 6 else "True"), world)
    mass = world.board.mass_breach(SERVER)
    assert mass is not None
    assert (mass.together, mass.monitors, mass.span) == (6, 10, timedelta(minutes=10))


def test_what_a_look_found_counts_more() -> None:
    world = ports()
    world.board.show(SERVER, Ref("shop", "m0"), timedelta(minutes=10), None)
    for index in range(10):
        remember_breach(document(f"m{index}", "False" if index < 6 else "True"), world)
    assert world.board.mass_breach(SERVER) is None


@pytest.mark.parametrize("spec", [{"metric": {"query": "sum("}}, {"metric": {"threshold": "abc"}}])
def test_a_monitor_that_cant_be_read_is_left_to_its_look(spec: dict[str, Any]) -> None:
    world = ports()
    remember_breach(document("m0", **spec), world)
    assert not world.board.knows(Ref("shop", "m0"))
