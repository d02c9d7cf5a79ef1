"""What queries of the operator's metrics may name: metrics with a row in the contract, and words of labels."""

import re

from localcluster.paths import CHECKOUT
from refit_operator.api.conditions import ConditionType
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, Stage
from refit_operator.controller.watchdog import KINDS
from refit_operator.observability.contract import BY_NAME
from refit_operator.prometheus.rules.reading import FailureKind

STATES = (CHECKOUT / "operator/refit_operator/monitor/rules/status.py").read_text()
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
WORDS: dict[str, set[str]] = {
    "condition": {kind.value for kind in ConditionType},
    "reason": {reason.value for reason in Reason},
    "outcome": {outcome.value for outcome in Outcome},
    "stage": {stage.value for stage in Stage},
    "result": {"Success", "success", "error"} | {kind.value for kind in FailureKind},
    "verb": {"get", "list", "create", "update", "patch", "delete"},
    "kind": set(KINDS.values()),
    "state": set(re.findall(r'"(\w+)"', STATES)),
}


def wrong_words(query: str) -> list[str]:
    """Return the label values that no series has; of `code` they are patterns of numbers."""
    found = [(label, word) for label, text in MATCHER.findall(query) for word in text.split("|") if label != "code"]
    return [f"{label}={word}" for label, word in found if word not in WORDS.get(label, set())]


def unknown_metrics(query: str) -> set[str]:
    """Return the names of series that the operator doesn't export."""
    known = {series for metric in BY_NAME.values() for series in metric.series}
    return set(re.findall(r"\brefit_\w+", query)) - known
