"""What is read of a shadow and when, and how its actions are performed.

API server and Prometheus are stand-ins: tests/cluster/test_shadow.py has the one, tests/wire/prometheus the other.
"""

from typing import Any

import pytest

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.run import Outcome, RetrainRun
from refit_operator.kubernetes_api.client import SERVICE
from refit_operator.kubernetes_api.errors import Forbidden, Invalid, Transient
from refit_operator.prometheus.rules.reading import FailureKind, NoData, QueryFailed, Value
from refit_operator.run.reconcile import perform
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import CreateShadow, Decision, DeleteShadow, Observed
from refit_operator.run.rules.views.shadow import Answers, Made, ShadowView
from refit_operator.run.shadow import read_shadow
from refit_operator.target.rules.kinds import DEPLOYMENT
from refit_operator.target.rules.rollout import Complete
from tests.support.runs import ACCEPTED
from tests.support.samples import NEW_DIGEST, NOW, make_run
from tests.support.shadows import ANSWERS, PASSED, READY, RECORDED, RUN, SHADOW, ago, pods_of_shadow, there, watching

SETS = [{"metadata": {"uid": "set-uid", "ownerReferences": [{"uid": "shadow-uid", "controller": True}]}}]
ENDED = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": ago(minutes=1)}}
PODS = [
    {
        "metadata": {
            "name": "reviews-shadow-x",
            "uid": "pod-uid",
            "creationTimestamp": ago(minutes=6),
            "ownerReferences": [{"uid": "set-uid", "controller": True}],
        },
        "spec": {"containers": [{"name": "server"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "server", "state": ENDED, "ready": False}]},
    }
]


class ApiServer:
    """Objects by kind; what is created and deleted is noted, or refused."""

    def __init__(self, error: Exception | None = None, **found: Any) -> None:
        self.found, self.error, self.calls = found, error, list[tuple[str, str]]()

    async def read(self, kind: tuple[str, str], ref: Any) -> Any:
        self.calls.append(("read", f"{kind[1]} {ref}"))
        return self.found.get(kind[1])

    async def list_objects(self, kind: tuple[str, str], namespace: str, selector: str) -> Any:
        assert selector == f"refit.dev/shadow={RUN.metadata.name}"
        return {"ReplicaSet": SETS, "Pod": PODS}[kind[1]]

    async def list_events(self, namespace: str, uid: str) -> list[Any]:
        return []

    async def create(self, kind: tuple[str, str], namespace: str, body: Any) -> Any:
        self.calls.append(("create", kind[1]))
        if self.error:
            raise self.error

    async def delete(self, kind: tuple[str, str], ref: Any, uid: str) -> None:
        self.calls.append(("delete", f"{kind[1]} {ref} {uid}"))
        if self.error:
            raise self.error


class Prometheus:
    """Seven of each part of each counter, or a failure at one of them."""

    namespace_label = "namespace"

    def __init__(self, failed: str = "") -> None:
        self.failed, self.queries = failed, list[str]()

    async def parts(self, subject: Any, prometheus: Any, query: str, label: str, parts: Any, now: Any) -> Any:
        assert (subject.namespace, subject.digest) == ("shop", NEW_DIGEST)
        self.queries.append(query)
        if label == self.failed:
            return QueryFailed(FailureKind.Timeout, "no answer", now)
        return tuple((NoData(now) if part == "failed" else Value(7, now),) for part in parts)


class Ports:
    def __init__(self, cluster: ApiServer, reader: Prometheus | None = None) -> None:
        self.cluster, self.reader = cluster, reader or Prometheus()


def service() -> dict[str, Any]:
    owner = {"uid": RUN.metadata.uid, "controller": True}
    return {"metadata": {"uid": "service-uid", "ownerReferences": [owner], "deletionTimestamp": ago()}}


async def read(status: dict[str, Any], ports: Any, *others: RetrainRun) -> ShadowView:
    run = make_run(status=status, verification={"shadow": SHADOW})
    return await read_shadow(run, (run, *others), ports, NOW)


async def test_nothing_is_read_before_it_is_recorded_nor_after_the_end() -> None:
    ports = Ports(ApiServer())
    assert await read(ACCEPTED, ports) == await read(ANSWERS | {"outcome": "Rejected"}, ports) == ShadowView()
    assert not ports.cluster.calls and not ports.reader.queries


async def test_before_it_is_ready_its_objects_are_read_and_no_counter() -> None:
    ports = Ports(ApiServer(Deployment=pods_of_shadow(), Service=service()))
    found = await read(RECORDED, ports)
    assert found.made == {
        DEPLOYMENT.identity: Made("shadow-uid", RUN.metadata.uid),
        SERVICE: Made("service-uid", RUN.metadata.uid, is_going=True),
    }
    assert ports.cluster.calls == [("read", f"{kind} shop/reviews-shadow") for kind in ("Deployment", "Service")]
    assert found.deployment and not ports.reader.queries and not found.crash


