"""What is flooded: an operator on the real cluster, and a neighbour, with what that notices."""

import json
import re
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.cluster.api_server import ApiServer
from tests.support.cluster.hosted import Hosted, operators
from tests.support.cluster.kubectl import Document, Refused, Space
from tests.support.cluster.objects import CLAIMS, idle_target, monitor
from tests.support.cluster.trainings import script
from tests.support.local import until

INTERVAL, DELAY = 5.0, 1.25
"""Seconds between the neighbour's readings, and from a point to its reading."""
POINT = re.compile(r'^refit_monitor_value\{monitor="reads",namespace="([^"]+)"\} (\S+)$', re.MULTILINE)
REPORTS_ON = """
import json, os, pathlib, ssl, time, urllib.error, urllib.request
trust = ssl.create_default_context(cafile=os.environ["KUBEFLOW_TRAINER_SERVER_CA_CERT"])
token = pathlib.Path(os.environ["KUBEFLOW_TRAINER_SERVER_TOKEN"]).read_text().strip()
body = json.dumps({"trainerStatus": {"progressPercentage": 41}}).encode()
request = urllib.request.Request(os.environ["KUBEFLOW_TRAINER_SERVER_URL"], body, {"Authorization": "Bearer " + token})
while True:
    began, status = time.time(), 0
    try:
        with urllib.request.urlopen(request, timeout=5, context=trust) as reply:
            status = reply.status
    except urllib.error.HTTPError as error:
        status = error.code
    except OSError:
        pass
    print(json.dumps([began, status, time.time() - began]), flush=True)
    time.sleep(0.5)
"""


def prepare(neighbour: Space) -> None:
    """Have the neighbour's monitors: one that reads the time, which says which reading it is, and one that trains."""
    reads = {"query": "time()", "threshold": 0, "interval": f"{INTERVAL:.0f}s"}
    neighbour.apply(*CLAIMS, idle_target("reads"), idle_target("trains"))
    neighbour.apply(monitor("reads", mode="Observe", metric=reads), monitor("trains", training=script(REPORTS_ON)))


@dataclass
class Noticed:
    """What the neighbour notices: how late each reading was, and how long the probe took each time."""

    late: dict[float, float] = field(default_factory=dict)
    probe: list[float] = field(default_factory=list)

    def look(self, operator: Hosted) -> None:
        """Ask the probe, then for the newest reading."""
        began = time.monotonic()
        healthy = get(operator, "/healthz") != ""
        self.probe.append(time.monotonic() - began if healthy else float("inf"))
        point = newest_point(operator)
        self.late.setdefault(point, time.time() - point - DELAY)


def get(operator: Hosted, path: str) -> str:
    """Return what one of the operator's probes says, nothing where that is no success; patient, unlike the kubelet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{operator.port}{path}", timeout=60) as reply:
            return str(reply.read().decode())
    except OSError:
        return ""


def newest_point(operator: Hosted) -> float:
    """Return the time of the neighbour's newest reading, 0 where there is none."""
    found = POINT.search(get(operator, "/metrics"))
    return float(found[2]) if found else 0.0


@dataclass(frozen=True)
class Stage:
    """A namespace to flood from, its neighbour, and the operator of both."""

    server: ApiServer
    flooding: Space
    neighbour: Space
    operator: Hosted
    progress_port: int

    @property
    def path(self) -> str:
        """Return where the flood's monitors are."""
        return f"/apis/refit.dev/v1alpha1/namespaces/{self.flooding.name}/modelmonitors"

    def create(self, documents: list[Document], validation: str = "Strict") -> Counter[str]:
        """Create monitors; return how many answers had which status."""
        asked = f"{self.path}?fieldValidation={validation}"
        return Counter(str(self.server.ask("POST", asked, document)[0]) for document in documents)

    def reasons(self, condition: str) -> Counter[str]:
        """Return how many of the flood's monitors have which reason in a condition."""
        items = json.loads(self.server.ask("GET", self.path)[1])["items"]
        told = [{one["type"]: one["reason"] for one in item.get("status", {}).get("conditions", ())} for item in items]
        return Counter(reasons.get(condition, "nothing yet") for reasons in told)

    def memory(self, name: str) -> int:
        """Return a field of the process's status in MiB: VmRSS, VmHWM; 0 where it has ended."""
        lines = Path(f"/proc/{self.operator.process.pid}/status").read_text().splitlines()
        return next((int(line.split()[1]) // 1024 for line in lines if line.startswith(name)), 0)

    def reports(self, since: float) -> list[tuple[int, float]]:
        """Return status and seconds of each report that the neighbour's training began since then."""
        log = self.neighbour.run("logs", "-l", "refit.dev/monitor=trains", "-c", "train", "--tail=-1")
        return [(status, took) for began, status, took in map(json.loads, log.splitlines()) if began >= since]

    @contextmanager
    def noticed(self) -> Iterator[Noticed]:
        """Have the neighbour look while it lasts."""
        noticed, stop = Noticed(), threading.Event()

        def go_on() -> None:
            while not stop.wait(0.1):
                noticed.look(self.operator)

        thread = threading.Thread(target=go_on)
        first = newest_point(self.operator)
        thread.start()
        try:
            yield noticed
        finally:
            stop.set()
            thread.join()
            for earlier in (0.0, first):
                noticed.late.pop(earlier, None)


@contextmanager
def staged(flooding: Space, neighbour: Space, log: Path, settings: dict[str, str]) -> Iterator[Stage]:
    """Have a fresh operator that has read the neighbour's metric, and trains its model, while it lasts."""
    server = ApiServer()
    with operators(Hosted(neighbour, log, **settings)) as (operator,):
        operator.wait_for("/readyz", 200)
        stage = Stage(server, flooding, neighbour, operator, int(settings["REFIT_PROGRESS_PORT"]))
        until(lambda: newest_point(operator) > 0, 60, "the neighbour isn't read")
        started = time.time()
        until(lambda: reports_arrive(stage, started), 120, "the neighbour's training doesn't report")
        yield stage
    server.ask("DELETE", stage.path)
    server.close()


def reports_arrive(stage: Stage, since: float) -> bool:
    """Return whether the neighbour's training has been heard."""
    with suppress(Refused):  # its container hasn't begun
        return any(status == 200 for status, _ in stage.reports(since))
    return False
