"""From a breach to the verdict on what replaced the model, by counters from a real Prometheus, window by window."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.api.run import RetrainRun
from refit_operator.monitor.rules import decide as monitors
from refit_operator.monitor.rules.decision import StartRun
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.evidence import WINDOWS
from refit_operator.prometheus.servers import Servers
from refit_operator.run.rules.asked import Asked, asked
from refit_operator.run.rules.decide import decide
from tests.support.monitors import seen as seen_by_monitor
from tests.support.prometheus.history import SCRAPE, SUBJECT
from tests.support.prometheus.process import Prometheus
from tests.support.runs import ACCEPTED, NEW, condition, seen
from tests.support.samples import NOW, make_monitor, merge

BEGIN, DROP, END = NOW - timedelta(hours=3), NOW - timedelta(hours=1), NOW + timedelta(hours=2)
WINDOW = timedelta(minutes=5)
JUDGED = 10
"""Outcomes from one scrape to the next: less than 200 in a window."""
SERVED = {"worse": 0.55, "better": 0.84, "same": 0.75}
"""What the candidate's accuracy is, where the old model has 0.75 since the drop, and had 0.9 before it."""


class NoSecrets:
    """For monitors that need none."""

    async def get_secret_value(self, namespace: str, name: str, key: str) -> Any:
        raise AssertionError("no Secret is named here")


def samples(kind: str, model: str, begin: datetime, end: datetime) -> Iterator[str]:
    """Yield a counter of a model while it serves."""
    right, judged, time = 0.0, 0, begin
    while time < end:
        yield f'{kind}_total{{model="{model}"}} {int(right) if kind == "right" else judged} {int(time.timestamp())}'
        accuracy = SERVED.get(model) or (0.9 if time < DROP else 0.75)
        right, judged, time = right + JUDGED * accuracy, judged + JUDGED, time + SCRAPE


def history() -> str:
    times = {"old": (BEGIN, NOW)} | dict.fromkeys(SERVED, (NOW, END))
    lines = (samples(kind, model, *during) for kind in ("judged", "right") for model, during in times.items())
    return "\n".join([*chain.from_iterable(lines), "# EOF\n"])


@pytest.fixture(scope="module")
def counters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a Prometheus that has them."""
    if not which("prometheus") or not which("promtool"):
        pytest.skip("needs the prometheus and promtool binaries")
    root: Path = tmp_path_factory.mktemp("before-after")
    (root / "history.txt").write_text(history())
    fill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "history.txt", "data"]
    subprocess.run(fill, cwd=root, check=True, capture_output=True)
    with Prometheus(root) as server:
        yield f"http://127.0.0.1:{server.port}"


class Story:
    """One monitor and its run, whose counters are those of the old model and of one that replaces it."""

    def __init__(self, address: str, model: str) -> None:
        ratio = {
            name: f'{kind}_total{{model=~"old|{model}"}}' for name, kind in (("good", "right"), ("total", "judged"))
        }
        self.monitor = make_monitor(metric={"query": None, "ratio": ratio}, verification={"for": "90m"})
        self.reader = Reader(Servers(address, (), NoSecrets()))
        self.grid = self.reader.grid_of(PrometheusSpec(), self.monitor.spec.metric)

    async def _read(self, needed: Asked | None) -> Any:
        spec = self.monitor.spec
        return needed and await self.reader.window(SUBJECT, PrometheusSpec(), spec.metric, needed.count, needed.until)

    async def breach(self) -> RetrainRun:
        """Return the run that the drop leads to."""
        now = DROP
        while True:
            now = self.grid.next_reading(now)
            window = await self._read(Asked(WINDOWS, now))
            observed = seen_by_monitor(monitor=self.monitor, window=window, query_range=self.grid.query_range)
            decision = monitors.decide(replace(observed, now=now))
            if isinstance(decision, StartRun):
                identity = {"uid": "run-uid", "resourceVersion": "1", "creationTimestamp": now.isoformat()}
                return RetrainRun.model_validate(merge(decision.body, {"metadata": identity}))

    async def step(self, run: RetrainRun, now: datetime, live: str = "") -> RetrainRun:
        """Return the run as it is after a reconciliation."""
        window = await self._read(asked(run, now, self.grid.interval, self.grid.query_range)) or ()
        observed = replace(seen(live=live, now=now, window=window, query_range=self.grid.query_range), run=run)
        return run.model_copy(update={"status": decide(observed).status})


async def verified(address: str, model: str) -> tuple[RetrainRun, datetime]:
    """Return the run at its verdict, and when that was."""
    story = Story(address, model)
    run = with_status(await story.breach(), ACCEPTED)
    run = await story.step(run, NOW)
    rolled_out = {
        "conditions": [*ACCEPTED["conditions"], condition("Promoted", "True")],
        "rolledOutTime": NOW.isoformat(),
    }
    run, now = with_status(run, rolled_out), NOW
    while run.status.outcome is None and not (run.status.pointer_change and run.status.pointer_change.rollback_time):
        now = story.grid.next_reading(now)
        run = await story.step(run, now, NEW)
    return run, now


def with_status(run: RetrainRun, status: dict[str, Any]) -> RetrainRun:
    document = run.to_json()
    return RetrainRun.model_validate(merge(document, {"status": status}))


async def test_a_worse_model_is_rolled_back(counters: str) -> None:
    run, now = await verified(counters, "worse")
    assert run.status.pointer_change and run.status.pointer_change.rollback_time == now < NOW + timedelta(minutes=30)
    assert "certain (99 %) that it is more than" in (run.status.message or "")


async def test_a_better_one_that_is_still_below_the_threshold_is_confirmed_early(counters: str) -> None:
    run, now = await verified(counters, "better")
    assert run.status.outcome == "Promoted" and now < NOW + timedelta(minutes=60)
    assert "certain (99 %) that it isn't more than" in (run.status.message or "")


async def test_an_equally_good_one_stays_unconfirmed(counters: str) -> None:
    run, now = await verified(counters, "same")
    assert run.status.outcome == "Promoted" and now >= NOW + timedelta(minutes=90)
    assert (run.status.message or "").startswith("the checkpoint stays, unconfirmed: accuracy 0.7")


async def test_the_baseline_is_of_after_the_breach(counters: str) -> None:
    """The monitor's own is of what led to it; both are of after the drop, and of the old model only."""
    run, _ = await verified(counters, "better")
    led, recorded = run.spec.trigger.baseline, run.status.baseline
    assert led and recorded and led.total and recorded.total
    assert DROP - WINDOW <= led.since < led.until == run.spec.trigger.time <= recorded.since < recorded.until <= NOW
    assert recorded.value == pytest.approx(0.75, abs=0.005)
    assert recorded.total == pytest.approx(190 * recorded.readings, rel=0.02)
