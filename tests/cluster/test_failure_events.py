"""A monitor whose looks fail over and over says so where people look."""

from kubernetes.aio import client, config

from refit_operator.api.metadata import Ref
from refit_operator.controller.failure_events import emit_failure
from refit_operator.kubernetes_api.client import Cluster
from tests.support.cluster.kubectl import Space, cluster_environment
from tests.support.cluster.objects import monitor


async def test_the_third_failure_in_a_row_is_an_event(namespace: Space) -> None:
    namespace.apply(monitor(suspend=True))
    await config.load_kube_config(cluster_environment()["KUBECONFIG"])
    async with client.ApiClient() as api:
        cluster = await Cluster.connect(api)
        for failures in range(1, 6):
            await emit_failure(Ref(namespace.name, "reviews"), failures, "no more room", cluster)
        await emit_failure(Ref(namespace.name, "gone"), 3, "no more room", cluster)
    told = [event for event in namespace.list("events.events.k8s.io") if event["reason"] == "ReconcileFailed"]
    assert [event["note"] for event in told] == ["3 reconciliations failed in a row: no more room"]
    assert "ReconcileFailed" in namespace.run("describe", "mmon", "reviews")
