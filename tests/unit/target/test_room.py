"""Whether one more pod of a target fits the quotas of its namespace, and whether a rollout needs one."""

from decimal import Decimal
from typing import Any

import pytest

from refit_operator.target.rules.room import lack_of_room, parse_quantity
from refit_operator.target.rules.view import parse_target
from tests.support.samples import deployment, merge


def rolling(unavailable: Any = None, replicas: int = 2, kind: str = "RollingUpdate") -> dict[str, Any]:
    bounds = {} if unavailable is None else {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": unavailable}}
    return dict(merge(deployment(), {"spec": {"replicas": replicas, "strategy": {"type": kind} | bounds}}))


@pytest.mark.parametrize(
    ("target", "want"),
    [
        (rolling(0), True),
        (rolling(1), False),
        (rolling("25%", 3), True),
        (rolling("25%", 4), False),
        (rolling(None, 3), True),
        (rolling(None, 8), False),
        (rolling(kind="Recreate"), False),
        (deployment(), True),
    ],
)
def test_a_rollout_needs_room_where_no_pod_may_be_missing(target: dict[str, Any], want: bool) -> None:
    assert parse_target(target).needs_room is want


@pytest.mark.parametrize(
    ("text", "want"),
    [("2", 2), ("500m", "0.5"), ("16Gi", 16 * 2**30), ("1k", 1000), ("1e3", 1000), ("0.5", "0.5"), ("3M", 3 * 10**6)],
)
def test_a_quantity(text: str, want: Any) -> None:
    assert parse_quantity(text) == Decimal(want)


@pytest.mark.parametrize("text", ["", "Gi", "1Xi", "1ki", "1.2.3", "two"])
def test_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        parse_quantity(text)


SERVER = {"name": "server", "resources": {"requests": {"cpu": "500m"}, "limits": {"nvidia.com/gpu": "1", "cpu": "2"}}}
PROXY = {"name": "proxy", "resources": {"requests": {"cpu": "250m"}}, "restartPolicy": "Always"}
FETCH = {"name": "fetch", "resources": {"requests": {"cpu": "1", "memory": "2Gi"}}}
POD = {"containers": [SERVER], "initContainers": [FETCH, PROXY]}
TARGET = merge(deployment(), {"spec": {"template": {"spec": POD}}})


def quota(used: str, hard: str, name: str = "pods", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "few"}, "spec": spec, "status": {"hard": {name: hard}, "used": {name: used}}}


FULL = "ResourceQuota 'few' has {} in use, and one more pod needs {}"
ROOM: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no quota": ([], ""),
    "pods, and one is left": ([quota("2", "3")], ""),
    "pods, and none is left": ([quota("3", "3")], FULL.format("3 of 3 pods", "1")),
    "the second one": ([quota("2", "3"), quota("3", "3", "count/pods")], FULL.format("3 of 3 count/pods", "1")),
    "a GPU, by its limit": (
        [quota("2", "2", "requests.nvidia.com/gpu")],
        FULL.format("2 of 2 requests.nvidia.com/gpu", "1"),
    ),
    "an init container needs more than all others": ([quota("2", "3", "requests.cpu")], ""),
    "and that doesn't fit": ([quota("2100m", "3", "cpu")], FULL.format("2100m of 3 cpu", "1")),
    "memory": ([quota("15Gi", "16Gi", "memory")], FULL.format("15Gi of 16Gi memory", "2147483648")),
    "a limit": ([quota("1", "2500m", "limits.cpu")], FULL.format("1 of 2500m limits.cpu", "2")),
    "what the pod doesn't state": ([quota("9", "9", "limits.memory")], ""),
    "what isn't pods": ([quota("9", "9", "secrets")], ""),
    "pods without a deadline": ([quota("3", "3", scopes=["NotTerminating"])], FULL.format("3 of 3 pods", "1")),
    "pods with a deadline": ([quota("3", "3", scopes=["Terminating"])], ""),
    "pods of a priority": ([quota("3", "3", scopeSelector={"matchExpressions": []})], ""),
    "a quota that isn't counted yet": ([{"metadata": {"name": "new"}, "spec": {"hard": {"pods": "1"}}}], ""),
    "nothing used": (
        [{"metadata": {"name": "few"}, "status": {"hard": {"pods": "0"}}}],
        FULL.format("0 of 0 pods", "1"),
    ),
}


@pytest.mark.parametrize("name", ROOM)
def test_which_quota_leaves_no_room(name: str) -> None:
    quotas, want = ROOM[name]
    assert lack_of_room(TARGET, quotas) == want


def test_sidecars_stand_beside_the_server() -> None:
    """0.5 and 0.25: together more than what is left of the quota, each alone less."""
    beside = merge(TARGET, {"spec": {"template": {"spec": {"initContainers": [PROXY]}}}})
    assert lack_of_room(beside, [quota("1", "1700m", "cpu")]) == FULL.format("1 of 1700m cpu", "0.75")
