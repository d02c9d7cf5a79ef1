"""A wrong clock, and objects that don't parse: by the one nothing is decided, beside the others the rest goes on.

Whole loops under these and other faults of the surroundings: `make faults`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.clocks import shift, shiftable
from tests.faults.poison import SHELF, UNREADABLE, poison, told
from tests.support.cluster.alone import left_alone
from tests.support.cluster.alone import namespace as namespace_alone
from tests.support.cluster.hosted import Hosted, as_service_account, operators
from tests.support.cluster.kubectl import Space
from tests.support.cluster.objects import monitor, target
from tests.support.local import until


def test_what_does_not_parse_is_told_and_spoils_nothing_else(space: Space, tmp_path: Path) -> None:
    poison(space, as_service_account(tmp_path))
    space.apply(target(), monitor(mode="Observe"))
    space.wait("mmon/reviews", ".status.state", "Breached")
    until(lambda: told(space) == {UNREADABLE, SHELF}, 60, "nobody is told")


@pytest.fixture
def alone() -> Iterator[Space]:
    """A namespace that the installed operator leaves to the one under test."""
    with left_alone(), namespace_alone("clock") as space:
        yield space


def test_by_a_clock_a_day_ahead_nothing_is_decided(alone: Space, tmp_path: Path) -> None:
    """The clock is a fake, for the reason that tests/faults/clock says."""
    settings = {"KUBECONFIG": str(as_service_account(tmp_path)), "REFIT_LEADER_ELECTION": "false"}
    alone.apply(target(), monitor(mode="Observe"))
    with operators(Hosted(alone, tmp_path / "operator.log", **settings, **shiftable(tmp_path))) as (operator,):
        alone.wait("mmon/reviews", ".status.state", "Breached")
        shift(operator, tmp_path, 86400)
        alone.run("patch", "mmon", "reviews", "--type=merge", "-p", json.dumps({"spec": {"mode": "Auto"}}))
        until(lambda: "ahead of the API server's" in alone.run("describe", "mmon", "reviews"), 60, "nobody is told")
        assert alone.list("rr") == []
        shift(operator, tmp_path, -86400)
        alone.wait("mmon/reviews", ".status.attempts", "1")
