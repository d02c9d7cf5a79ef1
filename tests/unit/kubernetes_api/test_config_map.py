"""The pointer of a target that is updated in place: two keys, bound to what was read, never by force."""

from typing import Any

import pytest

from refit_operator.kubernetes_api.client import Cluster
from refit_operator.kubernetes_api.config_map import apply_to_config_map
from refit_operator.kubernetes_api.pointer import Applied, Conflict
from tests.support.applying import StandIn
from tests.support.in_place import config_map
from tests.support.samples import NEW_DIGEST, OLD_DIGEST

OLD, NEW = f"file:///models/a@{OLD_DIGEST}", f"file:///models/b@{NEW_DIGEST}"


async def write(server: StandIn, pointer: str, previous: str, force: bool = False) -> Any:
    cluster: Any = server
    return await apply_to_config_map(Cluster(cluster, lambda _: None), config_map(previous), pointer, previous, force)


@pytest.mark.parametrize("force", [False, True])
async def test_it_goes_with_what_was_read_and_says_what_it_replaces(force: bool) -> None:
    server = StandIn(config_map(NEW, OLD))
    assert await write(server, NEW, OLD, force) == Applied()
    (sent,) = server.sent
    assert sent["body"] == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "reviews-pointer", "namespace": "shop", "uid": "map-uid", "resourceVersion": "7"},
        "data": {"checkpoint": NEW, "previous": OLD},
    }
    assert (sent["force_conflicts"], sent["field_manager"]) == (force, "refit-operator")


async def test_to_take_it_back_its_key_is_left_out_and_what_was_there_is_remembered() -> None:
    server = StandIn(config_map("", NEW))
    assert await write(server, "", NEW) == Applied()
    assert server.sent[0]["body"]["data"] == {"previous": NEW}


@pytest.mark.parametrize(("asked", "live"), [("", OLD), (NEW, OLD)])
async def test_a_key_that_stays_is_a_conflict(asked: str, live: str) -> None:
    outcome = await write(StandIn(config_map(live)), asked, OLD)
    assert isinstance(outcome, Conflict)
    assert outcome.message.startswith(f"key checkpoint of ConfigMap reviews-pointer stays {OLD}")
