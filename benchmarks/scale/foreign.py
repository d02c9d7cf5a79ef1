"""Row 4, its second part: the operator's memory in a cluster that is full of what isn't its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

from benchmarks.pages import Record
from benchmarks.scale import OURS, Figure, Goal, Plan, Row
from benchmarks.scale.bulk import Request, send_all
from benchmarks.scale.feed import STEADY, counters
from benchmarks.scale.lives import memory
from benchmarks.scale.operators import running, wait_until_it_works
from benchmarks.scale.population import populated, quiet_cluster
from benchmarks.scale.prometheus import Fed, fed_prometheus
from localcluster.disposable import disposable
from tests.support.cluster.objects import NOBODY

MONITORS, LIVES_S, MOST_ROUNDS = 100, 30.0, 2
WITHOUT = "the operator without them"
RSS, PSS = Figure("rss", "RSS, MiB"), Figure("pss", "PSS, MiB")


def objects(space: str, count: int) -> Iterator[Request]:
    """Yield what creates so many pods, which no scheduler takes, and as many Secrets."""
    container = {"name": "main", "image": "nothing", "env": [{"name": f"V{n}", "value": "x" * 40} for n in range(10)]}
    spec = {"containers": [container], "automountServiceAccountToken": False, **NOBODY}
    for number in range(count):
        head = {"apiVersion": "v1", "metadata": {"name": f"foreign-{number}", "labels": {"app": "foreign"}}}
        yield "POST", f"/api/v1/namespaces/{space}/pods", head | {"kind": "Pod", "spec": spec}
        secret = head | {"kind": "Secret", "stringData": {"token": "x" * 400}}
        yield "POST", f"/api/v1/namespaces/{space}/secrets", secret


@contextmanager
def foreign(count: int) -> Iterator[None]:
    """Have them while it lasts; their service account is made by hand, as the cluster's controllers stand still."""
    core, space = "/api/v1/namespaces", f"refit-scale-foreign-{uuid4().hex[:6]}"
    made = disposable({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    try:
        send_all([("POST", core, made)], 201)
        send_all([("POST", f"{core}/{space}/serviceaccounts", account)], 201)
        send_all(objects(space, count), 201)
        yield
    finally:
        send_all(("DELETE", f"{core}/{space}/{kind}?gracePeriodSeconds=0", None) for kind in ("pods", "secrets"))
        send_all([("DELETE", f"{core}/{space}", None)], 200, 404)


def measure(plan: Plan) -> list[Record]:
    """Return what the operator takes without them, then with them."""
    records: list[Record] = []
    rounds = min(plan.rounds, MOST_ROUNDS)
    folder = Path(mkdtemp(prefix="refit-scale-"))
    for size in plan.sizes:
        with quiet_cluster(), fed_prometheus() as prometheus, populated(MONITORS) as people:
            prometheus.feed.show(STEADY, counters(people.names)).was_told.wait()
            records += lives(WITHOUT, size, rounds, prometheus, folder)
            with foreign(size):
                records += lives(OURS, size, rounds, prometheus, folder)
    return records


def lives(side: str, size: int, rounds: int, prometheus: Fed, folder: Path) -> Iterator[Record]:
    """Yield what the operator takes after half a minute, each time of a process of its own."""
    for number in range(rounds):
        with running(OURS, prometheus.address, folder) as operator:
            wait_until_it_works(operator)
            time.sleep(LIVES_S)
            yield {"side": side, "size": size, "round": number, **memory(operator)}


ROWS = (
    Row(
        name="memory-foreign",
        number=4,
        title="Memory beside foreign pods and Secrets",
        method="The size is how many pods, and how many Secrets, are in the cluster that aren't the operator's; it "
        f"has {MONITORS} monitors, and is measured {LIVES_S:.0f} s after its start. First it is measured without them, "
        "then with them, each time a process of its own.",
        sides=(OURS, WITHOUT),
        figures=(RSS, PSS),
        measure=measure,
        goals=(Goal(RSS, 0.95, WITHOUT),),
        sizes=(10_000,),
    ),
)
