"""A run on several machines: its Job and Service, and what its pods say, of which the first alone reports."""

from dataclasses import replace
from typing import Any

import pytest

from refit_operator.api.run import Outcome
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import CreateJob, CreateService, Decision, Observed
from refit_operator.run.rules.manifests.job import build_job
from refit_operator.run.rules.manifests.machines import build_service
from refit_operator.run.rules.views.failure import failure_of
from refit_operator.run.rules.views.job import JobState, JobView, view_job
from refit_operator.run.rules.views.waiting import Surroundings, explain, subject_of
from refit_operator.target.rules.view import parse_target
from tests.support.jobs import LATER, NO_CPU, RUNNING, WAITING, Document, ended, event, job, new_pod, pod
from tests.support.runs import GOOD_JUDGE, GOOD_TRAIN
from tests.support.samples import NOW, deployment, make_monitor, make_run

TWO = make_monitor(training={"numNodes": 2, "backoffLimit": 3})
RUN = make_run(monitor=TWO)
NAME = RUN.metadata.name
INDEX = "batch.kubernetes.io/job-completion-index"


def env(container: Document) -> dict[str, Any]:
    return {v["name"]: v.get("value") or v["valueFrom"]["fieldRef"]["fieldPath"] for v in container["env"]}


def test_one_machine_is_an_ordinary_job() -> None:
    spec = build_job(make_run())["spec"]
    assert spec["backoffLimit"] == 2
    assert not {"completionMode", "completions", "parallelism"} & set(spec)
    pod_spec = spec["template"]["spec"]
    assert "subdomain" not in pod_spec
    assert "NNODES" not in env(pod_spec["initContainers"][0])


def test_more_are_an_indexed_job_that_no_deleted_namespace_waits_for() -> None:
    spec = build_job(RUN)["spec"]
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 2, 2)
    assert spec["backoffLimit"] == 3 and "backoffLimitPerIndex" not in spec
    assert spec["suspend"] is False


def test_a_machine_that_lost_another_has_used_up_no_try() -> None:
    rules = build_job(RUN)["spec"]["podFailurePolicy"]["rules"]
    assert [rule["action"] for rule in rules] == ["FailJob", "FailJob", "Ignore", "Ignore"]
    assert rules[2]["onExitCodes"] == {"containerName": "train", "operator": "In", "values": [75]}


def test_a_queue_gets_an_indexed_job_suspended() -> None:
    queued = build_job(make_run(monitor=make_monitor(training={"numNodes": 2, "queueName": "gpus"})))
    assert queued["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "gpus"
    assert (queued["spec"]["suspend"], queued["spec"]["parallelism"]) == (True, 2)


def test_containers_are_told_where_they_are() -> None:
    pod_spec = build_job(RUN)["spec"]["template"]["spec"]
    train, judge = env(pod_spec["initContainers"][0]), env(pod_spec["containers"][0])
    place = {"NNODES": "2", "NODE_RANK": f"metadata.annotations['{INDEX}']"}
    assert train.items() >= (place | {"MASTER_ADDR": f"{NAME}-0.{NAME}", "MASTER_PORT": "29500"}).items()
    assert judge.items() >= place.items()
    assert "MASTER_ADDR" not in judge


def test_the_service_names_pods_that_arent_ready() -> None:
    service, pod_spec = build_service(RUN), build_job(RUN)["spec"]["template"]["spec"]
    assert service["metadata"]["name"] == pod_spec["subdomain"] == NAME
    assert service["metadata"]["ownerReferences"] == build_job(RUN)["metadata"]["ownerReferences"]
    selector = {"batch.kubernetes.io/job-name": NAME}
    assert service["spec"] == {"clusterIP": "None", "publishNotReadyAddresses": True, "selector": selector}


def test_the_longest_names_are_names_still() -> None:
    run = make_run(99999, make_monitor(metadata={"name": "m" * 40}, training={"numNodes": 64}))
    assert len(f"{build_job(run)['metadata']['name']}-63") <= 63


def test_a_lost_report_is_judged_again_by_one_machine() -> None:
    run = make_run(monitor=TWO, status={"lostReportTime": NOW.isoformat()})
    spec = build_job(run)["spec"]
    assert "completionMode" not in spec
    assert "subdomain" not in spec["template"]["spec"]
    assert "NNODES" not in env(spec["template"]["spec"]["containers"][0])


MISSING = JobView(JobState.MISSING)


def seen(job_view: JobView = MISSING, status: dict[str, Any] | None = None, **more: Any) -> Observed:
    run = make_run(monitor=TWO, status=status)
    return Observed(run=run, job=job_view, target=parse_target(deployment()), now=NOW, **more)


def made(decision: Decision) -> list[type]:
    return [type(action) for action in decision.actions]


def test_the_service_is_made_before_the_job_and_once() -> None:
    observed = seen()
    first = decide(observed)
    assert made(first) == [CreateService]
    assert first.status == observed.run.status
    assert made(decide(replace(observed, service_owner=RUN.metadata.uid))) == [CreateJob]


@pytest.mark.parametrize("owner", ["", "somebody"])
def test_a_strangers_service_ends_the_run(owner: str) -> None:
    decision = decide(seen(service_owner=owner))
    assert made(decision) == []
    assert decision.status.outcome is Outcome.FAILED
    assert decision.status.message == f"Service {NAME} exists and isn't controlled by this run"


STARTED = {"jobRef": NAME, "startTime": NOW.isoformat()}


def owned(state: JobState) -> JobView:
    return JobView(state, owner_uid=RUN.metadata.uid, uid="job-uid", created=NOW)


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.PENDING, JobState.TRAINING, JobState.JUDGING])
def test_a_service_that_was_deleted_is_made_again_while_pods_may_look_for_it(state: JobState) -> None:
    assert made(decide(seen(owned(state), STARTED))) == [CreateService]


