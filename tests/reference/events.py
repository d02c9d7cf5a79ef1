"""The reasons of Events that no condition has: a table of what they mean, held against what the code posts."""

import ast
from collections.abc import Iterator
from pathlib import Path

from localcluster.paths import CHECKOUT
from refit_operator.api.reasons import Reason
from tests.faults.report import markdown

SOURCES = CHECKOUT / "operator" / "refit_operator"
HEADER = """# Events
Generated from `tests/reference/events.py` by `make reference`, which compares it with the code; do not edit.

What `kubectl events --for mmon/NAME` and `kubectl describe` show: each says one thing that has just changed, with the
numbers in its message. Events of a run are on the run and on its monitor. The API server keeps them for an hour; what
is so now is in the [conditions](conditions.md).

"""
FOOTER = """

Every other Event has [the reason of a condition](conditions.md#conditions-and-reasons), and means the same: `Ready`
turned False, a run ended, or its pod doesn't start.
"""
MEANINGS = {
    "MetricBreached": ("monitor", "Warning", "The breach began: enough readings, or enough evidence."),
    "MetricRecovered": ("monitor", "Normal", "The metric reached `metric.recoverAt`."),
    "MetricUnavailable": ("monitor", "Warning", "The newest reading is no value; the message says why."),
    "MetricAvailable": ("monitor", "Normal", "Readings are values again."),
    "Ready": ("monitor", "Normal", "What kept the monitor from working is gone."),
    "RetrainHeld": (
        "monitor",
        "Warning",
        "The metric is in breach, and no run starts; the message says what holds it.",
    ),
    "DriftSuspected": (
        "monitor",
        "Warning",
        "The inputs are foreign to the model, by `spec.drift`; it starts no run.",
    ),
    "DriftOver": ("monitor", "Normal", "The inputs are familiar again."),
    "ReconcileFailed": ("monitor", "Warning", "The operator failed several times in a row; the message has the error."),
    "RetrainStarted": ("run", "Normal", "The Job was created; the message has the model that it starts from."),
    "TrainingRetried": ("run", "Warning", "An attempt failed, and the next begins; the message is the container's."),
    "PodStalled": ("run", "Warning", "A pod reported no progress for `training.stallTimeout`, and is ended."),
    "TrainingFinished": ("run", "Normal", "Trainer and judge have reported."),
    "RetrainSkipped": ("run", "Normal", "Nothing was trained: a run on the same rows was refused before."),
    "HoldoutChanged": ("run", "Normal", "Only the holdout differs from that of such a run, so it trains all the same."),
    "CandidateAccepted": ("run", "Normal", "The gate passed; both models' numbers, and how certain the difference is."),
    "CandidateRejected": ("run", "Warning", "The gate refused; what served goes on serving."),
    "ApprovalNeeded": ("run", "Normal", "`mode: Approve`: the candidate waits for `spec.approval`."),
    "CheckpointPromoted": ("run", "Normal", "Every pod of the target runs the candidate; its verification begins."),
    "CheckpointConfirmed": ("run", "Normal", "The verification found it no worse than the model that it replaced."),
    "CheckpointUnconfirmed": ("run", "Warning", "It stays, and the verification couldn't tell; the message says why."),
    "LeaderElection": ("Lease", "Normal", "Another process of the operator leads now."),
}
"""Of each reason: what it is posted on, its type, and what it means."""


def posted() -> set[str]:
    """Return the reasons that are written in the code."""
    return {reason for file in SOURCES.rglob("*.py") for reason in _reasons(file)}


def _reasons(file: Path) -> Iterator[str]:
    """Yield the first argument of each Event, and in monitor/rules/events.py the values of its tables of reasons."""
    for node in ast.walk(ast.parse(file.read_text())):
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Event"
        values = node.args[:1] if called and isinstance(node, ast.Call) else []
        if isinstance(node, ast.Dict) and file == SOURCES / "monitor" / "rules" / "events.py":
            values = node.values
        yield from (each.value for each in values if isinstance(each, ast.Constant) and isinstance(each.value, str))


def page() -> str:
    """Return docs/reference/events.md. Raises ValueError where the table isn't what the code posts."""
    lacking = posted() - MEANINGS.keys() - {reason.value for reason in Reason}
    if differing := lacking | (MEANINGS.keys() - posted()):
        raise ValueError(f"tests/reference/events.py and the code differ in {', '.join(sorted(differing))}")
    rows = [[f"`{reason}`", *meaning] for reason, meaning in MEANINGS.items()]
    return HEADER + markdown([["reason", "on", "type", "what it means"], *rows]) + FOOTER
