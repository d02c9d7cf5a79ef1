"""Rows 3 to 5: start with many monitors, keep them in memory, watch them while nothing changes."""

from benchmarks.scale import OURS, Figure, Goal, Limit, Row
from benchmarks.scale.lives import LIMIT_S, RESTART_S, STEADY_S, lives
from benchmarks.scale.operators import KOPF
from benchmarks.scale.population import IN_A_NAMESPACE, INTERVAL_S
from benchmarks.scale.prometheus import SCRAPE_S
from benchmarks.scale.turns import OF_ALL_TURNS

SIDES, SIZES = (OURS, KOPF), (1_000, 3_000)
SECONDS, JUDGED = Figure("seconds", "seconds"), Figure("judged", "judged")
START_CPU, START_API = (
    Figure("start_cpu_operator", "seconds of its CPU"),
    Figure("start_cpu_apiserver", "of the API server's"),
)
START_WRITES, RESTART_WRITES = Figure("writes_start", "writes"), Figure("writes_restart", "writes after a restart")
RSS, PSS, EACH = Figure("rss", "RSS, MiB"), Figure("pss", "PSS, MiB"), Figure("rss_each", "KiB a monitor")
CPU, PROMETHEUS = Figure("cpu_operator", "its CPU, % of a core"), Figure("cpu_prometheus", "Prometheus' CPU, %")
API_SERVER, ETCD = Figure("cpu_apiserver", "the API server's CPU, %"), Figure("cpu_etcd", "etcd's CPU, %")
QUERIES, WRITES = Figure("queries_hour", "queries an hour"), Figure("writes_hour", "writes an hour")
READS = Figure("reads_hour", "reads an hour")
_SETTING = (
    f"Monitors in namespaces of {IN_A_NAMESPACE}, each with a Deployment of its own, without pods yet, and the ratio "
    f"of two counters of its own, read every {INTERVAL_S} s (`metric.ratio`, `window: {INTERVAL_S}s`); Prometheus "
    f"scrapes every {SCRAPE_S} s. The timer asks for the same ratio in one query. Each side has as many turns as make "
    f"{OF_ALL_TURNS:,} monitors in all, and one at least."
)

ROWS = (
    Row(
        name="start",
        number=3,
        title="From the start until every monitor is judged",
        method=f"{_SETTING} No status says anything yet. The time is from the start of the process until a watch has "
        f"shown a reading in the status of every monitor, {LIMIT_S:.0f} s at most. Then the operator is killed and "
        f"started again: writes are those of the {RESTART_S:.0f} s that follow.",
        sides=SIDES,
        figures=(SECONDS, JUDGED, START_CPU, START_API, START_WRITES, RESTART_WRITES),
        measure=lambda plan: list(lives(plan, SIDES)),
        goals=(Goal(SECONDS, 20, KOPF), Limit(RESTART_WRITES, 0)),
        sizes=SIZES,
        drawn=(SECONDS,),
    ),
    Row(
        name="memory",
        number=4,
        title="Memory",
        method="The same lives. A monitor's share is what the process has grown by, over what it takes without any "
        "monitor.",
        sides=SIDES,
        figures=(RSS, PSS, EACH),
        measure=lambda plan: list(lives(plan, SIDES)),
        goals=(Goal(EACH, 3, KOPF), Goal(EACH, 10, KOPF), Limit(RSS, 300)),
        sizes=SIZES,
        drawn=(RSS, EACH),
    ),
    Row(
        name="steady",
        number=5,
        title="While nothing changes",
        method=f"The same lives: {STEADY_S:.0f} s, from ten seconds after all are judged. Writes and reads are the API "
        "server's count of requests for monitors, runs, Jobs and the operator's Events, and of reads of Deployments, "
        "too.",
        sides=SIDES,
        figures=(CPU, PROMETHEUS, API_SERVER, ETCD, QUERIES, READS, WRITES),
        measure=lambda plan: list(lives(plan, SIDES)),
        goals=(
            Goal(CPU, 10, KOPF),
            Goal(PROMETHEUS, 10, KOPF),
            Goal(API_SERVER, 10, KOPF),
            Limit(WRITES, 0),
        ),
        caveats="Prometheus' CPU has that of scraping in it, which is the same for both.",
        sizes=SIZES,
        drawn=(CPU, API_SERVER),
    ),
)
