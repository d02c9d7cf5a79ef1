"""Runs as their reconciler sees them: statuses from the first to the last, a Job's view, and what a monitor reads."""

from datetime import timedelta
from typing import Any

from refit_operator.prometheus.rules.reading import NoData, Value
from refit_operator.run.rules.decision import Decision, Observed
from refit_operator.run.rules.views.job import JobState, JobView
from refit_operator.run.rules.views.reports import JudgeReport, TrainReport
from refit_operator.target.rules.view import parse_target
from tests.support.samples import NEW_DIGEST, NOW, OLD_DIGEST, deployment, make_run

RUN = make_run()
NEW = f"file:///models/checkpoints/reviews/{RUN.metadata.name}@{NEW_DIGEST}"
TRAIN = TrainReport(checkpoint="file:///x", digest=NEW_DIGEST, rows=1500, seconds=20.0)
OTHER = "file:///models/b"
TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"


def judged(candidate: float = 0.9, served: float = 0.8) -> JudgeReport:
    return JudgeReport.model_validate(
        {
            "candidate": {"digest": NEW_DIGEST, "metrics": {"accuracy": candidate}},
            "served": {"digest": OLD_DIGEST, "metrics": {"accuracy": served}},
            "rows": 500,
        }
    )


GOOD_TRAIN, GOOD_JUDGE = TRAIN.model_dump_json(), judged().model_dump_json()


def condition(kind: str, status: str) -> dict[str, Any]:
    time = (NOW - timedelta(minutes=9)).isoformat()
    return {"type": kind, "status": status, "reason": "Test", "message": "m", "lastTransitionTime": time}


def job(state: JobState, **more: Any) -> JobView:
    return JobView(state, owner_uid=RUN.metadata.uid, uid="job-uid", created=NOW - timedelta(minutes=10), **more)


def seen(
    status: dict[str, Any] | None = None, job_view: JobView | None = None, live: str = "", **more: Any
) -> Observed:
    facts: dict[str, Any] = {"target": parse_target(deployment(live)), "now": NOW} | more
    return Observed(run=make_run(status=status), job=job_view or JobView(JobState.MISSING), **facts)


CLOCK = {"phase": "Running", "since": (NOW - timedelta(minutes=10)).isoformat(), "ran": "0s"}
STARTED = {"jobRef": RUN.metadata.name, "startTime": (NOW - timedelta(minutes=10)).isoformat(), "clock": CLOCK}
TRAINED = STARTED | {
    "conditions": [condition("Trained", TRUE)],
    "result": {
        "checkpoint": f"pvc://models/checkpoints/reviews/{RUN.metadata.name}@{NEW_DIGEST}",
        "trainingRows": 1500,
        "candidate": {"digest": NEW_DIGEST, "metrics": {"accuracy": "0.9"}},
        "served": {"digest": OLD_DIGEST, "metrics": {"accuracy": "0.8"}},
        "holdoutRows": 500,
    },
}
ACCEPTED = TRAINED | {"conditions": [condition("Trained", TRUE), condition("Accepted", TRUE)]}
CHANGE = {"targetUid": "target-uid", "old": "", "new": NEW, "time": (NOW - timedelta(minutes=2)).isoformat()}
RECORDED = ACCEPTED | {"pointerChange": CHANGE}
WRITTEN = RECORDED | {"conditions": [*ACCEPTED["conditions"], condition("Promoted", UNKNOWN)]}
ROLLED_OUT = RECORDED | {
    "conditions": [*ACCEPTED["conditions"], condition("Promoted", TRUE)],
    "rolledOutTime": (NOW - timedelta(minutes=50)).isoformat(),
}
GIVEN_UP = WRITTEN | {
    "conditions": [*ACCEPTED["conditions"], condition("Promoted", FALSE)],
    "pointerChange": CHANGE | {"rollbackTime": (NOW - timedelta(seconds=5)).isoformat()},
}


def readings(*values: float | None) -> tuple[Any, ...]:
    """Return readings a minute apart, the last one now; None is no data."""
    times = [NOW - timedelta(minutes=len(values) - 1 - i) for i in range(len(values))]
    return tuple(NoData(t) if v is None else Value(v, t) for v, t in zip(values, times, strict=True))


def actions(decision: Decision) -> list[type]:
    return [type(action) for action in decision.actions]
