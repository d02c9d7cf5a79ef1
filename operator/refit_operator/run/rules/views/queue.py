"""What a queue says of a Job that it holds back: Kueue's words, in the Workload that it keeps of each Job. Pure."""

from refit_operator.api.base import QUEUE_LABEL
from refit_operator.api.conditions import Reason
from refit_operator.run.rules.views.documents import Document, ending_of
from refit_operator.run.rules.views.waiting import Waiting

RESERVED, EVICTED = "QuotaReserved", "Evicted"
"""Conditions of a Workload: the first tells why it isn't admitted, the second why it has to give back what it has."""


def queue_of(job: Document) -> str:
    """Return the LocalQueue that holds the Job back, empty where none does."""
    held = bool(job["spec"].get("suspend")) and ending_of(job) is None
    return str((job["metadata"].get("labels") or {}).get(QUEUE_LABEL, "")) if held else ""


def held_back(job: Document, workloads: list[Document]) -> Waiting | None:
    """Return why the Job's queue doesn't admit it, None where nobody has said so."""
    queue, said = queue_of(job), [words for workload in workloads if (words := _words(workload))]
    return Waiting(Reason.QUEUED, f"Queued in LocalQueue {queue}: {said[-1]}") if queue and said else None


def _words(workload: Document) -> str:
    conditions = {c["type"]: c for c in (workload.get("status") or {}).get("conditions") or ()}
    holds = all(conditions.get(kind, {}).get("status") == "True" for kind in (RESERVED, EVICTED))
    return str(conditions.get(EVICTED if holds else RESERVED, {}).get("message") or "")
