"""A monitor and its surroundings with one fault each, and which tool has to name it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.diagnosis import surroundings as around
from tests.support.cluster.kubectl import Document, Space, merge
from tests.support.cluster.objects import CLAIMS, idle_target, monitor, target

Arrange = Callable[[Space], None]
BREACH = {"metric": {"query": "max(up) * 0.5"}}
"""So that a run starts."""
PER_CENT = {"metric": {"threshold": 85}, "mode": "Observe"}
TOKEN = {"authentication": {"bearerTokenSecret": {"name": "prom", "key": "token"}}}


def nothing(space: Space) -> None:
    """Leave it as it is."""


@dataclass(frozen=True)
class Fault:
    """One fault. What isn't said is as in a set-up that works."""

    name: str
    check: str = ""
    """The check of doctor that has to name it; empty where the API server or lint does before."""
    says: str = ""
    """Words of that check, or of the refusal."""
    lint: str = ""
    """The rule of lint that finds it; empty where it can't be seen in the file."""
    spec: dict[str, Any] = field(default_factory=dict)
    claims: tuple[Document, ...] = CLAIMS
    target: Document | None = field(default_factory=idle_target)
    before: Arrange = nothing
    after: Arrange = nothing
    settled: tuple[str, str] = ("MetricAvailable", "Value")
    """The condition of the monitor that shows that the operator has seen it, and its reason."""
    is_refused: bool = False
    """Whether the API server takes the monitor at all."""
    apart: bool = False
    """Whether the installed operator leaves the namespace alone."""


def training(**fields: Any) -> dict[str, Any]:
    """Return a spec whose training differs."""
    return {"training": fields}


def pod(**fields: Any) -> dict[str, Any]:
    """Return a spec whose runs have other pods."""
    return training(podTemplate=fields)


def query(text: str, **fields: Any) -> dict[str, Any]:
    """Return a spec with another query."""
    return {"metric": {"query": text, **fields}}


def monitor_of(fault: Fault) -> Document:
    """Return a fault's monitor; what isn't faulty works, and is not in breach."""
    return monitor(**merge({"metric": {"query": "max(up)"}}, fault.spec))


def target_faults() -> Iterator[Fault]:
    """Yield what is wrong with what serves."""
    missing = ("Ready", "TargetMissing")
    unwired = ("Ready", "TargetNotWired")
    held = "RetrainAllowed"
    yield Fault("the target doesn't exist", "target", "no Deployment 'reviews'", target=None, settled=missing)
    yield Fault(
        "the target's kind isn't installed",
        "reconciled",
        "TargetNotServed",
        spec={"serving": {"targetRef": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}}},
        settled=("Ready", "TargetNotServed"),
    )
    yield Fault(
        "no container reads the pointer",
        "target",
        "no container reads the pointer",
        target=around.unwired(),
        settled=unwired,
    )
    yield Fault(
        "the container mounts another claim", "target", "doesn't mount", target=around.mounts_other(), settled=unwired
    )
    yield Fault(
        "the target is paused",
        "target",
        "TargetHalted",
        target=target(spec={"paused": True, "template": {"spec": {"schedulerName": "nobody"}}}),
        settled=(held, "TargetHalted"),
    )
    yield Fault(
        "Pod Security refuses the target's pods",
        "target",
        "violates PodSecurity",
        target=around.privileged(),
        settled=(held, "TargetHalted"),
    )
    yield Fault("another tool owns the pointer", "pointer", "owned by argocd", after=around.owned)
    yield Fault(
        "a tool removed the pointer after a promotion",
        "pointer",
        "Overruled",
        spec=BREACH,
        target=target(),
        after=around.stripped,
        settled=(held, "Overruled"),
    )
    yield Fault(
        "two monitors have one target",
        "target",
        "has this target",
        before=around.older_monitor,
        settled=("Ready", "TargetClaimed"),
    )
    yield Fault(
        "the quota has no room for one more pod",
        "room",
        "ResourceQuota 'few'",
        before=around.few_pods,
    )


