"""What in a cluster would keep a monitor from working: judged by what was read. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from refit_cli.lint.findings import Finding, Severity
from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.monitor import NEVER, ModelMonitor
from refit_operator.api.uris import parse_claim_uri
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
    quiet = now - datetime.fromisoformat(spec["renewTime"])
    allowed = timedelta(seconds=int(spec.get("leaseDurationSeconds") or 15))
    if quiet > 2 * allowed:
        return fail("operator", f"{spec['holderIdentity']} last renewed its Lease {quiet.total_seconds():.0f} s ago")
    return ok("operator", f"{spec['holderIdentity']} leads")


def examine_spec(found: list[Finding]) -> Examined:
    """Return what lint says of the monitor as it is in the cluster."""
    errors = [each for each in found if each.severity is Severity.ERROR]
    if errors:
        return fail("spec", f"{errors[0].field}: {errors[0].message}")
    return (
        warn("spec", "; ".join(f"{each.field}: {each.message}" for each in found))
        if found
        else ok("spec", "lint finds nothing")
    )


def examine_reconciled(monitor: ModelMonitor) -> Examined:
    """Return whether the operator has seen the newest spec."""
    seen, newest = monitor.status.observed_generation, monitor.metadata.generation
    if seen == NEVER:
        return fail(
            "reconciled", "the operator has not reconciled it: does it serve this namespace (REFIT_NAMESPACES)?"
        )
    if seen != newest:
        return warn("reconciled", f"generation {seen} was reconciled, and the spec is generation {newest}")
    return ok("reconciled", f"generation {newest}")


def examine_reading(monitor: ModelMonitor) -> Examined:
    """Return whether Prometheus answers the operator with a value."""
    found = find(monitor.status.conditions, ConditionType.METRIC_AVAILABLE)
    if found is None or found.status == "Unknown":
        return fail("prometheus", "the operator has no reading yet")
    if found.status == "False":
        return fail("prometheus", f"{found.reason}: {found.message}")
    return ok("prometheus", f"the operator reads values since {found.last_transition_time:%Y-%m-%d %H:%M} UTC")


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


def claims_of(monitor: ModelMonitor) -> dict[str, str]:
    """Return the claims that a run needs, each with the field that names it."""
    training, serving = monitor.spec.training, monitor.spec.serving
    uris = {
        "training.dataset.train": training.dataset.train,
        "training.dataset.holdout": training.dataset.holdout,
        "training.checkpoints.uri": training.checkpoints.uri,
        "training.baseModel": training.base_model or "",
        "serving.initialModel": serving.initial_model or "",
    }
    places = {field: parse_claim_uri(uri) for field, uri in uris.items()}
    found = dict[str, str]()
    for field, place in places.items():
        if place:
            found.setdefault(place.claim, field)
    return found


def examine_claims(monitor: ModelMonitor, claims: list[Document]) -> list[Examined]:
    """Return whether each claim is there and can be mounted where it has to be."""
    known = {claim["metadata"]["name"]: claim for claim in claims}
    return [_claim(name, field, known.get(name), monitor) for name, field in claims_of(monitor).items()]


def _claim(name: str, field: str, claim: Document | None, monitor: ModelMonitor) -> Examined:
    what = f"claim {name}"
    if claim is None:
        return fail(what, f"{field} names it, and there is no such PersistentVolumeClaim")
    phase, modes = (claim.get("status") or {}).get("phase"), claim["spec"].get("accessModes") or []
    if phase == "Lost":
        return fail(what, "its volume is lost")
    if "ReadWriteOncePod" in modes:
        return fail(what, "is ReadWriteOncePod: a server and a trainer can't mount it at once")
    if monitor.spec.training.num_nodes > 1 and not {"ReadWriteMany", "ReadOnlyMany"} & set(modes):
        return fail(
            what, f"is {', '.join(modes)}, and training.numNodes {monitor.spec.training.num_nodes} needs many nodes"
        )
    return (
        ok(what, f"{phase}, {', '.join(modes)}")
        if phase == "Bound"
        else warn(what, f"is {phase}: it has no volume yet")
    )


def accelerators(monitor: ModelMonitor) -> dict[str, int]:
    """Return what devices a pod of a run asks for."""
    limits = monitor.spec.training.resources.limits
    return {name: int(count) for name, count in limits.items() if "/" in name and str(count).isdigit()}


def examine_devices(monitor: ModelMonitor, nodes: list[Document]) -> list[Examined]:
    """Return whether any node has the devices that a pod of a run asks for."""
    return [_device(name, count, nodes) for name, count in accelerators(monitor).items()]


def _device(name: str, count: int, nodes: list[Document]) -> Examined:
    has = {node["metadata"]["name"]: int((node["status"].get("allocatable") or {}).get(name) or 0) for node in nodes}
    most = max(has.values(), default=0)
    enough = [node for node, number in has.items() if number >= count]
    if not enough:
        return fail(name, f"a pod asks for {count}, and no node has more than {most}")
    return ok(
        name, f"{len(enough)} of {len(nodes)} nodes have {count} or more; whether they are free the scheduler knows"
    )


def examine_dry_run(message: str) -> Examined:
    """Return what admission says of the pod of a run, by quotas, Pod Security, webhooks; empty: it allows it."""
    return fail("pod of a run", message) if message else ok("pod of a run", "admission allows it (dry run)")
