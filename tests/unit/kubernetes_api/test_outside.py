"""Nodes and volumes that explain a wait, and the Event of a new leader.

The cluster is a stand-in: a real one can't be made to refuse one read among others.
"""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.client import Cluster
from refit_operator.kubernetes_api.errors import Forbidden, Transient
from refit_operator.kubernetes_api.lease import LeaseLock
from refit_operator.kubernetes_api.outside import read_nodes, read_volumes

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)


class StandIn:
    def __init__(self, documents: dict[str, Any]) -> None:
        self.documents = documents
        self.created: list[Any] = []

    async def read(self, kind: tuple[str, str], ref: Ref) -> Any:
        found = self.documents.get(f"{kind[1]}/{ref.name}")
        if isinstance(found, Exception):
            raise found
        return found

    async def create(self, kind: tuple[str, str], namespace: str, body: Any) -> None:
        self.created.append((kind[1], namespace, body))


def cluster_of(**documents: Any) -> Cluster:
    return cast(Cluster, StandIn({name.replace("_", "/"): document for name, document in documents.items()}))


async def test_what_exists_is_returned_and_what_is_gone_is_not() -> None:
    cluster = cluster_of(Node_a={"kind": "Node"}, PersistentVolume_v={"kind": "PersistentVolume"})
    assert await read_nodes(cluster, ["a", "gone"]) == [{"kind": "Node"}]
    assert await read_volumes(cluster, ["gone", "v"]) == [{"kind": "PersistentVolume"}]


async def test_without_the_right_to_read_there_is_less_to_say_and_no_error() -> None:
    cluster = cluster_of(Node_a={"kind": "Node"}, Node_b=Forbidden("nodes is forbidden"))
    assert await read_nodes(cluster, ["a", "b", "c"]) == [{"kind": "Node"}]


async def test_an_api_server_that_is_down_is_no_missing_node() -> None:
    with pytest.raises(Transient):
        await read_nodes(cluster_of(Node_a=Transient("503")), ["a"])


async def test_a_new_leader_is_an_event_on_the_lease() -> None:
    cluster = cluster_of(**{"Lease_refit-operator": {"metadata": {"uid": "lease-uid"}}})
    await LeaseLock(cluster, Ref("refit-system", "refit-operator")).announce("pod-b became leader", NOW)
    ((kind, namespace, event),) = cast(StandIn, cluster).created
    assert (kind, namespace, event["reason"], event["note"]) == (
        "Event",
        "refit-system",
        "LeaderElection",
        "pod-b became leader",
    )
    assert event["regarding"] == {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "name": "refit-operator",
        "namespace": "refit-system",
        "uid": "lease-uid",
    }


async def test_a_lease_that_is_gone_has_no_event() -> None:
    cluster = cluster_of()
    await LeaseLock(cluster, Ref("refit-system", "refit-operator")).announce("pod-b became leader", NOW)
    assert cast(StandIn, cluster).created == []