def metric_faults() -> Iterator[Fault]:
    """Yield what is wrong with the metric and its server."""
    unread = "MetricAvailable"
    yield Fault(
        "the query doesn't parse",
        "spec",
        "unclosed",
        "promql",
        query("sum(rate(x[5m])"),
        settled=("Ready", "QueryRefused"),
    )
    yield Fault(
        "no series matches the query",
        "query",
        "no series now: nothing_like_this",
        spec=query("sum(nothing_like_this)"),
        settled=(unread, "NoData"),
    )
    yield Fault(
        "nothing has written the series for a while",
        "query",
        "Stale",
        "readings-overlap",
        query(f'max(max_over_time({around.GONE}{{namespace="$(namespace)"}}[1h]))', maxAge="30s"),
        before=around.stale_series,
        settled=(unread, "Stale"),
    )
    yield Fault(
        "`or vector(0)` hides that series are missing",
        "query",
        "no recent sample",
        "absence-hidden",
        {"mode": "Observe"} | query("sum(nothing_like_this) or vector(0)"),
    )
    yield Fault(
        "the value is out of the metric's bounds",
        "query",
        "out of range",
        spec=query("max(up) * 2", bounds={"max": 1}),
        settled=(unread, "OutOfRange"),
    )
    yield Fault(
        "the query gives several series",
        "query",
        "multiple series",
        "several-series",
        query('up or label_replace(up, "copy", "yes", "", "")'),
        settled=(unread, "MultipleSeries"),
    )
    yield Fault(
        "the threshold is in per cent",
        "spec",
        "is at most 1",
        "threshold-out-of-range",
        {"metric": {"threshold": 85}, "mode": "Observe"},
    )
    yield Fault(
        "nothing answers at the server's address",
        "reading",
        "QueryFailed",
        spec={"prometheus": {"serverAddress": "http://prometheus.monitoring:1"}},
        settled=(unread, "QueryFailed"),
    )
    yield Fault(
        "the administrator doesn't allow the server",
        "reconciled",
        "isn't allowed",
        spec={"prometheus": {"serverAddress": "http://kubernetes.default"}},
        settled=("Ready", "SourceForbidden"),
    )
    yield Fault(
        "Prometheus asks for credentials", "prometheus", "HTTP 401", settled=(unread, "QueryFailed"), apart=True
    )
    yield Fault(
        "the Secret for Prometheus is missing",
        "Secret prom",
        "there is no such Secret",
        "credentials-in-clear",
        {"prometheus": TOKEN | {"serverAddress": "http://prometheus.monitoring:9090"}},
        before=around.lend_secrets,
        settled=("Ready", "SecretMissing"),
    )
    yield Fault(
        "the Secret lacks the key",
        "Secret prom",
        "names its key 'token', and it has other",
        spec={"prometheus": TOKEN},
        before=around.secret_without_key,
        settled=("Ready", "SecretMissing"),
    )
    yield Fault(
        "the Secret isn't lent to the operator",
        "rights",
        "may not get secrets prom",
        spec={"prometheus": TOKEN},
        before=around.secret,
        settled=("Ready", "SourceForbidden"),
    )


def training_faults() -> Iterator[Fault]:
    """Yield what would keep a run from working, seen before one starts, or by one that waits."""
    gone = {"dataset": {"train": "pvc://gone/train"}}
    yield Fault("a claim is missing", "claim gone", "there is no such PersistentVolumeClaim", spec=training(**gone))
    yield Fault(
        "a claim's StorageClass doesn't exist",
        "claim feedback",
        "there is no StorageClass 'gone'",
        claims=(*CLAIMS[:1], *CLAIMS[2:], around.claim_of_class("feedback", "gone")),
    )
    yield Fault(
        "a claim is ReadWriteOncePod",
        "claim models",
        "can't mount it at once",
        claims=(around.claim_once("models"), *CLAIMS[1:]),
    )
    yield Fault(
        "the holdout is on the training's claim",
        says="must be on different claims",
        lint="cel",
        spec=training(dataset={"holdout": "pvc://feedback/rows"}),
        is_refused=True,
    )
    yield Fault("the ServiceAccount is missing", "pod of a run", "serviceaccount", spec=pod(serviceAccountName="gone"))
    yield Fault(
        "a Secret of the pod is missing",
        "Secret gone",
        "there is no such Secret",
        spec=pod(env=[{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "gone", "key": "id"}}}]),
    )
    yield Fault(
        "no node has the GPU",
        "example.com/gpu",
        "no node that may take it has more than 0",
        spec=training(resources={"limits": {"example.com/gpu": 1}}),
    )
    yield Fault(
        "a GPU is requested without a limit",
        "spec",
        "example.com/gpu",
        "gpu-without-limit",
        training(resources={"requests": {"example.com/gpu": 1}}),
    )
    yield Fault("the node selector fits no node", "nodes", "disk=fast", spec=pod(nodeSelector={"disk": "fast"}))
    yield Fault("the Kueue queue is missing", "queue", "no LocalQueue gone", spec=training(queueName="gone"))
    yield Fault(
        "the priority class isn't on the administrator's list",
        says="priorityClassName",
        spec=pod(priorityClassName="gone"),
        is_refused=True,
    )
    yield Fault(
        "the operator isn't lent the ConfigMap of an update in place",
        "rights",
        "may not patch configmaps reviews-pointer",
        spec={"serving": {"update": "InPlace"}},
        settled=("Ready", "TargetNotWired"),
    )
    yield Fault(
        "the image doesn't exist",
        "runs",
        "ImageNotPulled",
        spec=BREACH | training(image="localhost/refit-gone:v1"),
        settled=("RetrainAllowed", "RunActive"),
    )


def held() -> Iterator[Fault]:
    """Yield what is no fault, and looks like one."""
    yield Fault("the monitor is suspended", "runs", "kubectl refit resume", spec={"suspend": True})
    yield Fault("the mode is Observe", "runs", "spec.mode is Observe", spec={"mode": "Observe"})
    yield Fault(
        "a run waits for approval",
        "runs",
        "kubectl refit approve",
        spec=BREACH | {"mode": "Approve"},
        after=around.awaiting_approval,
        settled=("RetrainAllowed", "RunActive"),
    )
    yield Fault(
        "no operator serves the namespace", "reconciled", "does it serve this namespace", settled=("", ""), apart=True
    )


HEALTHY = Fault("nothing is wrong")
PARTS: dict[str, tuple[Fault, ...]] = {
    "What serves": tuple(target_faults()),
    "The metric and its server": tuple(metric_faults()),
    "What a run needs": tuple(training_faults()),
    "No fault, and looks like one": tuple(held()),
}
FAULTS = tuple(fault for part in PARTS.values() for fault in part)