async def test_while_it_answers_its_pod_is_looked_at_and_its_counters_are_read() -> None:
    ports = Ports(ApiServer(Deployment=pods_of_shadow(**READY)))
    found = await read(ANSWERS, ports)
    assert found.deployment and found.deployment.rollout == Complete() and "OOMKilled" in found.crash
    assert isinstance(found.answers, Answers) and (found.answers.total, found.answers.labels.total) == (14, 28)
    assert len(ports.reader.queries) == 3 and all('namespace="$(namespace)"' in one for one in ports.reader.queries)


@pytest.mark.parametrize("label", ["result", "side", "right"])
async def test_a_counter_that_cannot_be_read_is_no_zero(label: str) -> None:
    found = await read(ANSWERS, Ports(ApiServer(Deployment=pods_of_shadow(**READY)), Prometheus(label)))
    assert isinstance(found.answers, QueryFailed)


async def test_of_a_strangers_deployment_and_after_it_has_passed_only_that_it_is_there_is_read() -> None:
    stranger = pods_of_shadow(**READY)
    stranger["metadata"]["ownerReferences"] = []
    found = await read(ANSWERS, Ports(ApiServer(Deployment=stranger)))
    assert found.made == {DEPLOYMENT.identity: Made("shadow-uid", "")} and found.deployment is None and not found.crash
    ports = Ports(ApiServer(Deployment=pods_of_shadow(**READY)))
    passed = await read(PASSED, ports)
    assert passed.deployment is None and list(passed.made) == [DEPLOYMENT.identity]
    assert not ports.reader.queries


async def test_what_was_counted_is_read_also_where_its_deployment_is_gone() -> None:
    found = await read(ANSWERS, Ports(ApiServer()))
    assert isinstance(found.answers, Answers) and found.answers.total == 14


@pytest.mark.parametrize("ended", [True, False], ids=["finished", "under way"])
async def test_whose_run_has_finished_is_known_by_the_monitors_runs(ended: bool) -> None:
    other = make_run(2, status=ACCEPTED | ({"outcome": "Failed"} if ended else {}))
    left = pods_of_shadow()
    left["metadata"]["ownerReferences"] = [{"uid": other.metadata.uid, "controller": True}]
    found = await read(RECORDED, Ports(ApiServer(Deployment=left)), other)
    assert found.made[DEPLOYMENT.identity] == Made("shadow-uid", other.metadata.uid, is_left=ended)


async def test_its_objects_are_made_and_deleted_as_decided() -> None:
    o, ports = watching(RECORDED), Ports(ApiServer())
    stands = Decision(o.run.status)
    assert await perform(CreateShadow(SERVICE, {}), stands, o, ports) is stands  # type: ignore[arg-type]
    assert await perform(DeleteShadow(SERVICE, "reviews-shadow", "x"), stands, o, ports) is stands  # type: ignore[arg-type]
    assert ports.cluster.calls == [("create", "Service"), ("delete", "Service shop/reviews-shadow x")]


@pytest.mark.parametrize("error", [Forbidden("no right"), Invalid("no port")], ids=["forbidden", "invalid"])
async def test_a_creation_that_is_refused_is_recorded(error: Exception) -> None:
    o, ports = watching(RECORDED), Ports(ApiServer(error))
    decision = await perform(CreateShadow(SERVICE, {}), Decision(o.run.status), o, ports)  # type: ignore[arg-type]
    assert decision.status.shadow and str(error) in (decision.status.shadow.refused or "")
    assert decision.status.outcome is None


async def carry_out(o: Observed, error: Exception) -> Decision:
    """Decide, and perform each action as `reconcile` does, all of them refused."""
    decided = decision = decide(o)
    for action in decided.actions:
        decision = await perform(action, decision, o, Ports(ApiServer(error)))  # type: ignore[arg-type]
    return decision


BY_HAND = "; ".join(f"delete {kind} reviews-shadow by hand: no right" for kind in ("Deployment", "Service"))


@pytest.mark.parametrize("error", [Forbidden("no right"), Invalid("no right")], ids=["forbidden", "invalid"])
async def test_a_run_ends_as_decided_where_its_shadow_may_not_be_deleted(error: Exception) -> None:
    o = watching(ANSWERS, there(), rollback_requested=True)
    ended, decision = decide(o).status, await carry_out(o, error)
    finished = find(decision.status.conditions, ConditionType.FINISHED)
    assert decision.status.outcome is ended.outcome is Outcome.ABORTED
    assert decision.status.message == f"{ended.message}; {BY_HAND}" and finished and finished.message.endswith(BY_HAND)
    refused = [(event.reason, event.type) for event in decision.events[1:]]
    assert refused == [("ShadowNotRemoved", "Warning")] * 2


async def test_a_candidate_whose_shadow_may_not_be_deleted_is_not_promoted() -> None:
    decision = await carry_out(watching(PASSED, there()), Forbidden("no right"))
    finished = find(decision.status.conditions, ConditionType.FINISHED)
    assert decision.status.outcome is Outcome.FAILED and finished and finished.reason == "ShadowNotRemoved"
    assert decision.status.message == f"a shadow can't be deleted; {BY_HAND}"
    assert [event.type for event in decision.events] == ["Warning", "Warning"]


async def test_a_deletion_that_may_succeed_later_is_tried_again() -> None:
    with pytest.raises(Transient):
        await carry_out(watching(PASSED, there()), Transient("overloaded"))
