"""The cluster at one time: what the traffic is, what Prometheus measures, where the operator is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from demo.kubectl import Kubectl
from demo.prometheus import Prometheus
from demo.story import Attempt, Requests, parse_attempt
from demo.workloads import NAMESPACE

SERVER = f'{{namespace="{NAMESPACE}",app="reviews"}}'
CURVE_WINDOW = "20s"
"""Of the accuracy that is shown: two of the operator's windows, so that the curve is calm enough to be read."""
OF_MONITOR = f'{{exported_namespace="{NAMESPACE}",monitor="reviews"}}'
EVIDENCE, EVIDENCE_NEEDED = (f"max(refit_monitor_{name}{OF_MONITOR})" for name in ("evidence", "evidence_needed"))
"""As the operator exports it."""


def accuracy_query(ratio: Mapping[str, str], window: str) -> str:
    """Return the query for the ratio of a monitor's two counters over a window."""
    good, total = (f"sum(increase({ratio[part]}[{window}]))" for part in ("good", "total"))
    return f"{good} / {total}"


@dataclass(frozen=True)
class Snapshot:
    """What was observed at one time."""

    time: datetime
    domain: str
    accuracy: float | None
    evidence: float | None
    """How strongly the outcomes say that the accuracy is below its threshold."""
    state: str
    is_reading: bool
    attempt: Attempt | None


@dataclass(frozen=True)
class Observer:
    """Reads the cluster's state by kubectl and Prometheus, as any user can."""

    kubectl: Kubectl
    prometheus: Prometheus
    ratio: Mapping[str, str]
    """The monitor's two counters."""

    @property
    def query(self) -> str:
        """The query for the accuracy that is shown."""
        return accuracy_query(self.ratio, CURVE_WINDOW)

    def observe(self) -> Snapshot:
        """Return the state of now."""
        monitors = self.kubectl.list_objects("modelmonitors", NAMESPACE)
        status = (monitors[0].get("status") if monitors else None) or {}
        attempts = [parse_attempt(document) for document in self.kubectl.list_objects("retrainruns", NAMESPACE)]
        return Snapshot(
            time=datetime.now(UTC),
            domain=self._label("traffic_domain", "domain"),
            accuracy=self.prometheus.value(self.query),
            evidence=self.prometheus.value(EVIDENCE),
            state=status.get("state") or "",
            is_reading=bool((status.get("metric") or {}).get("value")),
            attempt=min(attempts, key=lambda attempt: attempt.breached) if attempts else None,
        )

    def served_digest(self) -> str:
        """Return the digest of the model in service, as the server reports it; empty where pods differ or none does."""
        return self._label(f"refit_serve_model_info{SERVER}", "digest")

    def _label(self, query: str, name: str) -> str:
        values = {labels.get(name, "") for labels in self.prometheus.labels(query)}
        return values.pop() if len(values) == 1 else ""

    def accuracy_between(self, start: datetime, end: datetime) -> float | None:
        """Return the share of right answers among those judged between two times."""
        window = f"{max(1, round((end - start).total_seconds()))}s"
        return self.prometheus.value(accuracy_query(self.ratio, window), at=end)

    def breach_message(self) -> str:
        """Return what the operator said of the first breach; empty where it said nothing yet."""
        events = self.kubectl.list_objects("events.v1.events.k8s.io", NAMESPACE)
        breaches = [event for event in events if event.get("reason") == "MetricBreached"]
        first = min(breaches, key=lambda event: str(event["eventTime"]), default=None)
        return str(first["note"]) if first else ""

    def requests(self) -> Requests:
        """Return how many requests the clients sent so far, and how many of them failed."""
        sent = self.prometheus.value("sum(traffic_requests_total)")
        failed = self.prometheus.value('sum(traffic_requests_total{outcome="failed"})')
        return Requests(int(sent or 0), int(failed or 0))
