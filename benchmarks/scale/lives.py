"""Lives of an operator with many monitors, for several rows: it starts, watches, and is started again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from benchmarks.pages import Record
from benchmarks.scale import OURS, Plan
from benchmarks.scale.feed import STEADY, counters
from benchmarks.scale.operators import KINDS, Running, running, wait_until_it_works
from benchmarks.scale.population import Population, populated, quiet_cluster
from benchmarks.scale.processes import Meter, control_plane, memory_of, own_memory_of
from benchmarks.scale.prometheus import Fed, fed_prometheus
from benchmarks.scale.reading import asked
from benchmarks.scale.requests_counted import read_counts, reads, writes
from benchmarks.scale.turns import rounds_of, take_turns
from benchmarks.scale.watching import JUDGED, MONITORS, Watch
from localcluster.progress import say

LIMIT_S = 240.0
"""The longest that a start is waited for."""
SETTLE_S, STEADY_S, RESTART_S, EMPTY_S = 10.0, 30.0, 20.0, 5.0
"""In this order: from a start to what is measured then; for what is measured; for what a restart writes; for an
operator without monitors."""
HOUR_S = 3600.0


@dataclass
class Stage:
    """Where the lives are played."""

    people: Population
    prometheus: Fed
    folder: Path
    empty: dict[str, Record]
    """What each side takes of memory without any monitor."""
    marked: bool = False
    """Whether a side has left finalizers and annotations on monitors."""

    def meter(self, operator: Running) -> Meter:
        """Measure CPU from now on."""
        return Meter({"operator": operator.pid, "prometheus": self.prometheus.pid, **control_plane()})


def live(stage: Stage, side: str) -> Record:
    """Play one life: from a start with monitors that say nothing yet."""
    stage.people.wipe(marked=stage.marked)
    stage.marked = KINDS[side].marks
    watch, before = Watch(MONITORS, JUDGED), read_counts()
    with running(side, stage.prometheus.address, stage.folder) as operator:
        meter, began = stage.meter(operator), time.monotonic()
        record = judge_all(watch, len(stage.people.names), began) | {"writes_start": writes(read_counts() - before)}
        record |= {f"start_{name}": value for name, value in meter.read().items()}
        record |= stay(stage, operator) | memory(operator)
    grown = record["rss"] - stage.empty[side]["rss"]
    record["rss_each"] = round(1024 * grown / len(stage.people.names), 2)
    return record | (restart(stage, side) if side == OURS else {})


def restart(stage: Stage, side: str) -> Record:
    """Start once more, with everything judged, and return how much is written."""
    before = read_counts()
    with running(side, stage.prometheus.address, stage.folder):
        time.sleep(RESTART_S)
        return {"writes_restart": writes(read_counts() - before)}


def judge_all(watch: Watch, size: int, began: float) -> Record:
    """Wait until every monitor says its reading, or for as long as that is waited for."""
    if not watch.wait(size, LIMIT_S):
        say(f"{len(watch.seen)} of {size} monitors were judged in {LIMIT_S:.0f} s")
    seconds = time.monotonic() - began
    watch.close()
    return {"seconds": round(seconds, 2), "judged": len(watch.seen)}


def stay(stage: Stage, operator: Running) -> Record:
    """Measure what it costs while nothing changes, as CPU in percent of a core."""
    time.sleep(SETTLE_S)
    meter, before, queries = stage.meter(operator), read_counts(), asked(stage.prometheus.address)
    time.sleep(STEADY_S)
    made = read_counts() - before
    cpu = {name: round(100 * value / STEADY_S, 2) for name, value in meter.read().items()}
    queries = asked(stage.prometheus.address) - queries
    return {
        **cpu,
        "queries_hour": round(queries * HOUR_S / STEADY_S),
        "writes_hour": round(writes(made) * HOUR_S / STEADY_S),
        "reads_hour": round(reads(made) * HOUR_S / STEADY_S),
    }


def memory(operator: Running) -> Record:
    """Return its memory in MiB."""
    return {"rss": round(memory_of(operator.pid) / 2**20, 1), "pss": round(own_memory_of(operator.pid) / 2**20, 1)}


def without_monitors(side: str, prometheus: str, folder: Path) -> Record:
    """Return the memory of a side that has nothing to do."""
    with running(side, prometheus, folder) as operator:
        wait_until_it_works(operator)
        time.sleep(EMPTY_S)
        return memory(operator)


@cache
def lives(plan: Plan, sides: tuple[str, ...]) -> tuple[Record, ...]:
    """Return what every life had: one play for all rows that are made of it."""
    records: list[Record] = []
    folder = Path(mkdtemp(prefix="refit-scale-"))
    say(f"the operators' logs are in {folder}")
    for size in plan.sizes:
        with quiet_cluster(), fed_prometheus() as prometheus:
            empty = {side: without_monitors(side, prometheus.address, folder) for side in sides}
            with populated(size) as people:
                prometheus.feed.show(STEADY, counters(people.names)).was_told.wait()
                prometheus.wait_until_known()
                stage = Stage(people, prometheus, folder, empty)
                records += take_turns({side: _life(stage, side) for side in sides}, size, rounds_of(size, plan))
    return tuple(records)


def _life(stage: Stage, side: str) -> Callable[[], Record]:
    return lambda: live(stage, side)
