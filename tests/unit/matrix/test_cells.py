"""From a watch's events to the cells of a row."""

from typing import Any

from tests.faults.invariants import CHECKPOINT, Document, Seen
from tests.matrix.cells import STAGES, Marks, cells_of

NEW = "file:///models/checkpoints/reviews-1@sha256:" + "1" * 64


def document(kind: str, version: int, **more: Any) -> Document:
    return {"kind": kind, "metadata": {"resourceVersion": str(version), "uid": kind}} | more


def monitor(version: int, reason: str, message: str = "") -> Document:
    truth = str(reason == "Value")
    condition = {"type": "MetricAvailable", "status": truth, "reason": reason, "message": message}
    return document("ModelMonitor", version, status={"state": "Monitoring", "conditions": [condition]})


def run(version: int, stage: str, **status: Any) -> Document:
    return document("RetrainRun", version, status={"stage": stage} | status)


def deployment(version: int, pointer: str) -> Document:
    template = {"metadata": {"annotations": {CHECKPOINT: pointer}}}
    return document("Deployment", version, spec={"template": template})


def event(version: int, reason: str, about: str = "ModelMonitor") -> Document:
    return document("Event", version, reason=reason, regarding={"kind": about})


CHANGE = {"pointerChange": {"old": "", "new": NEW}}
OUT = CHANGE | {"rolledOutTime": "2026-11-24T12:00:00Z"}
UNCONFIRMED = {"type": "Confirmed", "status": "Unknown", "reason": "TooFewReadings"}
ENDED = OUT | {"outcome": "Promoted", "message": f"{NEW} stays", "conditions": [UNCONFIRMED]}
EVENTS = [
    deployment(1, ""),
    monitor(2, "NoData", "10.0.0.1:9090 says nothing"),
    event(3, "MetricUnavailable"),
    monitor(5, "Value"),
    run(6, "Training"),
    document("Job", 7),
    monitor(9, "NoData"),
    run(10, "Judging"),
    run(11, "RollingOut", **CHANGE),
    deployment(12, NEW),
    run(13, "Monitoring", **OUT),
    event(14, "CheckpointPromoted"),
    event(15, "CheckpointPromoted", "RetrainRun"),
    run(16, "Finished", **ENDED),
    monitor(18, "Value"),
]
MARKS = Marks(monitoring=(0, 3), run=(7, 17))


def test_each_event_counts_in_its_stage() -> None:
    seen = [Seen("MODIFIED", one) for one in reversed(EVENTS)]
    monitoring, training, rolling_out, verifying = cells = cells_of(
        "gone", seen, MARKS, {"10.0.0.1:9090": "prometheus:9090"}
    )
    assert [cell.stage for cell in cells] == list(STAGES)
    unseen = ("False NoData",)
    assert (monitoring.metric, monitoring.runs, monitoring.jobs, monitoring.events) == (
        unseen,
        (),
        0,
        ("MetricUnavailable",),
    )
    assert (monitoring.message, monitoring.state) == ("prometheus:9090 says nothing", "Monitoring")
    assert (training.metric, training.runs, training.jobs) == (unseen, ("Training", "Judging"), 1)
    assert (rolling_out.runs, rolling_out.pointer) == (("RollingOut",), ("the initial model", "the candidate"))
    assert (verifying.runs, verifying.events) == (("Monitoring", "Finished"), ("CheckpointPromoted",))
    assert (verifying.outcome, verifying.confirmed) == ("Promoted", "Unknown TooFewReadings")
    assert (verifying.metric, verifying.pointer) == (unseen, ("the candidate",))
