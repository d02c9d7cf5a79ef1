"""Row 7: how long after a breach shows in Prometheus its Job is there, among many monitors."""

import json
import random
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

from benchmarks.pages import Record
from benchmarks.scale import OURS, Figure, Limit, Plan, Row
from benchmarks.scale.feed import MOVING, STEADY, Names, accuracies, counters
from benchmarks.scale.operators import running
from benchmarks.scale.population import BAD, GOOD, INTERVAL_S, Population, populated, quiet_cluster
from benchmarks.scale.prometheus import Fed, fed_prometheus
from benchmarks.scale.watching import JOBS, JUDGED, MONITORS, Watch
from localcluster.progress import say
from tests.support.cluster.api_server import ApiServer

TIMES = 4
"""Breaches of a round."""
LIMIT_S = 600.0
DELAY_S = min(15.0, INTERVAL_S / 4)
"""From a reading's time until it is asked for: by then its samples are stored."""
SECONDS, WAITED, LATE = (
    Figure("seconds", "seconds to the Job"),
    Figure("waited", "of these until the reading is due"),
    Figure("late", "after that"),
)


@dataclass(frozen=True)
class Breach:
    """A monitor, and when its breach showed in Prometheus."""

    name: Names
    at: float


def moved(prometheus: Fed, movers: tuple[Names, ...]) -> list[Breach]:
    """Let one after another fall, at times that fit no grid."""
    values, found, chance = dict.fromkeys(movers, GOOD), list[Breach](), random.Random(7)
    for name in movers:
        time.sleep(chance.uniform(1.0, 4.0))
        values[name] = BAD
        page = prometheus.feed.show(MOVING, accuracies(values))
        page.was_told.wait()
        found.append(Breach(name, page.told_at))
    return found


def measured(breach: Breach, watch: Watch, server: ApiServer) -> Record:
    """Return how long it took, and how much of that was the wait for the reading."""
    namespace, name = breach.name
    listed = server.ask("GET", f"/apis/refit.dev/v1alpha1/namespaces/{namespace}/retrainruns")[1]
    runs = [run for run in json.loads(listed)["items"] if run["spec"]["monitorRef"]["name"] == name]
    assert len(runs) == 1, f"{name} has {len(runs)} runs"
    due = datetime.fromisoformat(runs[0]["spec"]["trigger"]["time"]).timestamp() + DELAY_S
    at = next(time for job, time in watch.seen.items() if job.startswith(f"{name}-"))
    return {
        "seconds": round(at - breach.at, 2),
        "waited": round(due - breach.at, 2),
        "late": round(at - due, 2),
    }


def breaches(people: Population, prometheus: Fed, movers: tuple[Names, ...], folder: Path) -> list[Record]:
    """Let these monitors fall once all are judged; return what became of each."""
    judged = Watch(MONITORS, JUDGED)
    with running(OURS, prometheus.address, folder):
        if not judged.wait(len(people.names), LIMIT_S):
            say(f"{len(judged.seen)} of {len(people.names)} monitors were judged in {LIMIT_S:.0f} s")
        watch = Watch(JOBS, selector="refit.dev/monitor")
        fallen = moved(prometheus, movers)
        assert watch.wait(len(movers), LIMIT_S), f"{len(watch.seen)} of {len(movers)} Jobs are there"
        with closing(ApiServer()) as server:
            found = [measured(breach, watch, server) for breach in fallen]
    watch.close()
    judged.close()
    return found


def measure(plan: Plan) -> list[Record]:
    """Return a record for each breach."""
    records: list[Record] = []
    folder = Path(mkdtemp(prefix="refit-scale-"))
    for size in plan.sizes:
        count = min(TIMES * plan.rounds, size // 4)
        with quiet_cluster(), fed_prometheus() as prometheus, populated(size, count) as people:
            prometheus.feed.show(STEADY, counters(people.steady)).was_told.wait()
            prometheus.feed.show(MOVING, accuracies(dict.fromkeys(people.movers, GOOD))).was_told.wait()
            prometheus.wait_until_known()
            found = breaches(people, prometheus, tuple(sorted(people.movers)), folder)
        records += [{"side": OURS, "size": size, "round": number, **one} for number, one in enumerate(found)]
    return records


ROWS = (
    Row(
        name="late",
        number=7,
        title="From a breach in Prometheus to its Job",
        method=f"Among monitors that read every {INTERVAL_S} s, some fall at random times, {TIMES} for each round. The "
        "time is from the scrape that shows it until a watch shows the Job. A reading that falls anywhere between two "
        f"others waits for half the interval on average, and is asked for {DELAY_S:g} s after its time, when its "
        "samples are stored for certain; what comes after that is the operator's.",
        sides=(OURS,),
        figures=(SECONDS, WAITED, LATE),
        measure=measure,
        goals=(Limit(LATE, 1), Limit(SECONDS, INTERVAL_S / 2 + 1)),
        caveats=f"The second limit leaves no room for the {DELAY_S:g} s that a reading waits for its samples.",
        sizes=(3_000,),
        drawn=(LATE,),
    ),
)
