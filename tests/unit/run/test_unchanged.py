"""A run that would only repeat a refused one ends without training; what has changed is trained on."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.run import Outcome, RetrainRun
from refit_operator.ports import Ports
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.run.observe import observe
from refit_operator.run.rules.checks.training import create_job
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import CreateJob, Decision, DeleteJob, Observed
from refit_operator.run.rules.manifests.job import build_job
from refit_operator.run.rules.refusals import REFUSALS_KEPT, Refusal, describe, refusals_before
from refit_operator.run.rules.views.job import JobState, view_job
from refit_operator.run.rules.views.reports import HoldoutReport, UnchangedReport
from tests.support.jobs import ended, pod
from tests.support.jobs import job as job_document
from tests.support.runs import STARTED, TRAIN, actions, condition, job, judged, seen
from tests.support.samples import NEW_DIGEST, NOW, make_monitor, make_run

FINGERPRINT, HOLDOUT, OTHER_HOLDOUT = (f"sha256:{letter * 64}" for letter in "abc")
WORDS = "accuracy 0.82 against served 0.81 on 200 rows"
REFUSED_CONDITION = condition("Accepted", "False") | {"reason": "Unclear", "message": WORDS}
RESULT = {"fingerprint": FINGERPRINT, "holdoutDigest": HOLDOUT}
REFUSED: dict[str, Any] = {"outcome": "Rejected", "conditions": [REFUSED_CONDITION], "result": RESULT}
MANUAL: dict[str, Any] = {"trigger": {"reason": "Manual"}}


def refused(ordinal: int = 1, status: dict[str, Any] | None = None, **spec: Any) -> RetrainRun:
    return make_run(ordinal, status=REFUSED | (status or {}), **spec)


RUN = make_run(2)
REFUSAL = Refusal(refused().metadata.name, HOLDOUT, "Unclear", WORDS)
REFUSALS = {FINGERPRINT: REFUSAL}


def test_a_refused_run_is_told_to_the_next_one() -> None:
    assert refusals_before([refused(), RUN], RUN) == REFUSALS


def test_the_model_that_the_first_judge_saw_is_the_one_that_is_pinned_since() -> None:
    judged_first = RESULT | {"served": {"digest": NEW_DIGEST, "metrics": {}}}
    first = refused(status={"result": judged_first}, servedCheckpoint="pvc://models/v1")
    pinned, other = (make_run(2, servedCheckpoint=f"pvc://models/v1@{d}") for d in (NEW_DIGEST, OTHER_HOLDOUT))
    assert list(refusals_before([first, pinned], pinned)) == [FINGERPRINT]
    assert refusals_before([first, other], other) == {}


class _NothingThere:
    """Stands in for an API server without the target and the Job: only the runs before count."""

    async def read(self, *_: Any) -> None:
        return None


class _NoReadings:
    """Stands in for Prometheus, which isn't asked before a rollout."""

    query_range = interval = timedelta(0)

    def grid_of(self, *_: Any) -> Any:
        return self

    def next_reading(self, now: datetime) -> datetime:
        return now


async def test_the_refusals_are_observed() -> None:
    ports = Ports(_NothingThere(), _NoReadings(), MassBreachDetector())  # type: ignore[arg-type]
    assert (await observe(RUN, make_monitor(), (refused(), RUN), ports, NOW)).refusals == REFUSALS


