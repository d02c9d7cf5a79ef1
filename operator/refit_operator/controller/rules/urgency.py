"""How urgent a monitor's next reconciliation is, by what is known of it. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from refit_operator.api.run import RetrainRun
from refit_operator.controller.rules.slots import Urgency

LISTED = None
"""The type of an event that is none, but an object of the list that a watch begins with."""


def after_reconciliation(active: Iterable[RetrainRun], may_start: bool) -> Urgency:
    """Return it for a monitor with these runs that haven't ended."""
    found = (_of(run.is_rollback, run.status.job_ref is not None) for run in active)
    return min(found, default=after_sweep(may_start))


def after_sweep(may_start: bool) -> Urgency:
    """Return it for a monitor that is no longer at rest."""
    return Urgency.MAY_START if may_start else Urgency.QUIET


def of_monitor_event(type: str | None) -> Urgency:
    """Return it where a monitor is new, or was changed: whoever changes one may request a run, or a rollback."""
    return Urgency.MAY_START if type == "MODIFIED" else Urgency.QUIET


def of_run_event(plural: str, type: str | None, body: Mapping[str, Any]) -> Urgency:
    """Return it where a run, or a Job or a pod of one, is seen. One that was listed may have ended long ago."""
    if plural == "retrainruns":
        spec, status = body.get("spec") or {}, body.get("status") or {}
        return Urgency.QUIET if status.get("outcome") else _of("restorePointer" in spec, "jobRef" in status)
    return Urgency.QUIET if type in (LISTED, "DELETED") else Urgency.UNDER_WAY


def _of(is_rollback: bool, has_job: bool) -> Urgency:
    """Return it for a run that hasn't ended; one without a Job waits for its place."""
    return Urgency.UNDER_WAY if is_rollback or has_job else Urgency.MAY_START
