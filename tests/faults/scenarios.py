"""The loops that are played: what is applied, and how a loop ends that nothing disturbs."""

from dataclasses import dataclass, field, replace

from tests.faults.mirrored import CALLS, TRAINED, beside
from tests.support.cluster.kubectl import OPERATOR, Document, merge
from tests.support.cluster.objects import CLAIMS, monitor, target

CRASHES = ("kill-before", "kill-after", "lose-answer", "409")
REFUSALS = ("403", "429", "500", "503")
ACCOUNT = dict(zip(("namespace", "name"), OPERATOR.split(":")[2:], strict=True))
AUTHENTICATED = {"authentication": {"bearerTokenSecret": {"name": "prom", "key": "token"}}}
IN_EVERY_LOOP = {"prometheus": AUTHENTICATED, "serving": {"rolloutDeadline": "3m"}}
"""A pod may be late on a busy machine, and that is none of the faults."""


@dataclass(frozen=True)
class Scenario:
    """One kind of loop; each has a group of its own in docs/reliability/."""

    group: str
    outcome: str
    """Of its run."""
    modes: tuple[str, ...]
    promoted_quality: str = "0.5"
    """What the model server says of the candidate."""
    measured: bool = False
    """Whether the metric is what the model server says; a constant otherwise."""
    after: str = ""
    """The call after which faults are played; empty: all."""
    change: Document = field(default_factory=dict)
    """What is other of the monitor's spec."""
    ready_after_s: int = 0
    """How long a new pod of the target takes."""
    only: tuple[str, ...] = ()
    """How the calls begin at which faults are played; empty: all."""
    beside: tuple[Document, ...] = ()
    """What else is applied before the monitor."""

    def points(self, calls: list[str]) -> list[str]:
        """Return the calls of a loop without a fault at which faults are played."""
        later = calls[calls.index(self.after) + 1 :] if self.after else calls
        return [call for call in later if call.startswith(self.only or "")]

    def documents(self, secret: str) -> tuple[Document, ...]:
        """Return what is applied before the monitor: claims, the target, and the lent Secret."""
        served = target(promoted_quality=self.promoted_quality)
        container = served["spec"]["template"]["spec"]["containers"][0]
        container["readinessProbe"]["initialDelaySeconds"] = self.ready_after_s
        container["ports"] = [{"name": "http", "containerPort": 8080}]
        return (*CLAIMS, served, *lent(secret), *self.beside)

    def monitor(self, namespace: str) -> Document:
        """Return the monitor."""
        query = f'max(last_over_time(model_quality{{namespace="{namespace}"}}[4s]))'
        measured = {"metric": {"query": query}, "verification": {"for": "2m", "settle": "1s"}} if self.measured else {}
        return monitor(**merge(merge(IN_EVERY_LOOP, measured), self.change))


JUDGED_SLOWLY = {"training": {"hyperparameters": {"judge_seconds": "2"}}}
"""So that every loop sees the trainer's report before the judge's, and has a write for each."""
PROMOTION = Scenario("calls", "Promoted", CRASHES + REFUSALS, change=JUDGED_SLOWLY)
ROLLBACK = Scenario("rollback", "RolledBack", CRASHES, "0.3", measured=True, after="PATCH deployments#1")
FAILURES = tuple(code for code in REFUSALS if code != "403")
"""Of the API server; a 403 is its last word on a shadow, and ends the run."""
SHADOW = Scenario(
    "shadow",
    "Promoted",
    CRASHES + FAILURES,
    change={**TRAINED, "verification": {"shadow": {"for": "10s", "minAgreement": 0.5, "minAnswers": 10}}},
    only=CALLS,
    beside=beside(ACCOUNT),
)
TAKES_ITS_TIME = {
    "training": {"hyperparameters": {"seconds": "8", "judge_seconds": "2"}},
    "verification": {"for": "15s"},
}
SLOW = Scenario("surroundings", "Promoted", (), change=TAKES_ITS_TIME, ready_after_s=6)
"""Stays in each stage long enough for something to happen in it."""
LONG = replace(SLOW, change=merge(TAKES_ITS_TIME, {"verification": {"for": "100s"}}))
"""Goes on for longer than the watchdog waits."""
BACK = replace(ROLLBACK, group="surroundings", modes=(), after="")
"""Takes its promotion back."""
SCENARIOS = (PROMOTION, ROLLBACK, SHADOW, SLOW, LONG, BACK)


def lent(secret: str) -> tuple[Document, ...]:
    """Return a Secret that the operator may read, as docs/how-to/prometheus-credentials.md has it; and Leases."""
    group, meta = "rbac.authorization.k8s.io", {"metadata": {"name": "refit-secrets"}}
    secrets = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["prom"], "verbs": ["get"]}
    leases = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]}
    role = {"apiGroup": group, "kind": "Role", "name": "refit-secrets"}
    api = {"apiVersion": f"{group}/v1"}
    return (
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "prom"}, "stringData": {"token": secret}},
        {**api, "kind": "Role", **meta, "rules": [secrets, leases]},
        {**api, "kind": "RoleBinding", **meta, "roleRef": role, "subjects": [{"kind": "ServiceAccount", **ACCOUNT}]},
    )
