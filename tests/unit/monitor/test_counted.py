"""Which monitors count towards a mass breach: those at work, with what they read."""

from typing import Any

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.monitor.observe import with_mass_breach
from refit_operator.monitor.rules.decision import Observed
from refit_operator.ports import Ports
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed
from refit_operator.prometheus.servers import Servers
from tests.support.monitors import GOOD, INTERVAL, seen, unwired
from tests.support.samples import NOW, make_monitor

SERVER = "http://default:9090"
OTHERS = 9
NOT_AT_WORK: dict[str, Observed] = {
    "suspended": seen(monitor=make_monitor(suspend=True)),
    "no target": seen(target=None),
    "a target of another's": seen(claimed_by="first"),
    "a target that doesn't read the pointer": seen(target=unwired()),
    "a query that doesn't parse": seen(query_error="unexpected )", window=()),
    "a server that isn't allowed": seen(window=QueryFailed(FailureKind.Forbidden, "not allowed", NOW)),
}
NO_VALUE = QueryFailed(FailureKind.CircuitOpen, "not sent", NOW)


def ports_of(*, interval: Any = INTERVAL) -> Ports:
    """Return ports that know of nine other monitors of the namespace, all in breach just now."""
    nobody: Any = None
    detector = MassBreachDetector()
    for index in range(OTHERS):
        detector.record(SERVER, Ref("shop", f"m{index}"), interval, NOW)
    return Ports(nobody, Reader(Servers(SERVER, (), nobody)), detector)


def test_a_monitor_at_work_counts() -> None:
    mass = with_mass_breach(seen(), ports_of()).mass_breach
    assert mass is not None
    assert mass.total == OTHERS + 1


@pytest.mark.parametrize("name", NOT_AT_WORK)
def test_one_that_isnt_at_work_doesnt(name: str) -> None:
    assert with_mass_breach(NOT_AT_WORK[name], ports_of()).mass_breach is None


@pytest.mark.parametrize("name", NOT_AT_WORK)
def test_one_that_is_no_longer_at_work_doesnt_either(name: str) -> None:
    ports = ports_of()
    with_mass_breach(seen(), ports)
    assert with_mass_breach(NOT_AT_WORK[name], ports).mass_breach is None
    assert with_mass_breach(seen(), ports).mass_breach is not None


def test_a_reading_that_is_no_value_ends_no_breach_and_begins_none() -> None:
    ports = ports_of()
    assert with_mass_breach(seen(), ports).mass_breach == with_mass_breach(seen(window=NO_VALUE), ports).mass_breach
    ports = ports_of()
    with_mass_breach(seen(GOOD), ports)
    ports.mass_breach.record(SERVER, Ref("shop", "m0"), INTERVAL, None)
    for index in range(1, 5):
        ports.mass_breach.record(SERVER, Ref("shop", f"m{index}"), INTERVAL, None)
    assert with_mass_breach(seen(window=NO_VALUE), ports).mass_breach is None
