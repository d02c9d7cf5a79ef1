"""One row's way through the stages: the reading is there before any run, and again from a run's training to its end."""

import re
import urllib.request
from collections.abc import Callable

from tests.faults.invariants import Seen
from tests.faults.observer import Observer
from tests.matrix.cells import Cell, Marks, cells_of, conditions, message
from tests.matrix.rows import Row
from tests.matrix.stand import BREACH, Stand
from tests.support.cluster.hosted import Hosted
from tests.support.cluster.kubectl import Document
from tests.support.cluster.objects import CLAIMS, monitor, target
from tests.support.local import until

ALLOWED = {"REFIT_PROMETHEUS_ALLOWED": "http://127.0.0.1:*,http://localhost:*,https://localhost:*"}
LOOKS = re.compile(r'^(?:refit_reconcile_total{result="success"}|refit_swept_total) (\S+)', re.MULTILINE)
"""Reconciliations, and readings of a monitor at rest after which none was due."""
LIMIT_S = 300


class Walk:
    """One row, its stand, its operator, and what is seen of them."""

    def __init__(self, row: Row, stand: Stand, hosted: Hosted, observer: Observer) -> None:
        self.row, self.stand, self.hosted, self.observer = row, stand, hosted, observer

    def play(self) -> list[Cell]:
        """Go through all stages; return what was seen in each."""
        monitoring = self._monitoring()
        self.stand.value = BREACH
        self._until(lambda: self._stage() not in ("", "Queued"), "the run doesn't train")
        marks = Marks(monitoring, self._run())
        return cells_of(self.row.name, self.observer.seen, marks, self.stand.names)

    def _monitoring(self) -> tuple[int, int]:
        self._until(lambda: self.stand.target.calls > 1, "Prometheus doesn't scrape")
        with self.row.spoil(self.stand):
            self.stand.space.apply(*CLAIMS, target(), self._monitor())
            self._until(self._shows, "MetricAvailable doesn't show it")
            if not self.row.starts:
                self._look(self.row.looks)
                return 0, self._version()
            self._until(lambda: bool(self._newest("Job")), "no run starts")
            return 0, self._start() - 1

    def _run(self) -> tuple[int, int]:
        begin = self._version()
        with (self.row.in_run or self.row.spoil)(self.stand):
            self._until(lambda: self._shows() or self._stage() != "Training", "MetricAvailable doesn't show it")
            assert self._stage() == "Training", "the training was over before the reading showed"
            self._until(lambda: self.observer.has_finished, "the run doesn't end")
            self._look(1)
            return begin, self._version()

    def _monitor(self) -> Document:
        row = self.row
        metric = {"query": "quality", "bounds": {"min": 0, "max": 1}} | row.metric
        training = {"hyperparameters": {"seconds": str(row.training_s)}}
        return monitor(metric=metric, prometheus=self.stand.spec, training=training, verification={"for": "6s"})

    def _shows(self) -> bool:
        found = self._newest("ModelMonitor")
        shown = conditions(found).get("MetricAvailable") == self.row.truth
        return shown and self.row.says in message(found, "MetricAvailable")

    def _stage(self) -> str:
        stage: str = self._newest("RetrainRun").get("status", {}).get("stage", "")
        return stage

    def _newest(self, kind: str) -> Document:
        found = (seen.object for seen in reversed(list(self.observer.seen)) if seen.object["kind"] == kind)
        return next(found, {})

    def _version(self) -> int:
        return max(seen.version for seen in list(self.observer.seen))

    def _start(self) -> int:
        """Return the version that the first Job was created with: from there on it isn't monitoring any more."""
        return min(seen.version for seen in list(self.observer.seen) if seen.object["kind"] == "Job")

    def _look(self, times: int) -> None:
        """Wait until the operator has looked that often."""
        before = self._looks()
        self._until(lambda: self._looks() >= before + times, "the operator doesn't look")

    def _looks(self) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.hosted.port}/metrics", timeout=10) as reply:
            return sum(map(float, LOOKS.findall(reply.read().decode())))

    def _until(self, what: Callable[[], bool], why: str) -> None:
        def is_so() -> bool:
            assert not self.observer.problems, self.observer.problems
            return what()

        until(is_so, LIMIT_S, self._trouble(why))

    def _trouble(self, why: str) -> str:
        return f"{self.row.name}: {why}, see {self.hosted.log}"


def of_invariants(seen: list[Seen]) -> list[Seen]:
    """Return the events that the invariants speak of."""
    return [one for one in seen if one.object["kind"] != "Event"]
