"""A run as a trace: spans of it and of each of its stages. Ids follow from its UID, times from its status. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.run import Outcome, RetrainRun
from refit_operator.observability.runs import stages_of

ROOT = "RetrainRun"


@dataclass(frozen=True)
class RunSpan:
    """A span of a run's trace."""

    name: str
    id: int
    parent: int | None
    """None of the run's own span."""
    begin: datetime
    end: datetime
    attributes: Mapping[str, str | int] = field(default_factory=dict)
    error: str = ""
    """What failed; empty where nothing did."""


def trace_id(uid: str) -> str:
    """Return the trace's id as log lines have it: 32 hexadecimal digits."""
    return hashlib.sha256(f"refit.dev/trace/{uid}".encode()).hexdigest()[:32]


def spans_of(run: RetrainRun) -> tuple[RunSpan, ...]:
    """Return the spans of a run that has ended, its own first; none while it hasn't."""
    status, meta = run.status, run.metadata
    if status.outcome is None or status.completion_time is None:
        return ()
    root = _span_id(meta.uid, ROOT)
    stages = [
        RunSpan(stage.value, _span_id(meta.uid, stage.value), root, begin, end) for stage, begin, end in stages_of(run)
    ]
    begin = min([meta.creation_timestamp, *(stage.begin for stage in stages)])
    end = max([status.completion_time, *(stage.end for stage in stages)])
    error = (status.message or status.outcome.value) if status.outcome is Outcome.FAILED else ""
    return (RunSpan(ROOT, root, None, begin, end, _attributes(run, status.outcome), error), *stages)


def _attributes(run: RetrainRun, outcome: Outcome) -> Mapping[str, str | int]:
    finished = find(run.status.conditions, ConditionType.FINISHED)
    return {
        "k8s.namespace.name": run.metadata.namespace,
        "refit.monitor": run.spec.monitor_ref.name,
        "refit.run": run.metadata.name,
        "refit.ordinal": run.spec.ordinal,
        "refit.trigger": run.spec.trigger.reason.value,
        "refit.outcome": outcome.value,
        "refit.reason": finished.reason if finished else outcome.value,
    }


def _span_id(uid: str, name: str) -> int:
    """Return an id that isn't 0, which would be none."""
    return int.from_bytes(hashlib.sha256(f"refit.dev/span/{uid}/{name}".encode()).digest()[:8]) or 1
