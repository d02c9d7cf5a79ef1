"""What users ask of a monitor or a run: by exactly the fields and annotations that the operator documents.

Each is done at most once: what is so already is said, and nothing is written. What can't be is Exit.CONFLICT.
"""

from dataclasses import dataclass
from typing import Any

from refit_cli.cluster import FIELD_MANAGER, MONITOR, RUN, Api
from refit_cli.exits import Exit, Failed
from refit_cli.lint.queries import query_findings
from refit_cli.objects import Seen, find_run, get_monitor, parse, see
from refit_operator.api.base import RETRAIN_ANNOTATION, ROLLBACK_ANNOTATION, TAKE_POINTER_ANNOTATION
from refit_operator.api.metadata import managers_at
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.policy import Mode
from refit_operator.api.run import Approval, RetrainRun
from refit_operator.api.uris import name_pointer
from refit_operator.monitor.rules.decide import (
    CHECKS,
    NOT_FOR_REQUESTS,
    ROLLBACK_CHECKS,
    field_conflict,
    first_hold,
    nothing_to_roll_back,
    overruled,
    target_replaced,
)
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.limits import guard_failed, guards_not_queried
from refit_operator.target.rules.ownership import handover
from refit_operator.target.rules.request import open_request, open_rollback


@dataclass(frozen=True)
class Done:
    """What was done, or why nothing had to be."""

    object: str
    message: str
    changed: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return it as -o json prints it."""
        return {"object": self.object, "changed": self.changed, "message": self.message}


def observed(seen: Seen) -> Observed:
    """Return what the operator's checks rest on, as far as the API server and the query's text alone say it."""
    wrong = query_findings(seen.monitor, "")
    return Observed(
        monitor=seen.monitor,
        target=seen.target,
        runs=seen.runs,
        now=seen.now,
        query_error=f"{wrong[0].field}: {wrong[0].message}" if wrong else "",
        claimed_by=seen.claimed_by,
        taken_pointer=seen.taken_pointer,
    )


def retrain(api: Api, name: str, dry_run: bool = False) -> Done:
    """Request a run."""
    seen = see(api, name)
    asked = open_request(seen.monitor.metadata, seen.runs, seen.now)
    if asked:
        return Done(
            f"modelmonitor/{name}", f"a run is requested already, since {asked:%Y-%m-%dT%H:%M:%SZ}{_waits(seen)}", False
        )
    _annotate(api, name, RETRAIN_ANNOTATION, f"{seen.now:%Y-%m-%dT%H:%M:%SZ}", dry_run)
    return Done(f"modelmonitor/{name}", f"run requested{_waits(seen)}")


WITHOUT_PROMETHEUS = tuple(
    check for check in CHECKS if check not in (*NOT_FOR_REQUESTS, guards_not_queried, guard_failed)
)
"""What a requested run has to pass, of what the API server alone says."""


def _waits(seen: Seen) -> str:
    hold = first_hold(observed(seen), WITHOUT_PROMETHEUS)
    return f"; it waits ({hold.reason}): {hold.message}" if hold else ""


def rollback(api: Api, name: str, dry_run: bool = False) -> Done:
    """Request the previous pointer."""
    seen = see(api, name)
    before = observed(seen).pointer_before
    asked = open_rollback(seen.monitor.metadata, seen.runs, seen.now)
    if asked:
        return Done(f"modelmonitor/{name}", f"a rollback is requested already, since {asked:%Y-%m-%dT%H:%M:%SZ}", False)
    if before is None and not _promotes(seen):
        raise Failed(Exit.CONFLICT, f"{name}: no run promoted what serves, so there is no pointer to restore")
    _annotate(api, name, ROLLBACK_ANNOTATION, f"{seen.now:%Y-%m-%dT%H:%M:%SZ}", dry_run)
    if before is None:
        return Done(f"modelmonitor/{name}", "rollback requested; it ends the run under way")
    hold = first_hold(observed(seen), tuple(check for check in ROLLBACK_CHECKS if check is not nothing_to_roll_back))
    waits = f"; it waits ({hold.reason}): {hold.message}" if hold else ""
    return Done(
        f"modelmonitor/{name}",
        f"rollback to {name_pointer(before, seen.monitor.spec.serving.initial_model)} requested{waits}",
    )


def _promotes(seen: Seen) -> bool:
    return any(not run.is_finished and not run.is_rollback for run in seen.runs)


def take(api: Api, name: str, dry_run: bool = False) -> Done:
    """Have the operator go on from the pointer that is there."""
    seen = see(api, name)
    o, target = observed(seen), seen.target
    if target is None:
        raise Failed(Exit.CONFLICT, f"{name}: there is no target, so no pointer to take")
    if target.disagreement:
        raise Failed(Exit.CONFLICT, f"{name}: which model serves isn't known: {target.disagreement}")
    if not any(check(o) for check in (target_replaced, overruled, field_conflict)):
        return Done(f"modelmonitor/{name}", "the pointer is the operator's: nothing to take", False)
    initial = seen.monitor.spec.serving.initial_model
    _annotate(api, name, TAKE_POINTER_ANNOTATION, handover(target.pointer, seen.runs), dry_run)
    return Done(f"modelmonitor/{name}", f"the operator goes on from {name_pointer(target.pointer, initial)}")


def suspend(api: Api, name: str, value: bool, dry_run: bool = False) -> Done:
    """Set spec.suspend."""
    document = get_monitor(api, name)
    state = "suspended" if value else "not suspended"
    if bool(document["spec"].get("suspend", False)) is value:
        return Done(f"modelmonitor/{name}", f"is {state} already", False)
    api.patch(MONITOR, name, {"spec": {"suspend": value}}, dry_run)
    under_way = parse(ModelMonitor, document).status.active_run
    note = f"; run {under_way} finishes" if value and under_way else ""
    others = [each for each in managers_at(document, ("spec", "suspend")) if each != FIELD_MANAGER]
    back = f"; field manager {others[0]!r} sets spec.suspend, too, and may set it back" if others else ""
    return Done(f"modelmonitor/{name}", f"{state}{note}{back}")


def decide_on(api: Api, name: str, approval: Approval, dry_run: bool = False, reason: str = "") -> Done:
    """Approve or reject a run's candidate, in the user's own name."""
    run = find_run(api, name)
    what, word = f"retrainrun/{run.metadata.name}", approval.value.lower()
    if run.spec.approval is approval:
        return Done(what, f"is {word} already", False)
    if run.spec.approval:
        raise Failed(Exit.CONFLICT, f"{what} is {run.spec.approval.value.lower()} already, which cannot be changed")
    _demand_open(run, what)
    if run.status.pointer_change:
        raise Failed(Exit.CONFLICT, f"{what} is past its approval ({run.status.stage}): abort rolls it back")
    why = {"approvalReason": reason} if reason else {}
    said = {"approval": approval.value, "approvalBy": api.username(), **why}
    api.patch(RUN, run.metadata.name, {"spec": said}, dry_run)
    is_needed = run.spec.mode is Mode.APPROVE or approval is Approval.REJECTED
    return Done(what, word if is_needed else f"{word}; spec.mode is {run.spec.mode}, which promotes without")


def abort(api: Api, name: str, dry_run: bool = False) -> Done:
    """End a run; what it promoted is rolled back."""
    run = find_run(api, name)
    what = f"retrainrun/{run.metadata.name}"
    if run.spec.abort and not run.is_finished:
        return Done(what, "is being aborted already", False)
    _demand_open(run, what)
    api.patch(RUN, run.metadata.name, {"spec": {"abort": True}}, dry_run)
    return Done(what, "aborted; its promotion is rolled back" if run.status.pointer_change else "aborted")


def _demand_open(run: RetrainRun, what: str) -> None:
    if run.is_finished:
        raise Failed(Exit.CONFLICT, f"{what} has ended ({run.status.outcome}): {run.status.message or ''}".rstrip(": "))


def _annotate(api: Api, name: str, annotation: str, value: str, dry_run: bool) -> None:
    api.patch(MONITOR, name, {"metadata": {"annotations": {annotation: value}}}, dry_run)
