"""What many monitors cost while their server is down, and once it is back: counted in requests, not in seconds."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from refit_operator.api.conditions import ConditionType, is_true
from refit_operator.api.metadata import Ref
from refit_operator.api.monitor import ModelMonitor, ModelMonitorStatus
from refit_operator.controller.reconcile import reconcile
from refit_operator.ports import Ports
from refit_operator.prometheus import servers
from refit_operator.prometheus.client import PrometheusServer
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules import breaker
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.prometheus.servers import Servers
from refit_operator.run.pruner import Pruner
from refit_operator.sweep.sweeper import Sweeper
from tests.support.prometheus.fakes import Switch, hanging_up, passing, serve, silent
from tests.support.prometheus.history import ACCURACY, BEGIN, NOON
from tests.support.prometheus.no_secrets import NoSecrets
from tests.support.samples import deployment, make_monitor

MINUTE = timedelta(minutes=1)
NAMESPACES = 10
METRIC = {"query": ACCURACY, "threshold": 0.8, "interval": "1m"}


class Counted:
    """A stand-in for the API server that counts its requests, and for the clock: a real one tells no time by itself."""

    def __init__(self, monitors: int) -> None:
        refs = [Ref(f"n{number % NAMESPACES}", f"m{number}") for number in range(monitors)]
        self.monitors = {ref: monitor_of(ref) for ref in refs}
        self.requests: Counter[str] = Counter()
        self.time = NOON

    def now(self) -> datetime:
        return self.time

    async def get_monitor(self, ref: Ref) -> ModelMonitor:
        self.requests["get"] += 1
        return self.monitors[ref]

    async def list_runs(self, _: object) -> tuple[()]:
        self.requests["list"] += 1
        return ()

    async def list_monitors_of(self, *_: object) -> tuple[()]:
        self.requests["list"] += 1
        return ()

    async def read(self, *_: object) -> dict[str, Any]:
        self.requests["get"] += 1
        return deployment()

    async def write_status(self, _: object, owner: ModelMonitor, status: dict[str, Any]) -> str:
        self.requests["write"] += 1
        written = ModelMonitorStatus.model_validate(status)
        self.monitors[owner_of(owner)] = owner.model_copy(update={"status": written})
        return "11"

    async def create(self, kind: tuple[str, str], *_: object) -> None:
        self.requests[kind[1]] += 1


def monitor_of(ref: Ref) -> ModelMonitor:
    meta = {"namespace": ref.namespace, "name": ref.name, "creationTimestamp": BEGIN.isoformat()}
    return make_monitor(metric=METRIC, metadata=meta)


def owner_of(monitor: ModelMonitor) -> Ref:
    return Ref(monitor.metadata.namespace, monitor.metadata.name)


class Fleet:
    """Monitors of one server, their sweep and their reconciliations: an interval at a time."""

    def __init__(self, address: str, monitors: int) -> None:
        self.api, self.pruner = Counted(monitors), Pruner()
        cluster: Any = self.api
        reader = Reader(Servers(address, (), NoSecrets()))
        self.ports = Ports(cluster, reader, MassBreachDetector(), clock=cluster)
        self.sweeper = Sweeper(reader, self.ports.mass_breach, cluster)
        self.due = list(self.api.monitors)

    async def interval(self) -> tuple[int, Counter[str]]:
        """Return how many monitors were reconciled within an interval, and the requests to the API server."""
        self.api.time += MINUTE
        for group in list(self.sweeper._groups.values()):
            await self.sweeper._sweep(group, self.api.time, lambda ref, _: self.due.append(ref))
        due, self.due, self.api.requests = self.due, [], Counter()
        turns = asyncio.Semaphore(16)

        async def step(ref: Ref) -> None:
            async with turns:
                if await reconcile(ref, self.ports, self.pruner, self.sweeper) is not None:
                    self.due.append(ref)

        await asyncio.gather(*map(step, due))
        return len(due), self.api.requests

    def available(self) -> int:
        return sum(
            is_true(each.status.conditions, ConditionType.METRIC_AVAILABLE) for each in self.api.monitors.values()
        )


async def test_while_their_server_is_down_monitors_cost_a_few_queries(prometheus: str) -> None:
    many, script = 300, Switch(hanging_up)
    once = Counter({"get": 2 * many, "list": 2 * many, "write": many, "Event": many})
    with serve(script) as address:
        fleet = Fleet(address, many)
        assert await fleet.interval() == (many, once)
        for _ in range(5):
            script.calls = 0
            assert await fleet.interval() == (0, Counter())
            assert script.calls == NAMESPACES
        assert fleet.available() == 0
        script.now = passing(prometheus)
        assert await fleet.interval() == (many, once)
        assert fleet.available() == many
        script.calls = 0
        assert await fleet.interval() == (0, Counter())
        assert script.calls < NAMESPACES


@pytest.mark.parametrize(("pause", "asked"), [(breaker.PAUSE, 0), (0.0, NAMESPACES)])
async def test_a_server_that_hangs_is_asked_by_one_query_of_a_namespace(
    prometheus: str, monkeypatch: pytest.MonkeyPatch, pause: float, asked: int
) -> None:
    """Its deadline is shortened: a real one is ten seconds."""
    many, script, settling = 8 * NAMESPACES, Switch(silent), []
    monkeypatch.setattr(breaker, "PAUSE", pause)
    with serve(script) as address:
        hangs, answers = PrometheusServer(address, deadline=timedelta(seconds=0.2)), PrometheusServer(prometheus)
        monkeypatch.setattr(servers, "_connect", lambda *_: hangs)
        fleet = Fleet(address, many)
        while (await fleet.interval())[0]:
            settling.append(script.calls)
        assert len(settling) <= 5
        script.calls = 0
        assert await fleet.interval() == (0, Counter())
        assert script.calls == asked
        if pause:
            return
        monkeypatch.setattr(servers, "_connect", lambda *_: answers)
        assert (await fleet.interval())[0] == many
        assert fleet.available() == many