@pytest.mark.parametrize("job_view", [MISSING, owned(JobState.FAILED), owned(JobState.SUCCEEDED)])
def test_no_service_is_made_for_a_job_that_is_no_more(job_view: JobView) -> None:
    assert made(decide(seen(job_view, STARTED))) == []


def test_one_machine_needs_no_service() -> None:
    alone = Observed(run=make_run(), job=MISSING, target=parse_target(deployment()), now=NOW)
    assert made(decide(alone)) == [CreateJob]


def indexed(*conditions: str) -> Document:
    document = job(*conditions)
    return document | {"spec": document["spec"] | {"completionMode": "Indexed", "completions": 2}}


def at(index: int, made: Document) -> Document:
    return made | {"metadata": made["metadata"] | {"name": f"pod-{index}", "annotations": {INDEX: str(index)}}}


def test_the_first_machine_alone_reports() -> None:
    others = at(1, pod(ended(message='{"machine":1}'), ended(message='{"machine":1}'), "Succeeded", created=LATER))
    view = view_job(indexed(), [at(0, pod(ended(message=GOOD_TRAIN), RUNNING)), others])
    assert (view.state, view.pod, view.flaws) == (JobState.JUDGING, "pod-0", ())
    assert view.train_report is not None
    done = at(0, pod(ended(message=GOOD_TRAIN), ended(message=GOOD_JUDGE), "Succeeded"))
    view = view_job(indexed(), [others, done])
    assert view.judge_report is not None
    assert view.flaws == ()


def test_where_the_first_machine_is_says_where_the_run_is() -> None:
    view = view_job(indexed(), [at(0, pod(WAITING, phase="Pending")), at(1, pod(RUNNING, created=LATER))])
    assert (view.state, view.pod) == (JobState.PENDING, "pod-0")


LOST = ended(75, '{"error": "another machine of this training is gone: Connection closed by peer"}')
FAILURES: dict[str, tuple[list[Document], str]] = {
    "of the second machine": (
        [at(0, pod(RUNNING)), at(1, pod(ended(1, '{"error": "boom"}'), phase="Failed"))],
        "machine 1 of 2: train exited 1: boom",
    ),
    "of that whose fault it is, though another ended later": (
        [at(1, pod(ended(137, reason="OOMKilled"), phase="Failed")), at(0, pod(LOST, phase="Failed", created=LATER))],
        "machine 1 of 2: train ran out of memory at its limit of the node's memory: OOMKilled",
    ),
    "of a loss where nobody says more": (
        [at(0, pod(LOST, phase="Failed")), at(1, pod(RUNNING))],
        "machine 0 of 2: train exited 75: another machine of this training is gone: Connection closed by peer",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures_of_any_machine_are_told(name: str) -> None:
    pods, want = FAILURES[name]
    assert failure_of(indexed(), pods) == want


def test_any_machine_that_cant_start_is_waited_for() -> None:
    stuck = at(1, new_pod(node=NO_CPU))
    found = explain(indexed(), [at(0, pod(RUNNING)), stuck])
    assert found is not None
    assert found.message == f"machine 1 of 2: no node fits the pod: {NO_CPU}"


def test_the_events_read_are_those_of_a_machine_that_says_nothing() -> None:
    running, silent = at(0, pod(RUNNING)), at(1, new_pod())
    assert subject_of(indexed(), [running, silent]) == "pod-uid"
    assert subject_of(indexed(), [running]) == "job-uid"
    found = explain(indexed(), [running, silent], Surroundings([event("FailedMount", "no such disk")]))
    assert found is not None
    assert found.message.startswith("machine 1 of 2: a volume can't be mounted")


def test_nothing_is_asked_of_machines_that_are_done() -> None:
    done = at(1, pod(ended(), ended(), "Succeeded"))
    assert subject_of(indexed(), [at(0, pod(ended(), RUNNING)), done]) == ""
    refused = event("FailedCreate", "Error creating: exceeded quota")
    assert explain(indexed(), [at(0, pod(ended(), RUNNING)), done], Surroundings([refused])) is None
