"""200 monitors of one namespace whose queries hang make nobody late, not even on the server that hangs for them.

The server stands in for one that chokes on some queries and answers others: it hands these on to a real Prometheus.
"""

import asyncio
from collections import defaultdict
from datetime import timedelta
from functools import partial
from itertools import pairwise
from socket import socket
from threading import Event

import pytest
import requests

from refit_operator.api.metadata import Ref
from refit_operator.api.metric import MetricSpec
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.controller.workqueue import Again, Workqueue
from refit_operator.prometheus.client import PrometheusServer
from refit_operator.prometheus.reader import Reader, Subject
from refit_operator.prometheus.rules.allowlist import parse_allowed
from refit_operator.prometheus.rules.breaker import TIMEOUTS
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, Reading, reason_of
from refit_operator.prometheus.servers import Servers
from tests.support.prometheus.fakes import serve, whole
from tests.support.prometheus.history import NOON

STRANGERS = [Ref("stranger", f"m{number}") for number in range(200)]
NEIGHBOUR, _ = NEIGHBOURS = (Ref("shop", "reviews"), Ref("bank", "reviews"))
EVERYBODY = (*STRANGERS, *NEIGHBOURS)
EVERY = timedelta(seconds=0.2)
DEADLINE = timedelta(seconds=2)
READINGS = 30
Found = dict[Ref, list[tuple[float, tuple[Reading, ...] | QueryFailed]]]


class Choking:
    """Hang for heavy queries, and count them; ask the real server the others."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.heavy = 0

    def __call__(self, connection: socket, over: Event) -> None:
        path = connection.recv(65536).split()[1].decode()
        if "heavy" in path:
            self.heavy += 1
            over.wait()
        reply = requests.get(self.address + path, timeout=10)
        connection.sendall(whole(f"{reply.status_code} {reply.reason}", reply.content))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = partial(PrometheusServer, deadline=DEADLINE)
    monkeypatch.setattr("refit_operator.prometheus.servers.PrometheusServer", ours)


class NoSecrets:
    """For monitors that need none."""

    async def get_secret_value(self, namespace: str, name: str, key: str) -> str:
        raise AssertionError("no Secret is named here")


async def read_all(healthy: str, choking: str) -> Found:
    """Read all monitors' metrics by a workqueue until there is enough; return when each was read, and what it was."""
    readings = Reader(Servers(healthy, parse_allowed(choking), NoSecrets()))
    found: Found = defaultdict(list)
    is_enough = asyncio.Event()

    async def reconcile(ref: Ref) -> Again:
        query = "vector(0)+heavy" if ref in STRANGERS else "vector(1)"
        metric = MetricSpec.model_validate({"query": query, "threshold": 0.5, "interval": "1m"})
        prometheus = PrometheusSpec(server_address="" if ref == NEIGHBOUR else choking)
        subject = Subject(ref.namespace, ref.name, "server")
        window = await readings.window(subject, prometheus, metric, 1, NOON)
        found[ref].append((asyncio.get_running_loop().time(), window))
        if len(found) == len(EVERYBODY) and all(len(found[one]) >= READINGS for one in NEIGHBOURS):
            is_enough.set()
        return Again(EVERY)

    workqueue = Workqueue(reconcile, 16)
    running = asyncio.create_task(workqueue.run())
    for ref in EVERYBODY:
        workqueue.enqueue(ref)
    async with asyncio.timeout(60):
        await is_enough.wait()
    running.cancel()
    return found


async def test_strangers_whose_queries_hang_make_nobody_late(prometheus: str) -> None:
    choking = Choking(prometheus)
    with serve(choking) as address:
        found = await read_all(prometheus, address)
    for ref in NEIGHBOURS:
        times = [time for time, _ in found[ref]]
        assert max(later - earlier for earlier, later in pairwise(times)) < DEADLINE.total_seconds()
        assert {reason_of(one) for _, window in found[ref] if isinstance(window, tuple) for one in window} == {"Value"}
        assert not [window for _, window in found[ref] if isinstance(window, QueryFailed)]
    kinds = {window.kind for ref in STRANGERS for _, window in found[ref] if isinstance(window, QueryFailed)}
    assert kinds == {FailureKind.Timeout, FailureKind.CircuitOpen}
    assert TIMEOUTS <= choking.heavy < 8 + TIMEOUTS  # half of the slots, and those that were freed before it opened
