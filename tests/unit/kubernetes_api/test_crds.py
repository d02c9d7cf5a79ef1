"""CRDs older than the operator: log and metric say it, or the process ends; what isn't known does neither."""

from typing import Any

import pytest
from kubernetes.aio.client.exceptions import ApiException
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from refit_operator.api.served import MONITORS, OPENAPI, RUNS
from refit_operator.kubernetes_api.client import Cluster
from refit_operator.kubernetes_api.crds import Crds, CrdTooOld
from tests.support.published import published


class Server:
    """A stand-in for the API server: the CRDs of a shared cluster can't be exchanged for a test."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def request(self, method: str, path: str, **_: Any) -> Any:
        assert (method, path) == ("get", OPENAPI)
        if isinstance(self.answer, ApiException):
            raise self.answer
        return self.answer


def crds(answer: Any) -> Crds:
    server: Any = Server(answer)
    return Crds(Cluster(server, lambda _: None))


def shown(crd: str) -> float | None:
    return REGISTRY.get_sample_value("refit_crd_outdated", {"crd": crd})


async def test_an_older_crd_is_said_with_what_is_lost_and_work_goes_on() -> None:
    with capture_logs() as logs:
        await crds(published(RetrainRun=("status.auditTime", "spec.approvalBy"))).check()
    (line,) = logs
    assert (line["log_level"], line["crd"], line["count"]) == ("warning", RUNS, 2)
    assert line["lacks"] == "spec.approvalBy, status.auditTime"
    assert (shown(RUNS), shown(MONITORS)) == (1, 0)


async def test_once_the_crds_are_applied_nothing_is_said_any_more() -> None:
    await crds(published(RetrainRun=("status.auditTime",))).check()
    with capture_logs() as logs:
        await crds(published()).check()
    assert (logs, shown(RUNS), shown(MONITORS)) == ([], 0, 0)


STRANGE: dict[str, Any] = {
    "no right to it": ApiException(status=403),
    "none there": ApiException(status=404),
    "an error": ApiException(status=500),
    "a page": "<html>",
    "nothing": None,
    "another document": {"components": {"schemas": ["a"]}},
}


@pytest.mark.parametrize("answer", STRANGE.values(), ids=list(STRANGE))
async def test_what_cant_be_read_is_not_known_and_stops_nothing(answer: Any) -> None:
    await crds(published(RetrainRun=("status.auditTime",))).check()
    with capture_logs() as logs:
        assert not await crds(answer).check()
    assert [line["event"] for line in logs] == ["CRDs not compared with the operator's"]
    assert (shown(RUNS), shown(MONITORS)) == (None, None)


async def test_a_crd_that_was_just_created_stops_nothing() -> None:
    document = published()
    del document["components"]["schemas"]["dev.refit.v1alpha1.RetrainRun"]
    await crds(published()).check()
    with capture_logs() as logs:
        assert not await crds(document).check()
    assert (shown(RUNS), shown(MONITORS)) == (None, 0)
    assert [(line["event"], line["crd"]) for line in logs] == [("CRD not compared with the operator's", RUNS)]


async def test_where_a_run_would_do_its_work_twice_the_process_ends() -> None:
    with pytest.raises(CrdTooOld, match=r"retrainruns\.refit\.dev lacks status\.jobRef"):
        await crds(published(RetrainRun=("status.jobRef", "status.auditTime"))).check()
    assert shown(RUNS) == 1


async def test_it_is_asked_again_soon_while_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    server, pauses = Server(ApiException(status=500)), []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 7:
            server.answer = published()
        if len(pauses) == 9:
            server.answer = published(RetrainRun=("spec.mode",))

    monkeypatch.setattr("refit_operator.kubernetes_api.crds.asyncio.sleep", sleep)
    asked: Any = server
    with pytest.raises(CrdTooOld):
        await Crds(Cluster(asked, lambda _: None)).watch()
    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300, 300]


async def test_it_is_asked_again_while_the_operator_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("refit_operator.kubernetes_api.crds.SOON_S", 0.0)
    with pytest.raises(CrdTooOld):
        await crds(published(RetrainRun=("spec.mode",))).watch()