MISMATCH = {"conditions": [REFUSED_CONDITION | {"reason": "DigestMismatch"}]}
ACCEPTED = {"conditions": [condition("Accepted", "True")]}
NOT_TOLD: dict[str, tuple[RetrainRun, RetrainRun]] = {
    "it was promoted": (refused(status={"outcome": "Promoted"} | ACCEPTED), RUN),
    "it was rolled back": (refused(status={"outcome": "RolledBack"} | ACCEPTED), RUN),
    "a person refused it": (refused(status=ACCEPTED), RUN),
    "other weights were judged": (refused(status=MISMATCH), RUN),
    "its trainer tells no fingerprint": (refused(status={"result": {"holdoutDigest": HOLDOUT}}), RUN),
    "its judge tells no holdout": (refused(status={"result": {"fingerprint": FINGERPRINT}}), RUN),
    "it came later": (refused(3), RUN),
    "it is still under way": (refused(status={"outcome": None}), RUN),
    "the gate asks something else": (refused(gate={"margin": 0.01}), RUN),
    "another model served": (refused(servedCheckpoint="pvc://models/reviews-v0"), RUN),
    "another image trained": (refused(training={"image": "trainer:0"}), RUN),
    "it was another task": (refused(training={"task": "lottery"}), RUN),
    "this run was requested": (refused(), make_run(2, **MANUAL)),
    "this one has a script of its own": (refused(), make_run(2, training={"command": ["python", "train.py"]})),
    "this one is on several machines": (refused(), make_run(2, training={"numNodes": 2})),
    "its holdout is known to be another": (refused(), make_run(2, status={"holdoutChangedTime": NOW.isoformat()})),
}


@pytest.mark.parametrize("name", NOT_TOLD)
def test_a_run_trains_at_any_rate_where(name: str) -> None:
    earlier, run = NOT_TOLD[name]
    assert refusals_before([earlier, run], run) == {}


def test_the_newest_refusals_are_told() -> None:
    results = [{"fingerprint": f"sha256:{n:064}", "holdoutDigest": HOLDOUT} for n in range(1, REFUSALS_KEPT + 6)]
    runs = [refused(n, status={"result": result}) for n, result in enumerate(results, start=1)]
    found = refusals_before(reversed(runs), make_run(90))
    assert list(found) == [result["fingerprint"] for result in results[5:]]


def during(status: dict[str, Any] | None = None, **facts: Any) -> Observed:
    """Return what is seen of a run whose Job is at work, after the refused one."""
    refusals = facts.pop("refusals", REFUSALS)
    view = job(facts.pop("state", JobState.JUDGING), **facts)
    return seen(STARTED | (status or {}), view, refusals=refusals)


UNCHANGED = UnchangedReport(unchanged=FINGERPRINT)
NOT_A_REPORT = ("train", "checkpoint: Field required")
NO_CANDIDATE = ("judge", "candidate: Field required")
FOUND = {"result": {"unchanged": REFUSAL.run}}


def holdout(digest: str = HOLDOUT) -> HoldoutReport:
    return HoldoutReport.model_validate({"holdout": {"digest": digest}})


def again(status: dict[str, Any] = FOUND, digest: str = HOLDOUT, **facts: Any) -> Decision:
    flaws = (NOT_A_REPORT, NO_CANDIDATE)
    return decide(during(status, unchanged=UNCHANGED, holdout=holdout(digest), flaws=flaws, **facts))


def test_what_the_trainer_found_is_recorded_and_the_holdout_awaited() -> None:
    found = decide(during(unchanged=UNCHANGED, flaws=(NOT_A_REPORT,)))
    assert (found.status.result.unchanged, found.status.outcome) == (REFUSAL.run, None)
    waits = decide(during(FOUND, unchanged=UNCHANGED, flaws=(NOT_A_REPORT,)))
    assert (waits.status.outcome, waits.actions) == (None, ())


def test_on_the_same_holdout_the_run_is_skipped_and_says_why() -> None:
    skipped = again()
    finished = find(skipped.status.conditions, ConditionType.FINISHED)
    assert (skipped.status.outcome, finished and finished.reason, skipped.actions) == (Outcome.SKIPPED, "Unchanged", ())
    assert skipped.status.message == describe(REFUSAL)
    assert REFUSAL.run in describe(REFUSAL) and f"(Unclear: {WORDS})" in describe(REFUSAL)
    assert [(event.reason, event.type) for event in skipped.events] == [("RetrainSkipped", "Normal")]
    assert actions(again(lingering="proxy")) == [DeleteJob]


def test_on_another_holdout_it_trains_in_a_job_of_its_own() -> None:
    changed = again(digest=OTHER_HOLDOUT)
    run = make_run(status=changed.status.to_json())
    assert (changed.status.outcome, changed.status.result.unchanged) == (None, None)
    assert run.job_name == f"{run.metadata.name}-train"
    assert refusals_before([refused(), run], run) == {}
    created = create_job(seen(changed.status.to_json()))
    assert created and isinstance(created.actions[0], CreateJob)
    assert created.actions[0].body["metadata"]["name"] == run.job_name
    assert created.actions[0].body["spec"]["template"]["spec"]["initContainers"][0]["name"] == "train"


