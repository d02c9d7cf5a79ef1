"""Whether the inputs drift: it warns and asks for labels. No check of `decide` reads it: runs rest on labels. Pure."""

from dataclasses import dataclass
from typing import Literal

from refit_operator.api.conditions import ConditionType, is_true
from refit_operator.api.drift import LIMIT
from refit_operator.api.reasons import Reason
from refit_operator.monitor.rules.decision import Observed
from refit_operator.prometheus.rules.reading import QueryFailed, Reading, Value, describe
from refit_operator.prometheus.rules.window import count_breaches, eligible, newest


@dataclass(frozen=True)
class DriftVerdict:
    """What the condition DriftSuspected says."""

    status: Literal["True", "False", "Unknown"]
    reason: Reason
    message: str


def drift_verdict(o: Observed) -> DriftVerdict | None:
    """Return whether drift is suspected; None where the monitor has no spec.drift."""
    spec = o.monitor.spec.drift
    if spec is None:
        return None
    last = newest_drift(o)
    counted = _counted(o)
    above = count_breaches(counted, LIMIT, below=False, out_of=spec.breaches.out_of)
    shown = f"{above} of {min(len(counted), spec.breaches.out_of)} readings above 1"
    if above >= spec.breaches.count:
        said = f"the inputs aren't like those that the model was judged on: {shown}{_shown(last)}"
        return DriftVerdict("True", Reason.INPUTS_FOREIGN, f"{said}; label some of them, since no run starts by this")
    if not isinstance(last, Value):
        why = describe(last) if last else "not asked, since the metric's query failed"
        if is_true(o.monitor.status.conditions, ConditionType.DRIFT_SUSPECTED):
            return DriftVerdict(
                "True", Reason.INPUTS_FOREIGN, f"suspected before, and not read since: drift.query: {why}"
            )
        return DriftVerdict("Unknown", Reason.UNKNOWN, f"drift.query: {why}")
    if not counted:
        said = "drift.query: the newest reading doesn't count: its window began before the last rollout"
        return DriftVerdict("Unknown", Reason.UNKNOWN, said)
    return DriftVerdict("False", Reason.INPUTS_FAMILIAR, f"{shown}{_shown(last)}")


def drift_ratio(o: Observed) -> float | None:
    """Return the newest reading, None where it is no value."""
    last = newest_drift(o)
    return last.value if isinstance(last, Value) else None


def newest_drift(o: Observed) -> Reading | None:
    """Return the newest reading of the drift; a query that failed is one as well, None where it wasn't asked."""
    return o.drift if isinstance(o.drift, QueryFailed) else newest(o.drift)


def _counted(o: Observed) -> tuple[Reading, ...]:
    """Return the readings of what serves now: wholly after the monitor's creation and after the last rollout."""
    if isinstance(o.drift, QueryFailed):
        return ()
    rollouts = [run.status.rolled_out_time for run in o.runs if run.status.rolled_out_time]
    return eligible(o.drift, max([o.monitor.metadata.creation_timestamp, *rollouts]), o.drift_range)


def _shown(last: Reading | None) -> str:
    return f", the last {last.value:.3g}" if isinstance(last, Value) else ""
