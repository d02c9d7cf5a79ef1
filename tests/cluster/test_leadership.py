"""Two operators on the host and one real Lease: who leads, who follows, and when a leader ends itself."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.cluster.hosted import Hosted, operators
from tests.support.cluster.kubectl import Space
from tests.support.local import until

LEASE = timedelta(seconds=15)
STOPS_IN_S = 10
"""The operator's terminationGracePeriodSeconds."""


def lease(space: Space) -> dict[str, Any]:
    spec: dict[str, Any] = space.get("lease", "refit-operator")["spec"]
    return spec


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def holder(space: Space) -> str:
    return space.run("get", "lease", "refit-operator", "-o", "jsonpath={.spec.holderIdentity}")


@contextmanager
def pair(space: Space, folder: Path) -> Iterator[tuple[Hosted, Hosted]]:
    """Have one, and a second that was started once the first led."""
    with operators(Hosted(space, folder / "first.log")) as (first,):
        first.wait_for("/readyz", 200)
        with operators(Hosted(space, folder / "second.log")) as (second,):
            second.wait_for("/healthz", 200)
            yield first, second


def test_a_leader_told_to_stop_ends_well_in_time_and_hands_over(namespace: Space, tmp_path: Path) -> None:
    with pair(namespace, tmp_path) as (first, second):
        until(lambda: second.says("standing by"), 30, second.log.read_text())
        assert (first.answer("/healthz"), first.answer("/readyz")) == (200, 200)
        assert (second.answer("/healthz"), second.answer("/readyz")) == (200, 503)
        with socket.create_connection(("127.0.0.1", first.port)):
            first.send(signal.SIGTERM)
            assert first.ended(STOPS_IN_S) == 0
        second.wait_for("/readyz", 200, limit_s=LEASE.total_seconds() / 2)


def test_one_that_stands_by_stops_at_once(namespace: Space, tmp_path: Path) -> None:
    with pair(namespace, tmp_path) as (first, second):
        until(lambda: second.says("standing by"), 30, second.log.read_text())
        held = holder(namespace)
        second.send(signal.SIGTERM)
        assert second.ended(3) == 0
        assert (holder(namespace), first.answer("/readyz")) == (held, 200)


def test_a_leader_that_was_frozen_ends_itself_when_it_wakes(namespace: Space, tmp_path: Path) -> None:
    with pair(namespace, tmp_path) as (first, second):
        first.send(signal.SIGSTOP)
        before = lease(namespace)
        second.wait_for("/readyz", 200, limit_s=40)
        taken = lease(namespace)
        assert moment(taken["acquireTime"]) - moment(before["renewTime"]) >= LEASE
        held = holder(namespace)
        first.send(signal.SIGCONT)
        assert first.ended(5) == 1
        assert first.says("LeadershipLost")
        assert holder(namespace) == held


def test_a_leader_whose_lease_was_taken_ends_itself(namespace: Space, tmp_path: Path) -> None:
    with operators(Hosted(namespace, tmp_path / "first.log")) as (first,):
        first.wait_for("/readyz", 200)
        patch = '{"spec":{"holderIdentity":"somebody"}}'
        namespace.run("patch", "lease", "refit-operator", "--type=merge", "-p", patch)
        assert first.ended(6) == 1
        assert first.says("somebody holds the lease")
        assert holder(namespace) == "somebody"


def test_a_lease_that_was_deleted_is_made_anew(namespace: Space, tmp_path: Path) -> None:
    with operators(Hosted(namespace, tmp_path / "first.log")) as (first,):
        first.wait_for("/readyz", 200)
        held = holder(namespace)
        namespace.run("delete", "lease", "refit-operator")
        until(lambda: namespace.list("lease") != [] and holder(namespace) == held, 10, "no new lease")
        assert first.process.poll() is None
