"""What is sent to the API server, and how its answers are read."""

from typing import Any

import pytest
from kubernetes.aio.client.exceptions import ApiException
from structlog.testing import capture_logs

from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.client import JOB, RUN, Cluster
from refit_operator.kubernetes_api.errors import Permanent, Transient
from refit_operator.kubernetes_api.workloads import list_workloads
from tests.support.samples import make_monitor, make_run

OURS = {"kind": "ModelMonitor", "name": "reviews", "uid": "monitor-uid", "controller": True}
DEPLOYMENT = ("apps/v1", "Deployment")
BODY = {"metadata": {"name": "reviews-1-12345678"}}


class Answer(dict[str, Any]):
    def to_dict(self) -> dict[str, Any]:
        return dict(self)


class StandIn:
    """A stand-in for the dynamic client and its resource: a real server can't be made to refuse a chosen request."""

    def __init__(
        self, refusal: int = 0, exists: bool = False, answer: dict[str, Any] = BODY, found: dict[str, Any] = BODY
    ) -> None:
        self.refusal, self.exists, self.answer, self.found = refusal, exists, answer, found
        self.sent: dict[str, Any] = {}
        self.resources, self.status = self, self

    async def get(self, name: str = "", **asked: Any) -> Any:
        if "api_version" in asked:
            return self
        if not name:
            return Answer(self.answer)
        if not self.exists:
            raise ApiException(status=404)
        return Answer(self.found)

    async def create(self, **sent: Any) -> Answer:
        self.sent = sent
        if self.refusal:
            raise ApiException(status=self.refusal)
        return Answer(self.answer)

    replace = create


def cluster_of(server: Any) -> Cluster:
    return Cluster(server, lambda _: None)


@pytest.mark.parametrize("refusal", [403, 409])
async def test_a_name_that_exists_is_left_for_the_next_look(refusal: int) -> None:
    assert await cluster_of(StandIn(refusal, exists=True)).create(JOB, "shop", BODY) is None


