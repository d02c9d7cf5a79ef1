"""The pointer is written whole or not at all: all of its annotations in one request, bound to what was read."""

from typing import Any

import pytest

from refit_operator.kubernetes_api.client import Cluster
from refit_operator.kubernetes_api.pointer import Applied, Conflict, apply_pointer
from refit_operator.target.rules.view import parse_target
from tests.support.applying import StandIn
from tests.support.samples import NEW_DIGEST, deployment, stock_deployment

POINTER = f"file:///models/a@{NEW_DIGEST}"
BUCKET = f"s3://models/a@{NEW_DIGEST}"
PARTS = ("checkpoint", "model-path", "model-digest")


async def write(server: StandIn, target: dict[str, Any], pointer: str, force: bool = False) -> Any:
    cluster: Any = server
    return await apply_pointer(Cluster(cluster, lambda _: None), target, parse_target(target).fields(pointer), force)


def owned(target: dict[str, Any], **owners: tuple[str, ...]) -> dict[str, Any]:
    """Return the target with these managers of annotations, by the last word of each; others are the operator's."""
    entries = []
    for part in PARTS:
        fields: dict[str, Any] = {
            "f:spec": {"f:template": {"f:metadata": {"f:annotations": {f"f:refit.dev/{part}": {}}}}}
        }
        managers = owners.get(part.rpartition("-")[2], ("refit-operator",))
        entries += [{"manager": manager, "fieldsV1": fields} for manager in managers]
    target["metadata"]["managedFields"] = entries
    return target


@pytest.mark.parametrize("force", [False, True])
async def test_it_goes_with_what_was_read_and_by_force_only_if_asked(force: bool) -> None:
    server = StandIn(stock_deployment(POINTER))
    assert await write(server, deployment(), POINTER, force) == Applied()
    (sent,) = server.sent
    meta = sent["body"]["metadata"]
    assert (meta["uid"], meta["resourceVersion"]) == ("target-uid", "30")
    assert (sent["force_conflicts"], sent["field_manager"]) == (force, "refit-operator")
    assert sent["body"]["spec"] == {
        "template": {
            "metadata": {
                "annotations": {
                    "refit.dev/checkpoint": POINTER,
                    "refit.dev/model-path": "/models/a",
                    "refit.dev/model-digest": NEW_DIGEST,
                }
            }
        }
    }


async def test_to_take_it_back_all_are_left_out() -> None:
    server = StandIn(deployment())
    assert await write(server, owned(stock_deployment(POINTER)), "") == Applied()
    assert "spec" not in server.sent[0]["body"]


async def test_from_a_claim_to_a_bucket_the_path_goes_and_the_uri_comes() -> None:
    server = StandIn(stock_deployment(BUCKET))
    assert await write(server, owned(stock_deployment(POINTER)), BUCKET) == Applied()
    assert set(server.sent[0]["body"]["spec"]["template"]["metadata"]["annotations"]) == {
        "refit.dev/checkpoint",
        "refit.dev/model-uri",
        "refit.dev/model-digest",
    }


@pytest.mark.parametrize("annotation", PARTS)
@pytest.mark.parametrize(
    ("owners", "words"),
    [(("argocd", "refit-operator"), 'owned by field manager "argocd"'), ((), "owned by no field manager")],
)
async def test_what_others_hold_too_cant_be_removed_and_nothing_is_written(
    annotation: str, owners: tuple[str, ...], words: str
) -> None:
    server = StandIn(deployment())
    target = owned(stock_deployment(POINTER), **{annotation.rpartition("-")[2]: owners})
    outcome = await write(server, target, "")
    assert isinstance(outcome, Conflict)
    assert outcome.message.startswith(f"refit.dev/{annotation} stays ")
    assert words in outcome.message
    assert server.sent == []


@pytest.mark.parametrize("pointer", ["", POINTER])
async def test_an_answer_that_isnt_what_was_asked_for_is_a_conflict(pointer: str) -> None:
    """Something between may change what is written: an admission webhook."""
    outcome = await write(StandIn(stock_deployment(POINTER, path="/models/b")), deployment(), pointer)
    assert isinstance(outcome, Conflict)
    assert "stays" in outcome.message
