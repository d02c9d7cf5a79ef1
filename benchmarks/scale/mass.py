"""Row 6: as many breaches at once as there are monitors, each of which must have exactly one Job."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from benchmarks.baselines import cron_script, raw_jobs
from benchmarks.baselines.cron_script import Breach
from benchmarks.pages import Record
from benchmarks.scale import OURS, Figure, Goal, Limit, Plan, Row
from benchmarks.scale.feed import STEADY, accuracies
from benchmarks.scale.operators import running
from benchmarks.scale.population import BAD, Population, populated, quiet_cluster
from benchmarks.scale.prometheus import Fed, fed_prometheus
from benchmarks.scale.turns import rounds_of, take_turns
from benchmarks.scale.watching import JOBS, Watch
from localcluster.progress import say
from tests.support.cluster.api_server import ApiServer
from tests.support.cluster.kubectl import cluster_environment

RAW, SCRIPT, TOGETHER = "raw async POSTs", "a script, kubectl for each", "a script, one kubectl for all"
LIMIT_S = 240.0
BREACHES = 1_000
"""Of all turns of a side together, or one turn: a turn with a thousand takes minutes."""
MOST_BY_SCRIPT = 100
"""Breaches of the script that starts a kubectl for each: its time is proportional to them."""
SECONDS, RATE = Figure("seconds", "seconds"), Figure("each_ms", "ms a Job")
JOBS_MADE, TWICE = Figure("jobs", "Jobs"), Figure("twice", "monitors with two runs or Jobs, or none")
QUERY = "accuracy < 0.85"


@dataclass(frozen=True)
class Stage:
    """Monitors that are all in breach, and where that is read."""

    people: Population
    prometheus: Fed
    folder: Path

    def play(self, act: Callable[[Watch, int], None], count: int) -> Record:
        """Have a side start its Jobs; return how long that took, and whether each breach has exactly one."""
        self.people.forget_runs()
        self.people.wipe(marked=False)
        watch, began = Watch(JOBS, selector="refit.dev/monitor"), time.monotonic()
        act(watch, count)
        seconds = time.monotonic() - began
        watch.close()
        record = {"seconds": round(seconds, 2), "each_ms": round(1000 * seconds / count, 2), "jobs": len(watch.seen)}
        return record | {"twice": self.wrong(count)}

    def wrong(self, count: int) -> int:
        """Return how many monitors don't have exactly one Job, or have two runs."""
        jobs = Counter(self.monitors_of(JOBS))
        runs = Counter(self.monitors_of("/apis/refit.dev/v1alpha1/retrainruns"))
        twice = {name for name, number in (*jobs.items(), *runs.items()) if number > 1}
        return len(twice) + max(0, count - len(jobs))

    def monitors_of(self, path: str) -> list[str]:
        """Return the monitor of each object."""
        with closing(ApiServer()) as server:
            items = json.loads(server.ask("GET", f"{path}?labelSelector=refit.dev/monitor")[1])["items"]
        return [f"{item['metadata']['namespace']}/{item['metadata']['labels']['refit.dev/monitor']}" for item in items]

    def operate(self, watch: Watch, count: int) -> None:
        """Let the operator find all breaches at its start, kill it halfway, and start it again."""
        with running(OURS, self.prometheus.address, self.folder):
            if not watch.wait(count // 2, LIMIT_S):
                say(f"{len(watch.seen)} of {count} Jobs when the operator was killed")
        with running(OURS, self.prometheus.address, self.folder):
            if not watch.wait(count, LIMIT_S):
                say(f"{len(watch.seen)} of {count} Jobs at the end")

    def post(self, watch: Watch, count: int) -> None:
        """Ask once, and post a Job for each."""
        asyncio.run(raw_jobs.start(self.breaches()))
        watch.wait(count, LIMIT_S)

    def run_script(self, start: Callable[[Sequence[Breach], dict[str, str]], None]) -> Callable[[Watch, int], None]:
        """Ask once, and have kubectl create so many Jobs."""

        def act(watch: Watch, count: int) -> None:
            start(self.breaches()[:count], cluster_environment())
            watch.wait(count, LIMIT_S)

        return act

    def breaches(self) -> list[Breach]:
        """Ask what is in breach."""
        return cron_script.breaches(self.prometheus.address, QUERY)


def measure(plan: Plan) -> list[Record]:
    """Return what every turn measured."""
    records: list[Record] = []
    folder = Path(mkdtemp(prefix="refit-scale-"))
    for size in plan.sizes:
        with quiet_cluster(), fed_prometheus() as prometheus, populated(size, size) as people:
            prometheus.feed.show(STEADY, accuracies(dict.fromkeys(people.names, BAD))).was_told.wait()
            prometheus.wait_until_known(series="accuracy")
            stage = Stage(people, prometheus, folder)
            few = min(size, MOST_BY_SCRIPT)
            sides = {
                OURS: lambda stage=stage, size=size: stage.play(stage.operate, size),
                RAW: lambda stage=stage, size=size: stage.play(stage.post, size),
                SCRIPT: lambda stage=stage, few=few: stage.play(stage.run_script(cron_script.start_one_by_one), few),
                TOGETHER: lambda stage=stage, size=size: stage.play(stage.run_script(cron_script.start_together), size),
            }
            records += take_turns(sides, size, rounds_of(size, plan, BREACHES))
    return records


ROWS = (
    Row(
        name="mass",
        number=6,
        title="A thousand breaches at once",
        method="All monitors are in breach when the operator starts; it is killed with SIGKILL once half of the Jobs "
        "are there, and started again at once. The time is from its first start until a watch has shown every Job, "
        "the second start and all that Python imports included. The script that starts a kubectl for each is given "
        f"{MOST_BY_SCRIPT} breaches at most; both scripts and the raw POSTs know what is in breach by one query, write "
        "nothing but the Job, and aren't killed. The Jobs are suspended, so that no pod starts.",
        sides=(OURS, RAW, SCRIPT, TOGETHER),
        figures=(SECONDS, RATE, JOBS_MADE, TWICE),
        measure=measure,
        goals=(Goal(RATE, 20, SCRIPT, 1_000), Goal(RATE, 0.5, RAW, 1_000), Limit(TWICE, 0, 1_000)),
        caveats="The operator writes a run and its status beside each Job, from which it goes on after a crash.",
        sizes=(1_000,),
        drawn=(SECONDS,),
    ),
)