def test_a_retry_that_finds_new_rows_trains() -> None:
    """The first attempt's pod is still there with what it said."""
    trained = during(FOUND, unchanged=UNCHANGED, train_report=TRAIN, flaws=(NO_CANDIDATE,))
    recorded = decide(trained).status
    assert (recorded.result.unchanged, recorded.result.training_rows) == (None, 1500)
    later = decide(during(recorded.to_json(), unchanged=UNCHANGED, train_report=TRAIN))
    assert later.status.result == recorded.result


def test_a_judgement_is_never_taken_for_a_holdout_alone() -> None:
    report = judged(0.7)
    trained = during(
        {"result": {"trainingRows": 1500}},
        train_report=TRAIN,
        judge_report=report,
        holdout=holdout(),
        refusals=REFUSALS,
        state=JobState.SUCCEEDED,
    )
    assert decide(trained).status.result.candidate


def test_a_trainer_that_knows_of_no_refusal_is_not_believed() -> None:
    lied = decide(during(unchanged=UnchangedReport(unchanged=NEW_DIGEST), flaws=(NOT_A_REPORT,)))
    assert lied.status.outcome is Outcome.FAILED
    assert f"unchanged={NEW_DIGEST} is the fingerprint of no refused run" in (lied.status.message or "")
    told_none = decide(during(unchanged=UNCHANGED, flaws=(NOT_A_REPORT,), refusals={}))
    assert told_none.status.outcome is Outcome.FAILED


def test_a_judge_that_says_nothing_is_no_answer() -> None:
    silent = decide(during(FOUND, unchanged=UNCHANGED, flaws=(NOT_A_REPORT, NO_CANDIDATE)))
    assert (silent.status.outcome, silent.status.message) == (
        Outcome.FAILED,
        "the report of container judge is invalid: candidate: Field required",
    )


def test_where_the_trainers_report_was_lost_it_trains() -> None:
    lost = {"jobRef": f"{make_run().metadata.name}-judge", "lostReportTime": NOW.isoformat()}
    found = decide(during(lost, holdout=holdout(), flaws=(NO_CANDIDATE,)))
    assert found.status.holdout_changed_time == NOW and found.status.lost_report_time is None


def test_where_the_refused_run_is_gone_it_trains() -> None:
    assert again(refusals={}).status.holdout_changed_time == NOW


def test_the_containers_are_told() -> None:
    spec = build_job(make_run(), refusals=REFUSALS)["spec"]["template"]["spec"]
    train, judge = (
        next(v["value"] for v in container["env"] if v["name"] == "REFIT_CONFIG")
        for container in (*spec["initContainers"], *spec["containers"])
    )
    assert f'"refused": {{"{FINGERPRINT}": "{REFUSAL.run}"}}' in train and '"mayBeUnchanged": true' in judge


def test_a_pods_messages_are_read() -> None:
    train = ended(message=f'{{"unchanged": "{FINGERPRINT}"}}')
    judge = ended(message=f'{{"holdout": {{"digest": "{HOLDOUT}", "rows": 200}}}}')
    view = view_job(job_document("Complete"), [pod(train, judge, phase="Succeeded")])
    assert (view.unchanged, view.holdout, view.train_report, view.judge_report) == (UNCHANGED, holdout(), None, None)


def test_the_fingerprint_is_kept_with_the_run() -> None:
    report = TRAIN.model_copy(update={"fingerprint": FINGERPRINT})
    recorded = decide(seen(STARTED, job(JobState.JUDGING, train_report=report)))
    assert recorded.status.result.fingerprint == FINGERPRINT
    status = recorded.status.to_json()
    known = decide(seen(status, job(JobState.SUCCEEDED, train_report=report, judge_report=judged(0.7))))
    assert known.status.result.fingerprint == FINGERPRINT and known.status.result.candidate
