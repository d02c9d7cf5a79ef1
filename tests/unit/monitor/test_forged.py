"""The status is a cache: whatever it claims, the decision is the same."""

from dataclasses import replace
from typing import Any

import pytest

from refit_operator.api.reasons import Reason
from refit_operator.monitor.rules.decide import decide
from refit_operator.monitor.rules.decision import Decision, Hold
from tests.support.monitor_cases import HELD, STARTED
from tests.support.samples import NOW

OBSERVATIONS = {name: observed for name, (observed, _) in HELD.items()} | STARTED
CLAIMS: dict[str, list[tuple[str, str, str]]] = {
    "all is well": [("Ready", "True", "Watching"), ("WithinThreshold", "True", "WithinThreshold")],
    "a person decides": [("ServingUpToDate", "False", "Overruled"), ("RetrainAllowed", "False", "Overruled")],
    "nothing works": [("Ready", "False", "InvalidSpec"), ("MetricAvailable", "False", "NoData")],
}


def answer(decision: Decision) -> Reason | str:
    """Return why nothing is started, or the run's name."""
    return decision.reason if isinstance(decision, Hold) else str(decision.body["metadata"]["name"])


def forged(conditions: list[tuple[str, str, str]]) -> dict[str, Any]:
    """Return a status that names runs that never were, and counts right."""
    time = NOW.isoformat()
    claims = [
        {"type": kind, "status": status, "reason": reason, "message": "", "lastTransitionTime": time}
        for kind, status, reason in conditions
    ]
    last = {"name": "reviews-9", "outcome": "Promoted", "completionTime": time}
    return {"conditions": claims, "activeRun": "reviews-10", "lastRun": last, "nextRunNotBefore": time}


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("name", OBSERVATIONS)
def test_a_forged_status_changes_no_decision(name: str, claim: str) -> None:
    observed = OBSERVATIONS[name]
    status = observed.monitor.status.model_validate(forged(CLAIMS[claim]))
    told = replace(observed, monitor=observed.monitor.model_copy(update={"status": status}))
    assert answer(decide(told)) == answer(decide(observed))
