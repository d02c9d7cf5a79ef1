"""A wrong clock, and objects that don't parse: by the one nothing is decided, beside the others the rest goes on.

Whole loops under these and other faults of the surroundings: `make faults`.
"""

import json
from pathlib import Path

from tests.faults.clocks import shift, shiftable
from tests.faults.poison import SHELF, UNREADABLE, poison, told
from tests.support.cluster.apart import Apart
from tests.support.cluster.hosted import as_service_account
from tests.support.cluster.kubectl import Space
from tests.support.cluster.objects import monitor, target
from tests.support.local import until


def test_what_does_not_parse_is_told_and_spoils_nothing_else(space: Space, tmp_path: Path) -> None:
    poison(space, as_service_account(tmp_path))
    space.apply(target(), monitor(mode="Observe"))
    space.wait("mmon/reviews", ".status.state", "Breached")
    until(lambda: told(space) == {UNREADABLE, SHELF}, 60, "nobody is told")


def test_by_a_clock_a_day_ahead_nothing_is_decided(apart: Apart, tmp_path: Path) -> None:
    """The clock is a fake, for the reason that tests/faults/clock says."""
    space = apart.space
    space.apply(target(), monitor(mode="Observe"))
    with apart.operator(**shiftable(tmp_path)) as operator:
        space.wait("mmon/reviews", ".status.state", "Breached")
        shift(operator, tmp_path, 86400)
        space.run("patch", "mmon", "reviews", "--type=merge", "-p", json.dumps({"spec": {"mode": "Auto"}}))
        until(lambda: "ahead of the API server's" in space.run("describe", "mmon", "reviews"), 60, "nobody is told")
        assert space.list("rr") == []
        shift(operator, tmp_path, -86400)
        space.wait("mmon/reviews", ".status.attempts", "1")
