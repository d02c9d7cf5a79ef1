"""What in a cluster would keep a monitor from working: judged by what was read. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from refit_cli.lint.findings import Finding, Severity
from refit_cli.lint.mistakes import REQUEST
from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.monitor import NEVER, ModelMonitor
from refit_operator.monitor.rules.decide import field_conflict, overruled, target_replaced
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.limits import no_room, rollout_stuck, target_halted
from refit_operator.monitor.rules.readiness import target_claimed, target_missing, target_not_wired

Document = dict[str, Any]


class Health(StrEnum):
    """What a check found."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Examined:
    """One thing that was examined."""

    name: str
    health: Health
    message: str

    def to_json(self) -> dict[str, Any]:
        """Return it as -o json prints it."""
        return {"check": self.name, "result": self.health.value, "message": self.message}


def ok(name: str, message: str) -> Examined:
    """Return what is as it should be."""
    return Examined(name, Health.OK, message)


def fail(name: str, message: str) -> Examined:
    """Return what keeps the monitor from working."""
    return Examined(name, Health.FAIL, message)


def warn(name: str, message: str) -> Examined:
    """Return what may do so."""
    return Examined(name, Health.WARN, message)


def skipped(name: str, message: str) -> Examined:
    """Return what couldn't be examined, and why."""
    return Examined(name, Health.SKIPPED, message)


def examine_lease(lease: Document | None, now: datetime) -> Examined:
    """Return whether an operator leads."""
    spec: Document = (lease or {}).get("spec") or {}
    if not spec.get("renewTime") or not spec.get("holderIdentity"):
        return fail("operator", "nobody holds the Lease of the operator: is it installed and running?")
    holder = str(spec["holderIdentity"]).partition("_")[0]
    quiet = now - datetime.fromisoformat(spec["renewTime"])
    allowed = timedelta(seconds=int(spec.get("leaseDurationSeconds") or 15))
    if quiet > 2 * allowed:
        return fail("operator", f"{holder} last renewed its Lease {quiet.total_seconds():.0f} s ago")
    return ok("operator", f"{holder} leads")


def examine_spec(found: list[Finding]) -> Examined:
    """Return what lint says of the monitor as it is in the cluster, where a request is no mistake."""
    errors = [each for each in found if each.severity is Severity.ERROR]
    if errors:
        return fail("spec", f"{errors[0].field}: {errors[0].message}")
    words = "; ".join(f"{each.field}: {each.message}" for each in found if each.rule != REQUEST)
    return warn("spec", words) if words else ok("spec", "lint finds nothing")


def examine_reconciled(monitor: ModelMonitor) -> Examined:
    """Return whether the operator has seen the newest spec, and finds that the monitor can work at all."""
    seen, newest = monitor.status.observed_generation, monitor.metadata.generation
    if seen == NEVER:
        return fail(
            "reconciled", "the operator has not reconciled it: does it serve this namespace (REFIT_NAMESPACES)?"
        )
    if seen != newest:
        return warn("reconciled", f"generation {seen} was reconciled, and the spec is generation {newest}")
    ready = find(monitor.status.conditions, ConditionType.READY)
    if ready and ready.status == "False":
        return fail("reconciled", f"the operator says {ready.reason}: {ready.message}")
    return ok("reconciled", f"generation {newest}")


def examine_reading(monitor: ModelMonitor) -> Examined:
    """Return whether Prometheus answers the operator with a value, and the newest that it wrote down."""
    found = find(monitor.status.conditions, ConditionType.METRIC_AVAILABLE)
    if found is None or found.status == "Unknown":
        return fail("reading", "the operator has no reading yet")
    if found.status == "False":
        return fail("reading", f"the operator says {found.reason}: {found.message}")
    said = f"the operator reads values since {found.last_transition_time:%Y-%m-%d %H:%M} UTC"
    newest = monitor.status.metric
    if newest is None or newest.value is None or newest.time is None:
        return ok("reading", said)
    return ok("reading", f"{said}; the newest in the status is {newest.value}, of {newest.time:%H:%M:%S} UTC")


def examine_target(o: Observed) -> list[Examined]:
    """Return whether the target is there, reads the pointer, and could roll out; and whose its pointer is."""
    checks = {
        "target": (target_missing, target_claimed, target_not_wired, target_halted, rollout_stuck),
        "pointer": (target_replaced, overruled, field_conflict),
        "room": (no_room,),
    }
    found = {name: next((hold for check in some if (hold := check(o))), None) for name, some in checks.items()}
    good = {
        "target": f"{o.target.name} reads the pointer" if o.target else "",
        "pointer": "is the operator's, or none yet",
        "room": "quotas allow one more pod of it",
    }
    return [
        fail(name, f"{hold.reason}: {hold.message}") if hold else ok(name, good[name]) for name, hold in found.items()
    ]


def examine_dry_run(message: str) -> Examined:
    """Return what admission says of the pod of a run, by quotas, Pod Security, webhooks; empty: it allows it."""
    return fail("pod of a run", message) if message else ok("pod of a run", "admission allows it (dry run)")
