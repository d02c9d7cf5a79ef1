"""The candidate beside what serves: recorded, made, ready, judged by its answers, removed, and promoted only then."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, RetrainRunStatus, Stage
from refit_operator.api.shadow import LONGEST_TARGET, shadow_name
from refit_operator.kubernetes_api.client import SERVICE
from refit_operator.monitor.rules.readiness import target_not_wired
from refit_operator.prometheus.rules.reading import FailureKind, NoData, NotANumber, QueryFailed, Value
from refit_operator.run.rules.asked import asked
from refit_operator.run.rules.checks.shadow import creation_of_shadow_refused
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import CreateShadow, DeleteShadow, WritePointer
from refit_operator.run.rules.manifests.shadow import build_deployment, build_service
from refit_operator.run.rules.views.shadow import (
    Answers,
    Labels,
    Made,
    ShadowView,
    crash_of,
    may_have_shadow,
    query_of,
    read_answers,
)
from refit_operator.target.rules.kinds import DEPLOYMENT
from refit_operator.target.rules.view import parse_target
from tests.support.monitors import seen as monitor_seen
from tests.support.runs import ACCEPTED, FALSE, NEW, seen
from tests.support.runs import RECORDED as CHANGING
from tests.support.samples import NEW_DIGEST, NOW, deployment, make_monitor, make_run
from tests.support.shadows import (
    ANSWERS,
    GOOD,
    LATE,
    OVER,
    PASSED,
    RECORDED,
    RUN,
    SHADOW,
    ago,
    pods_of_shadow,
    serving,
    shadowed,
    there,
    watching,
)

REMOVED = (
    DeleteShadow(DEPLOYMENT.identity, "reviews-shadow", "shadow-uid"),
    DeleteShadow(SERVICE, "reviews-shadow", "service-uid"),
)
UNREAD = QueryFailed(FailureKind.Timeout, "no answer", NOW)
MINUTE = timedelta(minutes=1)


def reason(status: RetrainRunStatus) -> str:
    found = find(status.conditions, ConditionType.SHADOWED)
    return f"{found.status} {found.reason}" if found else ""


def test_without_one_a_candidate_is_promoted_as_ever() -> None:
    assert decide(seen(ACCEPTED)).status.pointer_change
    assert not may_have_shadow(make_run(status=ACCEPTED))


def test_it_is_recorded_before_anything_is_made() -> None:
    decision = decide(watching(ACCEPTED))
    assert not decision.actions and decision.status.shadow and decision.status.shadow.start_time == NOW
    assert (decision.status.stage, reason(decision.status)) == (Stage.SHADOWING, "Unknown ShadowStarting")
    assert decision.status.pointer_change is None


def test_a_rollback_that_is_requested_has_none() -> None:
    rollback = watching({}, spec={"restorePointer": ""}, live=NEW)
    assert not may_have_shadow(rollback.run) and decide(rollback).status.shadow is None


def test_then_its_deployment_is_made_and_then_its_service_and_again_what_is_missing() -> None:
    (first,) = decide(watching(RECORDED)).actions
    assert isinstance(first, CreateShadow) and first.kind == DEPLOYMENT.identity
    half = ShadowView(made={DEPLOYMENT.identity: Made("deployment-uid", RUN.metadata.uid)})
    (second,) = decide(watching(RECORDED, half)).actions
    assert isinstance(second, CreateShadow) and second.kind == SERVICE
    assert decide(watching(ANSWERS)).actions == (first,), "and where both are deleted while it answers"


def test_a_pod_that_is_not_ready_is_waited_for() -> None:
    starting = parse_target(pods_of_shadow(observedGeneration=1, replicas=1, updatedReplicas=1))
    status = decide(watching(RECORDED, there(deployment=starting, blocker="the image can't be pulled"))).status
    assert status.shadow and status.shadow.ready_time is None
    assert status.message == "its own pod: 1 of 1 pods updated, 0 available; the image can't be pulled"


def test_what_has_its_name_and_is_somebody_elses_is_waited_for() -> None:
    status = decide(watching(RECORDED, there(owner="somebody"))).status
    assert status.shadow and status.shadow.ready_time is None
    assert status.message == "Deployment reviews-shadow exists and isn't controlled by this run: delete it"


def test_from_when_it_is_ready_its_time_counts() -> None:
    status = decide(watching(RECORDED, there())).status
    assert status.shadow and status.shadow.ready_time == NOW and reason(status) == "Unknown ShadowAnswering"


def test_while_it_answers_the_message_has_the_numbers() -> None:
    decision = decide(watching(ANSWERS, there()))
    assert decision.status.message == "90 of 100 answers are the served model's, 2 failed, in 1.2 times the time"
    assert decision.status.stage is Stage.SHADOWING and decision.requeue_after == MINUTE and not decision.actions
    nearly = shadowed("Unknown", startTime=ago(minutes=11), readyTime=ago(minutes=9, seconds=50))
    assert decide(watching(nearly, there())).requeue_after == timedelta(seconds=10)


ENDS: dict[str, tuple[Any, Any, Outcome, Reason, str]] = {
    "its pod isn't ready in time": (
        LATE,
        there(deployment=parse_target(pods_of_shadow()), blocker="0/1 nodes are available"),
        Outcome.FAILED,
        Reason.SHADOW_NOT_STARTED,
        "not ready in time: its own pod: the Deployment's controller hasn't seen the change yet; 0/1 nodes are "
        "available",
    ),
    "its name is taken": (
        LATE,
        there(owner="somebody"),
        Outcome.FAILED,
        Reason.SHADOW_NOT_STARTED,
        "not ready in time: Deployment reviews-shadow exists and isn't controlled by this run: delete it",
    ),
    "it may not be made": (
        shadowed("Unknown", startTime=ago(minutes=1), refused="the API server refuses the Deployment: no"),
        ShadowView(),
        Outcome.FAILED,
        Reason.SHADOW_NOT_STARTED,
        "the API server refuses the Deployment: no",
    ),
    "it crashes": (
        ANSWERS,
        there(crash="container server of pod x ended while it answered: OOMKilled, exit code 137"),
        Outcome.REJECTED,
        Reason.SHADOW_CRASHED,
        "OOMKilled, exit code 137",
    ),
    "no copy comes": (
        OVER,
        there(Answers()),
        Outcome.FAILED,
        Reason.SHADOW_NOT_MEASURED,
        "0 answers were compared in 10m, and 50 are needed (verification.shadow.minAnswers): does a mirror send copies "
        "to http://reviews-shadow:8080, such as refit-serve with MIRROR_URL, and is it scraped?",
    ),
    "few copies come": (
        OVER,
        there(Answers(49)),
        Outcome.FAILED,
        Reason.SHADOW_NOT_MEASURED,
        "49 answers were compared in 10m, and 50 are needed (verification.shadow.minAnswers)",
    ),
    "nothing is known for too long": (
        shadowed("Unknown", startTime=ago(minutes=21), readyTime=ago(minutes=20)),
        there(UNREAD),
        Outcome.FAILED,
        Reason.SHADOW_NOT_MEASURED,
        "its answers' counts: the query failed (Timeout): no answer",
    ),
    "copies may have gone to somebody else": (
        OVER,
        there(made={SERVICE: Made("another", "somebody")}),
        Outcome.FAILED,
        Reason.SHADOW_NOT_MEASURED,
        "Service reviews-shadow exists and isn't controlled by this run: delete it",
    ),
    "it disagrees": (
        OVER,
        there(replace(GOOD, agreed=79, differed=21, failed=0)),
        Outcome.REJECTED,
        Reason.SHADOW_DISAGREES,
        "79 of 100 answers are the served model's, in 1.2 times the time: 0.79 is less than 0.8 "
        "(verification.shadow.minAgreement)",
    ),
    "it fails": (
        OVER,
        there(replace(GOOD, agreed=79, differed=0, failed=21)),
        Outcome.REJECTED,
        Reason.SHADOW_DISAGREES,
        "79 of 100 answers are the served model's, 21 failed",
    ),
    "all of it fails, so that it has no time": (
        OVER,
        there(Answers(failed=100)),
        Outcome.REJECTED,
        Reason.SHADOW_DISAGREES,
        "0 of 100 answers are the served model's, 100 failed: it answered none",
    ),
    "no time is counted": (
        OVER,
        there(replace(GOOD, served_seconds=0, mirrored_seconds=0)),
        Outcome.FAILED,
        Reason.SHADOW_NOT_MEASURED,
        "2 failed: no time of its answers was counted (refit_mirror_seconds_total)",
    ),
    "the time of the served model alone is counted": (
        OVER,
        there(replace(GOOD, mirrored_seconds=0)),
        Outcome.FAILED,
        Reason.SHADOW_NOT_MEASURED,
        "no time of its answers was counted (refit_mirror_seconds_total)",
    ),
    "its labels say that it is worse": (
        OVER,
        there(replace(GOOD, labels=Labels(50, 10, 1, 4))),
        Outcome.REJECTED,
        Reason.SHADOW_LESS_ACCURATE,
        "right on 51 of 65 labelled, the served model on 60: where one of them alone is right it is the served model "
        "10 times, and the candidate 1 times",
    ),
    "it is slow": (
        OVER,
        there(replace(GOOD, mirrored_seconds=15.1)),
        Outcome.REJECTED,
        Reason.SHADOW_SLOWER,
        "in 1.51 times the time: more than 1.5 (verification.shadow.maxLatencyRatio)",
    ),
}


@pytest.mark.parametrize("case", ENDS)
def test_what_ends_the_run_removes_the_shadow_and_touches_nothing_that_serves(case: str) -> None:
    status, shadow, outcome, why, words = ENDS[case]
    decision = decide(watching(status, shadow))
    assert (decision.status.outcome, reason(decision.status)) == (outcome, f"False {why}")
    assert words in (decision.status.message or "") and decision.status.pointer_change is None
    owned = [kind for kind, made in shadow.made.items() if made.owner == RUN.metadata.uid]
    assert decision.actions == tuple(action for action in REMOVED if action.kind in owned)


LEFT = Made("left-uid", "finished-run", is_left=True)


def test_what_a_finished_run_has_left_is_deleted_first() -> None:
    left = ShadowView(made={DEPLOYMENT.identity: LEFT, SERVICE: Made("service-uid", RUN.metadata.uid)})
    decision = decide(watching(RECORDED, left))
    assert decision.actions == (DeleteShadow(DEPLOYMENT.identity, "reviews-shadow", "left-uid"),)
    assert decision.requeue_after and decision.status.outcome is None
    going = ShadowView(made={kind: replace(LEFT, is_going=True) for kind in (DEPLOYMENT.identity, SERVICE)})
    assert not decide(watching(RECORDED, going)).actions


def test_one_that_is_ready_by_its_deadline_counts_though_nobody_looked_before() -> None:
    status = decide(watching(LATE, there())).status
    assert status.outcome is None and status.shadow and status.shadow.ready_time == NOW


NOT_YET = {
    "it isn't ready, and has time": (RECORDED, there(deployment=None)),
    "it crashed before it was ready": (RECORDED, there(deployment=None, crash="x")),
    "it disagrees, and has time": (ANSWERS, there(Answers(differed=100))),
    "no copy has come yet": (ANSWERS, there(Answers())),
    "nothing is known at the end, for a while": (OVER, there(UNREAD)),
}


@pytest.mark.parametrize("case", NOT_YET)
def test_what_ends_nothing_yet(case: str) -> None:
    decision = decide(watching(*NOT_YET[case]))
    assert decision.status.outcome is None and decision.requeue_after and decision.status.pointer_change is None
    assert not [action for action in decision.actions if not isinstance(action, CreateShadow)]


@pytest.mark.parametrize(
    "answers",
    [
        GOOD,
        replace(GOOD, agreed=80, differed=20, failed=0),
        replace(GOOD, mirrored_seconds=15),
        replace(GOOD, agreed=50, differed=0, failed=0),
        replace(GOOD, labels=Labels(50, 9, 1, 4)),
    ],
    ids=["good", "just agreed", "just as fast", "just enough", "not certainly worse"],
)
def test_what_passes_is_recorded_with_its_numbers(answers: Answers) -> None:
    decision = decide(watching(OVER, there(answers)))
    assert reason(decision.status) == "True ShadowPassed" and decision.status.message == str(answers)
    assert not decision.actions and decision.events[0].reason == "ShadowPassed"


def test_then_it_is_removed_and_the_promotion_waits_until_it_is_gone() -> None:
    decision = decide(watching(PASSED, there()))
    assert decision.actions == REMOVED and decision.status.pointer_change is None
    going = decide(watching(PASSED, there(going=True)))
    assert not going.actions and going.status.pointer_change is None and going.requeue_after
    assert decide(watching(PASSED)).status.pointer_change


def test_what_is_somebody_elses_is_never_deleted() -> None:
    (action,) = decide(watching(PASSED, there(owner="somebody"))).actions
    assert action == REMOVED[1]


@pytest.mark.parametrize("status", [RECORDED, ANSWERS, PASSED], ids=["recorded", "answers", "passed"])
def test_whatever_else_ends_the_run_removes_it_too(status: dict[str, Any]) -> None:
    for facts in ({"spec": {"abort": True}}, {"rollback_requested": True}, {"target": None}, {"is_newest": False}):
        decision = decide(watching(status, there(), **facts))
        assert decision.status.outcome and decision.actions == REMOVED
    overruled = decide(watching(status, there(), live="file:///x@sha256:1"))
    assert overruled.status.outcome is Outcome.SUPERSEDED and overruled.actions == REMOVED
    refused = decide(watching(status, there(), spec={"approval": "Rejected"}))
    assert refused.status.outcome is Outcome.REJECTED and refused.actions == REMOVED


def test_a_finished_run_is_left_alone() -> None:
    ended = shadowed(FALSE, startTime=ago(minutes=11)) | {"outcome": "Rejected"}
    assert not decide(watching(ended, there())).actions and not may_have_shadow(make_run(status=ended))


def test_an_approval_is_asked_for_once_it_has_answered() -> None:
    assert decide(watching(ANSWERS, there(), spec={"mode": "Approve"})).status.stage is Stage.SHADOWING
    assert decide(watching(PASSED, spec={"mode": "Approve"})).status.stage is Stage.AWAITING_APPROVAL


def test_the_replaced_models_readings_are_read_once_it_has_passed() -> None:
    def needed(status: dict[str, Any]) -> bool:
        return asked(make_run(status=status, verification={"shadow": SHADOW}), NOW, MINUTE, MINUTE) is not None

    assert [needed(status) for status in (ACCEPTED, RECORDED, ANSWERS, PASSED)] == [False, False, False, True]


def test_nothing_of_it_is_looked_for_once_the_promotion_is_recorded() -> None:
    changing = PASSED | {"pointerChange": CHANGING["pointerChange"]}
    assert not may_have_shadow(make_run(status=changing, verification={"shadow": SHADOW}))
    assert isinstance(decide(watching(changing)).actions[0], WritePointer)


def test_a_creation_that_is_refused_is_recorded_and_ends_the_run_next() -> None:
    decision = creation_of_shadow_refused(watching(RECORDED), "Deployment", "deployments is forbidden")
    words = (
        "the API server refuses the Deployment: deployments is forbidden; docs/how-to/shadow.md says what the operator "
        "is lent"
    )
    assert decision.status.shadow and decision.status.shadow.refused == words and decision.status.outcome is None


def test_a_target_that_lost_its_port_is_refused() -> None:
    decision = decide(watching(RECORDED, target=parse_target(deployment())))
    assert decision.status.shadow and "names a port" in (decision.status.shadow.refused or "")


POD = {"metadata": {"name": "reviews-shadow-x"}}


def ended(key: str, at: str, why: str = "OOMKilled", **pod: Any) -> list[dict[str, Any]]:
    how = {"terminated": {"exitCode": 137, "reason": why, "finishedAt": at}}
    return [POD | {"status": {"containerStatuses": [{"name": "server", key: how}]} | pod}]


def test_which_endings_are_the_candidates() -> None:
    since = NOW - timedelta(minutes=5)
    words = "container server of pod reviews-shadow-x ended while it answered: OOMKilled, exit code 137"
    assert crash_of(ended("lastState", ago(minutes=1)), since) == words
    assert crash_of(ended("state", ago(minutes=1)), since) == words
    assert not crash_of(ended("lastState", ago(minutes=6)), since), "before it was ready"
    assert not crash_of(ended("lastState", ago(minutes=1)), None)
    assert not crash_of(ended("state", ago(minutes=1), reason="Evicted"), since)
    for unseen in ("Unknown", "ContainerStatusUnknown"):
        assert not crash_of(ended("lastState", ago(minutes=1), unseen), since)
    going = [pod | {"metadata": POD["metadata"] | {"deletionTimestamp": ago()}} for pod in ended("state", ago())]
    assert not crash_of(going, since) and not crash_of([POD], since)


def test_the_query_has_the_candidates_digest_and_the_namespace_where_that_is_asked_for() -> None:
    start = NOW - timedelta(minutes=4, seconds=59, milliseconds=1)
    query = query_of("counter", "result", start, NOW, "")
    most = 'max_over_time(counter{digest="$(digest)"}[6m])'
    before = 'max_over_time(counter{digest="$(digest)"}[5m] offset 6m)'
    assert query == f"sum by (result) (({most} - {before} >= 0) or {most})"
    assert '{digest="$(digest)", namespace="$(namespace)"}' in query_of("counter", "side", start, NOW, "namespace")


def test_with_no_agreement_asked_for_a_candidate_that_answers_nothing_is_refused_all_the_same() -> None:
    lenient = {"verification": {"shadow": SHADOW | {"minAgreement": 0}}}
    failing = replace(GOOD, agreed=0, differed=0, failed=100)
    assert decide(watching(OVER, there(failing), spec=lenient)).status.outcome is Outcome.REJECTED
    assert decide(watching(OVER, there(replace(failing, differed=1)), spec=lenient)).status.outcome is None


@pytest.mark.parametrize("place", [0, 1, 2], ids=["answers", "seconds", "labels"])
def test_what_is_no_number_is_no_count(place: int) -> None:
    parts: list[Any] = [((NoData(NOW),),) * count for count in (3, 2, 4)]
    parts[place] = (*parts[place][1:], (NotANumber(NOW),))
    found = read_answers(*parts)
    assert isinstance(found, QueryFailed) and "not a number" in found.message


def test_what_no_series_has_is_nothing() -> None:
    def of(*values: float | None) -> Any:
        return tuple((NoData(NOW) if value is None else Value(value, NOW),) for value in values)

    found = read_answers(of(7, 2, None), of(1.5, 3), of(1, None, 3, 4))
    assert found == Answers(7, 2, 0, 1.5, 3, Labels(1, 0, 3, 4))
    assert read_answers(of(None, None, None), of(None, None), of(None, None, None, None)) == Answers()
    assert Answers().agreement == 0 and Answers().latency_ratio is None


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (Labels(), False),
        (Labels(served=6), False),
        (Labels(served=7), True),
        (Labels(mirrored=7), False),
        (Labels(served=10, mirrored=1), True),
        (Labels(served=9, mirrored=1), False),
        (Labels(served=1, mirrored=10), False),
        (Labels(both=10_000, served=6, neither=10_000), False),
    ],
    ids=str,
)
def test_from_which_labels_on_it_is_certain_that_it_is_worse(labels: Labels, expected: bool) -> None:
    """By chance seven of seven come up in 1 of 128 cases, ten of eleven in 12 of 2,048, nine of ten in 11 of 1,024."""
    assert labels.is_worse is expected


def rich() -> dict[str, Any]:
    """A target with labels, annotations, an init container and claims that it writes to."""
    found = serving("file:///models/old@sha256:0")
    template = found["spec"]["template"]
    template["metadata"] |= {"labels": {"app": "reviews"}}
    template["metadata"]["annotations"] |= {"prometheus.io/scrape": "true", "prometheus.io/port": "1", "team": "nlp"}
    pod = template["spec"]
    pod |= {"securityContext": {"runAsNonRoot": True}, "serviceAccountName": "reader"}
    pod["volumes"].append({"name": "tmp", "emptyDir": {}})
    mounts = [{"name": "models", "mountPath": "/m"}, {"name": "tmp", "mountPath": "/tmp"}]
    pod["initContainers"] = [{"name": "verify", "volumeMounts": mounts}]
    pod["containers"][0]["securityContext"] = {"readOnlyRootFilesystem": True}
    return found


def test_its_pod_is_the_targets_with_the_candidates_pointer() -> None:
    target = rich()
    made = build_deployment(RUN, target, NEW)
    template = made["spec"]["template"]
    assert template["metadata"]["annotations"]["refit.dev/checkpoint"] == NEW
    assert template["metadata"]["annotations"]["refit.dev/model-digest"] == NEW_DIGEST
    assert template["metadata"]["annotations"]["team"] == "nlp"
    assert template["spec"]["securityContext"] == {"runAsNonRoot": True}
    assert template["spec"]["containers"][0]["securityContext"] == {"readOnlyRootFilesystem": True}
    assert target == rich(), "the target's own template is as it was"


def test_nothing_that_selects_the_target_or_scrapes_it_finds_its_pod() -> None:
    made = build_deployment(RUN, rich(), NEW)
    template, label = made["spec"]["template"], {"refit.dev/shadow": RUN.metadata.name}
    assert template["metadata"]["labels"] == made["spec"]["selector"]["matchLabels"] == label
    assert not [name for name in template["metadata"]["annotations"] if "prometheus" in name]
    assert made["spec"]["replicas"] == 1


def test_its_pod_writes_to_no_claim_and_has_no_token() -> None:
    pod = build_deployment(RUN, rich(), NEW)["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    mounts = [mount for one in (*pod["containers"], *pod["initContainers"]) for mount in one["volumeMounts"]]
    assert [mount.get("readOnly", False) for mount in mounts] == [True, True, False]


def test_both_go_with_the_run_and_its_service_selects_its_pod_alone() -> None:
    service = build_service(RUN, 8080)
    assert service["spec"]["selector"] == {"refit.dev/shadow": RUN.metadata.name}
    assert service["spec"]["clusterIP"] == "None" and service["spec"]["ports"][0]["port"] == 8080
    for made in (service, build_deployment(RUN, rich(), NEW)):
        (owner,) = made["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["uid"], owner["controller"]) == ("RetrainRun", RUN.metadata.uid, True)
        assert made["metadata"]["name"] == "reviews-shadow"


def test_a_monitor_whose_target_names_no_port_is_not_wired() -> None:
    monitor = make_monitor(verification={"shadow": SHADOW})
    hold = target_not_wired(monitor_seen(monitor=monitor, target=parse_target(deployment())))
    assert hold and hold.reason is Reason.TARGET_NOT_WIRED and "verification.shadow" in hold.message
    assert target_not_wired(monitor_seen(monitor=monitor, target=parse_target(serving()))) is None


def test_the_longest_target_that_may_have_one_leaves_room_for_a_services_name() -> None:
    assert len(shadow_name("x" * LONGEST_TARGET)) == 63
