"""The cluster at one time: what the traffic is, what Prometheus measures, where the operator is."""

from dataclasses import dataclass
from datetime import UTC, datetime

from demo.kubectl import Kubectl
from demo.prometheus import Prometheus
from demo.story import Attempt, Requests, parse_attempt
from demo.workloads import NAMESPACE

SERVER = f'{{namespace="{NAMESPACE}",app="reviews"}}'


@dataclass(frozen=True)
class Snapshot:
    """What was observed at one time."""

    time: datetime
    domain: str
    accuracy: float | None
    state: str
    is_reading: bool
    attempt: Attempt | None


@dataclass(frozen=True)
class Observer:
    """Reads the cluster's state by kubectl and Prometheus, as any user can."""

    kubectl: Kubectl
    prometheus: Prometheus
    query: str

    def observe(self) -> Snapshot:
        """Return the state of now."""
        monitors = self.kubectl.list_objects("modelmonitors", NAMESPACE)
        status = (monitors[0].get("status") if monitors else None) or {}
        attempts = [parse_attempt(document) for document in self.kubectl.list_objects("retrainruns", NAMESPACE)]
        return Snapshot(
            time=datetime.now(UTC),
            domain=self._label("traffic_domain", "domain"),
            accuracy=self.prometheus.value(self.query),
            state=status.get("state") or "",
            is_reading=bool((status.get("metric") or {}).get("value")),
            attempt=min(attempts, key=lambda attempt: attempt.breached) if attempts else None,
        )

    def served_digest(self) -> str:
        """Return the digest of the model in service, as the server reports it; empty where pods differ or none does."""
        return self._label(f"refit_model_info{SERVER}", "digest")

    def _label(self, query: str, name: str) -> str:
        values = {labels.get(name, "") for labels in self.prometheus.labels(query)}
        return values.pop() if len(values) == 1 else ""

    def accuracy_between(self, start: datetime, end: datetime) -> float | None:
        """Return the share of right answers among those judged between two times."""
        window = f"[{max(1, round((end - start).total_seconds()))}s]"
        correct, judged = (f"sum(increase(predictions_{name}_total{SERVER}{window}))" for name in ("correct", "judged"))
        return self.prometheus.value(f"{correct} / {judged}", at=end)

    def requests(self) -> Requests:
        """Return how many requests the clients sent so far, and how many of them failed."""
        sent = self.prometheus.value("sum(traffic_requests_total)")
        failed = self.prometheus.value('sum(traffic_requests_total{outcome="failed"})')
        return Requests(int(sent or 0), int(failed or 0))
