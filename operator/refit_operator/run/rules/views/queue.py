"""Why a queue holds a Job back: the conditions of the Workload that Kueue keeps of each Job. Pure."""

from collections.abc import Sequence

from refit_operator.api.base import QUEUE_LABEL
from refit_operator.api.reasons import Reason
from refit_operator.run.rules.views.documents import Document, ending_of
from refit_operator.run.rules.views.waiting import Waiting

RESERVED, EVICTED = "QuotaReserved", "Evicted"
"""Conditions of a Workload: the first says why it isn't admitted, the second why its quota is taken from it."""


def queue_of(job: Document) -> str:
    """Return the LocalQueue that holds the Job back, empty where none does."""
    held = bool(job["spec"].get("suspend")) and ending_of(job) is None
    return str((job["metadata"].get("labels") or {}).get(QUEUE_LABEL, "")) if held else ""


def held_back(job: Document, workloads: Sequence[Document]) -> Waiting | None:
    """Return why the Job's queue doesn't admit it, None where no Workload says."""
    queue, messages = queue_of(job), [text for workload in workloads if (text := _message(workload))]
    return Waiting(Reason.QUEUED, f"Queued in LocalQueue {queue}: {messages[-1]}") if queue and messages else None


def _message(workload: Document) -> str:
    conditions = {c["type"]: c for c in (workload.get("status") or {}).get("conditions") or ()}
    holds = all(conditions.get(kind, {}).get("status") == "True" for kind in (RESERVED, EVICTED))
    return str(conditions.get(EVICTED if holds else RESERVED, {}).get("message") or "")
