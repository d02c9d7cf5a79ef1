"""Two operators on the host and one real Lease: who leads, who follows, and when a leader ends itself."""

import signal
import socket
import time
from pathlib import Path

from tests.support.cluster.hosted import Hosted, operators
from tests.support.cluster.kubectl import Space
from tests.support.local import until


def holder(space: Space) -> str:
    return space.run("get", "lease", "refit-operator", "-o", "jsonpath={.spec.holderIdentity}")


def pair(space: Space, folder: Path) -> tuple[Hosted, Hosted]:
    """Start one, and a second once the first leads."""
    first = Hosted(space, folder / "first.log")
    first.wait_for("/readyz", 200)
    second = Hosted(space, folder / "second.log")
    second.wait_for("/healthz", 200)
    return first, second


def test_a_leader_told_to_stop_ends_well_in_time_and_hands_over(namespace: Space, tmp_path: Path) -> None:
    with operators(*pair(namespace, tmp_path)) as (first, second):
        until(lambda: second.says("standing by"), 30, second.log.read_text())
        assert (first.answer("/healthz"), first.answer("/readyz")) == (200, 200)
        assert (second.answer("/healthz"), second.answer("/readyz")) == (200, 503)
        with socket.create_connection(("127.0.0.1", first.port)):
            began = time.monotonic()
            first.send(signal.SIGTERM)
            assert first.ended(10) == 0
            assert time.monotonic() - began < 5
        second.wait_for("/readyz", 200, limit_s=5)


def test_one_that_stands_by_stops_at_once(namespace: Space, tmp_path: Path) -> None:
    with operators(*pair(namespace, tmp_path)) as (first, second):
        until(lambda: second.says("standing by"), 30, second.log.read_text())
        held = holder(namespace)
        second.send(signal.SIGTERM)
        assert second.ended(3) == 0
        assert (holder(namespace), first.answer("/readyz")) == (held, 200)


def test_a_leader_that_was_frozen_ends_itself_when_it_wakes(namespace: Space, tmp_path: Path) -> None:
    with operators(*pair(namespace, tmp_path)) as (first, second):
        first.send(signal.SIGSTOP)
        frozen = time.monotonic()
        second.wait_for("/readyz", 200, limit_s=40)
        assert time.monotonic() - frozen >= 12
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
