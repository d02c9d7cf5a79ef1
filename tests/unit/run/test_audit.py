"""The audit document: what it says of a run that ended, and that nothing after the end changes it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from localcluster.paths import CHECKOUT
from refit_operator.api.audit import AUDIT_SCHEMA, AuditDocument, Moment, json_schema
from refit_operator.run.rules.audit import audit_of, timeline_of
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.views.job import JobState, view_job
from tests.support.jobs import ended, job, pod
from tests.support.runs import ACCEPTED, CHANGE, GOOD_JUDGE, GOOD_TRAIN, NEW, ROLLED_OUT, STARTED, seen
from tests.support.runs import job as job_view
from tests.support.samples import NEW_DIGEST, NOW, OLD_DIGEST, make_run

END = {"completionTime": NOW.isoformat(), "message": "0.91 after the promotion"}
FINISHED = {
    "type": "Finished",
    "status": "True",
    "reason": "Confirmed",
    "message": "0.91 after the promotion",
    "lastTransitionTime": NOW.isoformat(),
}
PROMOTED: dict[str, Any] = (
    ROLLED_OUT
    | END
    | {
        "outcome": "Promoted",
        "trainedTime": (NOW - timedelta(minutes=5)).isoformat(),
        "conditions": [*ROLLED_OUT["conditions"], FINISHED],
    }
)


def document(**status: Any) -> AuditDocument:
    made = audit_of(make_run(status=PROMOTED | status))
    assert made
    return made


@pytest.mark.parametrize("status", [{}, STARTED, ROLLED_OUT], ids=["new", "training", "verifying"])
def test_a_run_under_way_has_none(status: dict[str, Any]) -> None:
    assert audit_of(make_run(status=status)) is None


def test_a_run_whose_end_has_no_time_has_one_all_the_same() -> None:
    found = audit_of(make_run(status={"outcome": "Failed"}))
    assert found and found.outcome.time is None and found.timeline[-1].moment is not Moment.ENDED


def test_it_names_models_data_and_outcome() -> None:
    found = document()
    assert found.models.candidate.endswith(f"@{NEW_DIGEST}")
    assert found.models.served == f"pvc://models/reviews-v1@{OLD_DIGEST}"
    assert (found.data.train, found.data.training_rows, found.data.holdout_rows) == ("pvc://feedback/train", 1500, 500)
    assert (found.serving.name, found.serving.after, found.serving.uid) == ("reviews", NEW, "target-uid")
    assert (found.outcome.outcome, found.outcome.reason) == ("Promoted", "Confirmed")
    assert found.outcome.message == "0.91 after the promotion"


def test_the_timeline_is_in_its_order() -> None:
    moments = [each.moment for each in document().timeline]
    times = [each.time for each in document().timeline]
    assert times == sorted(times)
    assert {Moment.CREATED, Moment.TRAINED, Moment.PROMOTION_STARTED, Moment.ROLLED_OUT} < set(moments)
    at_once = make_run(status=PROMOTED | {"trainedTime": CHANGE["time"]})
    order = [each.moment for each in timeline_of(at_once)]
    assert order.index(Moment.TRAINED) < order.index(Moment.PROMOTION_STARTED)


def test_a_run_that_wrote_nothing_says_so() -> None:
    run = make_run(live=NEW, status=ACCEPTED | END | {"outcome": "Aborted"})
    found = audit_of(run)
    assert found and (found.serving.before, found.serving.after) == (NEW, None)
    assert found.outcome.reason == "Aborted"


@pytest.mark.parametrize(
    "later",
    [
        {"notified": ["ml-channel"], "notifiedTime": NOW.isoformat()},
        {"recoveredTime": NOW.isoformat()},
        {"conditions": list(reversed(PROMOTED["conditions"]))},
    ],
    ids=["notified", "recovered", "conditions in another order"],
)
def test_nothing_after_the_end_changes_it(later: dict[str, Any]) -> None:
    assert document(**later).text() == document().text()


def test_what_is_written_is_read_again_and_fits_the_schema() -> None:
    text = document().text()
    assert AuditDocument.model_validate_json(text) == document()
    jsonschema.Draft202012Validator(json_schema()).validate(json.loads(text))
    assert json.loads(text)["schema"] == AUDIT_SCHEMA


def test_the_schema_in_the_docs_is_that_of_the_types() -> None:
    assert json.loads(Path(CHECKOUT / "docs/reference/audit.schema.json").read_text()) == json_schema()


def with_images(train: str, judge: str) -> dict[str, Any]:
    made = pod(ended(message=GOOD_TRAIN), ended(message=GOOD_JUDGE), phase="Succeeded")
    for name, image in (("initContainerStatuses", train), ("containerStatuses", judge)):
        made["status"][name][0]["imageID"] = image
    return made


def test_images_are_recorded_with_the_reports_as_the_node_names_them() -> None:
    view = view_job(job("Complete"), [with_images("registry/trainer@sha256:1", "registry/judge@sha256:2")])
    expected = {"train": "registry/trainer@sha256:1", "judge": "registry/judge@sha256:2"}
    assert view.images == expected
    at_work = job_view(JobState.SUCCEEDED, train_report=view.train_report, images={"train": expected["train"]})
    trained = decide(seen(STARTED, at_work)).status
    assert trained.result.images == {"train": expected["train"]}
    judging = job_view(JobState.SUCCEEDED, judge_report=view.judge_report, images={"judge": expected["judge"]})
    recorded = decide(seen(trained.to_json(), judging)).status
    assert recorded.result.images == expected
