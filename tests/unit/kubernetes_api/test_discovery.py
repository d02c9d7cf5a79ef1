"""A kind that the API server doesn't know isn't an object that isn't there, nor asked for again and again."""

from typing import Any

import pytest
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.dynamic.exceptions import ResourceNotFoundError

from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.client import Cluster
from refit_operator.kubernetes_api.discovery import ASKED_AGAIN_S, Discovery
from refit_operator.kubernetes_api.errors import NotServed

ROLLOUT = ("argoproj.io/v1alpha1", "Rollout")
MISSING = '{"kind": "Status", "reason": "NotFound", "details": {"name": "reviews"}, "code": 404}'


class StandIn:
    """A stand-in for the dynamic client: it knows no kind until `knows`, and counts how often it is asked."""

    def __init__(self, knows: bool = False, body: str = "") -> None:
        self.knows, self.body, self.asked, self.resources = knows, body, 0, self

    async def get(self, **asked: Any) -> Any:
        if "name" in asked:
            error = ApiException(status=404)
            error.body = self.body
            raise error
        self.asked += 1
        if not self.knows:
            raise ResourceNotFoundError("no matches")
        return self


async def test_an_unknown_kind_is_asked_for_again_after_a_while() -> None:
    now, dynamic = [0.0], StandIn()
    client: Any = dynamic
    discovery = Discovery(client, lambda: now[0])
    for _ in range(3):
        with pytest.raises(NotServed, match=r"kind Rollout of argoproj\.io/v1alpha1 isn't served here"):
            await discovery.resource(ROLLOUT)
    assert dynamic.asked == 1
    now[0], dynamic.knows = ASKED_AGAIN_S + 1, True
    assert await discovery.resource(ROLLOUT) is client


@pytest.mark.parametrize("body", ["404 page not found", b"404 page not found\n"])
async def test_a_kind_that_is_gone_isnt_served(body: Any) -> None:
    cluster: Any = StandIn(knows=True, body=body)
    with pytest.raises(NotServed):
        await Cluster(cluster, lambda _: None).read(ROLLOUT, Ref("shop", "reviews"))


async def test_an_object_that_isnt_there_is_no_kind_that_isnt_served() -> None:
    cluster: Any = StandIn(knows=True, body=MISSING)
    assert await Cluster(cluster, lambda _: None).read(ROLLOUT, Ref("shop", "reviews")) is None
