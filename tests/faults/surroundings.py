"""Faults of what the operator stands on: API server, etcd, watches, reads, Prometheus."""

import time
from contextlib import ExitStack
from pathlib import Path
from ssl import SSLContext
from urllib.parse import urlsplit

from localcluster import addresses
from tests.faults.gate import Gate
from tests.faults.scenarios import BACK, LONG, Scenario
from tests.faults.second_server import SecondServer
from tests.faults.trouble import ELECTED, Loop, Trouble
from tests.support.cluster.kubectl import cluster_environment
from tests.support.local import until

HELD_S = 10
"""How long nothing may happen while the operator can't know."""


class ApiServerKilled(Trouble):
    """Killed, and started again at once."""

    def surround(self, stack: ExitStack, folder: Path, trust: SSLContext) -> None:
        self.second = stack.enter_context(SecondServer(folder / "kube-apiserver.log", trust))
        self.server = self.second.url

    def play(self, loop: Loop) -> str:
        began = time.monotonic()
        self.second.kill()
        self.second.start()
        loop.record.fell = time.monotonic()
        return f"away for {loop.record.fell - began:.0f} s"


class EtcdStopped(Trouble):
    """etcd stands still for the operator's API server alone: the node's own would stop the whole cluster."""

    def __init__(self, mode: str, at: str, seconds: int) -> None:
        super().__init__(mode, at)
        self.seconds = seconds

    def surround(self, stack: ExitStack, folder: Path, trust: SSLContext) -> None:
        self.gate = stack.enter_context(Gate(addresses.ETCD))
        second = stack.enter_context(SecondServer(folder / "kube-apiserver.log", trust, self.gate.port))
        self.server = second.url

    def play(self, loop: Loop) -> str:
        self.gate.freeze()
        time.sleep(self.seconds)
        self.gate.thaw()
        loop.record.fell = time.monotonic()
        return ""


class EtcdStoppedForALeader(EtcdStopped):
    """The same for an operator that has to renew a Lease: it ends itself, and stands by until it can lead again."""

    starts = (2,)

    def __init__(self, mode: str, at: str, seconds: int) -> None:
        super().__init__(mode, at, seconds)
        self.environment = ELECTED


class WatchesHalfOpen(Trouble):
    """Those that are open deliver nothing more."""

    def play(self, loop: Loop) -> str:
        loop.proxy.silence(new_ones_too=False)
        loop.record.fell = time.monotonic()
        return "went on by its own polling"


class AllWatchesHalfOpen(Trouble):
    """Nor do new ones, until the watchdog has ended the operator."""

    scenario = LONG
    starts = (2,)

    def play(self, loop: Loop) -> str:
        began = time.monotonic()
        loop.record.fell = began
        loop.proxy.silence(new_ones_too=True)
        until(lambda: loop.lives[0].starts == 2, 140, "the watchdog saw nothing")
        loop.proxy.speak()
        return f"went on by its own polling; its watchdog ended it after {time.monotonic() - began:.0f} s"


class PrometheusDown(Trouble):
    """The operator's Prometheus refuses connections, for it alone."""

    def surround(self, stack: ExitStack, folder: Path, trust: SSLContext) -> None:
        port = urlsplit(cluster_environment()["REFIT_PROMETHEUS_URL"]).port or 9090
        self.gate = stack.enter_context(Gate(port))
        self.environment = {"REFIT_PROMETHEUS_URL": f"http://127.0.0.1:{self.gate.port}"}

    def hold(self, loop: Loop, what: str) -> str:
        """Let it be back after a while in which nothing was written."""
        calls = len(loop.record.calls)
        time.sleep(HELD_S)
        wrote = [call.name for call in loop.record.calls[calls:]]
        assert not wrote, f"wrote without a reading: {wrote}"
        self.gate.accept()
        loop.record.fell = time.monotonic()
        return f"held for {HELD_S} s, {what}"


class PrometheusDownBeforeTheRun(PrometheusDown):
    """Before any reading: no run is started, and the monitor says why."""

    def prepare(self, loop: Loop) -> None:
        self.gate.refuse()

    def play(self, loop: Loop) -> str:
        loop.space.wait("mmon/reviews", ".status.state", "Blind")
        told = self.hold(loop, "the monitor was Blind")
        assert not loop.space.list("rr"), "a run was started"
        return f"{told}, no run and no Job"


class PrometheusDownDuringVerification(PrometheusDown):
    """After a promotion that disappoints: nothing is taken back by what isn't known."""

    scenario = BACK

    def play(self, loop: Loop) -> str:
        self.gate.refuse()
        loop.space.wait("mmon/reviews", '.status.conditions[?(@.type=="MetricAvailable")].status', "False")
        told = self.hold(loop, "the run went on watching")
        assert loop.observer.stage == "Verifying", f"the run is in {loop.observer.stage}"
        return told


class ReadsStale(Trouble):
    """Some reads are answered as before the stage `since`, for a while, and then as they are."""

    def __init__(self, mode: str, at: str, *kinds: str, since: str, scenario: Scenario = Trouble.scenario) -> None:
        super().__init__(mode, at)
        self.kinds, self.since, self.scenario = frozenset(kinds), since, scenario

    def play(self, loop: Loop) -> str:
        began = next(at for stage, at in loop.observer.stages if stage == self.since)
        loop.record.fell = time.monotonic()
        loop.proxy.replay.begin(self.kinds, began)
        time.sleep(HELD_S)
        loop.proxy.replay.end()
        given = loop.proxy.replay.given
        assert given, "nothing was read"
        return f"{given} stale answers"