@pytest.mark.parametrize(("refusal", "kind"), [(403, Permanent), (409, Transient), (500, Transient), (422, Permanent)])
async def test_a_refusal_for_a_name_that_is_free_is_an_error(refusal: int, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        await cluster_of(StandIn(refusal)).create(JOB, "shop", BODY)


@pytest.mark.parametrize("refusal", [500, 503, 429])
async def test_an_error_is_no_answer_even_where_the_name_exists(refusal: int) -> None:
    with pytest.raises(Transient):
        await cluster_of(StandIn(refusal, exists=True)).create(JOB, "shop", BODY)


async def test_a_status_goes_with_what_was_read() -> None:
    server = StandIn(answer={"metadata": {"resourceVersion": "21"}})
    assert await cluster_of(server).write_status(RUN, make_run(), {}) == "21"
    meta = server.sent["body"]["metadata"]
    assert (meta["uid"], meta["resourceVersion"]) == ("run-1-uid", "20")


def stored_run(name: str, owner: str, **spec: Any) -> dict[str, Any]:
    """A run as the API server lists it, of that monitor; without a spec it doesn't parse."""
    owners = [OURS | {"uid": owner}]
    meta = {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": "2026-11-24T08:00:00Z"}
    return {"metadata": meta | {"ownerReferences": owners}, "spec": spec}


def listed(*items: dict[str, Any], version: str = "100") -> dict[str, Any]:
    return {"metadata": {"resourceVersion": version}, "items": list(items)}


async def test_a_run_that_does_not_parse_is_no_affair_of_other_monitors() -> None:
    good = stored_run("good", "monitor-uid", **make_run().spec.to_json())
    strangers = stored_run("strangers", "other-uid")
    runs = await cluster_of(StandIn(answer=listed(strangers, good))).list_runs(make_monitor())
    assert [run.metadata.name for run in runs] == ["good"]


async def test_a_run_that_does_not_parse_stops_its_own_monitor_and_is_named() -> None:
    server = StandIn(answer=listed(stored_run("bad", "monitor-uid", ordinal=1)))
    with pytest.raises(Permanent, match=r"RetrainRun bad doesn't parse: spec\.monitorRef: Field required; .*"):
        await cluster_of(server).list_runs(make_monitor())


async def test_a_list_older_than_the_last_one_is_refused() -> None:
    server = StandIn(answer=listed(version="100"))
    cluster = cluster_of(server)
    await cluster.list_objects(RUN, "shop")
    server.answer = listed(version="99")
    with pytest.raises(Transient, match="an old answer about RetrainRuns: version 99, and 100 was read before"):
        await cluster.list_objects(RUN, "shop")
    assert await cluster.list_objects(JOB, "shop") == []


async def test_a_list_older_than_an_object_of_its_kind_is_refused() -> None:
    server = StandIn(answer=listed(version="99"), exists=True, found=BODY | {"metadata": {"resourceVersion": "100"}})
    cluster = cluster_of(server)
    await cluster.read(RUN, Ref("shop", "one"))
    with pytest.raises(Transient, match="an old answer about RetrainRuns"):
        await cluster.list_objects(RUN, "shop")


async def test_an_object_older_than_it_was_read_before_is_refused() -> None:
    server = StandIn(exists=True, found=BODY | {"metadata": {"resourceVersion": "100"}})
    cluster = cluster_of(server)
    await cluster.read(DEPLOYMENT, Ref("shop", "reviews"))
    server.found = BODY | {"metadata": {"resourceVersion": "99"}}
    assert await cluster.read(DEPLOYMENT, Ref("shop", "others"))
    with pytest.raises(Transient, match="an old answer about Deployment shop/reviews"):
        await cluster.read(DEPLOYMENT, Ref("shop", "reviews"))


class Kueue(StandIn):
    """What a path answers that discovery needn't know."""

    async def request(self, method: str, path: str, **asked: Any) -> Answer:
        self.sent = {"path": path, **asked}
        if self.refusal:
            raise ApiException(status=self.refusal)
        return Answer(self.answer)


QUEUED = {"metadata": {"name": "one", "namespace": "shop", "uid": "job-uid"}}


def labelled(name: str, owner: str, controller: bool = True) -> dict[str, Any]:
    """Something with the labels that the list was asked by, of that owner."""
    owners = [{"kind": "Job", "name": "one", "uid": owner, "controller": controller}]
    return {"metadata": {"name": name, "ownerReferences": owners}}


async def test_a_jobs_pods_are_those_that_it_controls_whatever_labels_others_have() -> None:
    ours = labelled("ours", "job-uid")
    items = (ours, labelled("strangers", "config-map-uid"), labelled("loose", "job-uid", controller=False))
    server = StandIn(answer=listed(*items, {"metadata": {"name": "nobodys"}}))
    found = await cluster_of(server).list_pods(QUEUED)
    assert [pod["metadata"]["name"] for pod in found] == ["ours"]


async def test_a_jobs_workloads_are_found_by_its_uid() -> None:
    ours, strangers = (labelled(name, owner) for name, owner in (("ours", "job-uid"), ("strangers", "other-uid")))
    server = Kueue(answer=listed(ours, strangers))
    assert await list_workloads(cluster_of(server), QUEUED) == [ours]
    assert server.sent["path"] == "/apis/kueue.x-k8s.io/v1beta2/namespaces/shop/workloads"
    assert server.sent["label_selector"] == "kueue.x-k8s.io/job-uid=job-uid"


@pytest.mark.parametrize("refusal", [403, 404])
async def test_without_kueue_or_its_leave_there_are_no_workloads(refusal: int) -> None:
    with capture_logs() as logged:
        assert await list_workloads(cluster_of(Kueue(refusal)), QUEUED) == []
    assert [line["event"] for line in logged] == (["list forbidden"] if refusal == 403 else [])


async def test_a_workload_that_could_not_be_asked_for_is_an_error() -> None:
    with pytest.raises(Transient):
        await list_workloads(cluster_of(Kueue(503)), QUEUED)
