"""Runs and Jobs that have had their day, on real objects: deleted, and what they own with them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kubernetes.aio import client, config

from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.client import Cluster
from refit_operator.run.pruner import Pruner
from tests.support.cluster.hosted import Hosted, as_service_account, nowhere, operators
from tests.support.cluster.kubectl import OPERATOR, Space, cluster_environment, kubectl
from tests.support.cluster.objects import CLAIMS, monitor, target
from tests.support.cluster.runs import run_number, set_cooldown
from tests.support.local import until


def names(space: Space, kind: str) -> list[str]:
    return sorted(item["metadata"]["name"] for item in space.list(kind))


async def prune(space: Space) -> None:
    """Prune once, as a look does."""
    await config.load_kube_config(cluster_environment()["KUBECONFIG"])
    async with client.ApiClient() as api:
        cluster = await Cluster.connect(api)
        seen = await cluster.get_monitor(Ref(space.name, "reviews"))
        assert seen
        await Pruner().prune(seen, await cluster.list_runs(seen), nowhere(cluster), datetime.now(UTC))


async def test_what_a_look_leaves_and_what_the_limit_leaves(namespace: Space, tmp_path: Path) -> None:
    environment = {"KUBECONFIG": str(as_service_account(tmp_path)), "REFIT_LEADER_ELECTION": "false"}
    namespace.apply(*CLAIMS, target())
    namespace.run("rollout", "status", "deploy/reviews", "--timeout=90s")
    with operators(Hosted(namespace, tmp_path / "operator.log", **environment)):
        namespace.apply(monitor(policy={"cooldown": "0s"}))
        promoted = run_number(namespace, 1)["metadata"]["name"]
        better = {"training": {"hyperparameters": {"accuracy": "0.7"}}}
        namespace.run("patch", "mmon", "reviews", "--type=merge", "-p", json.dumps({"spec": better}))
        for ordinal in (2, 3):
            run_number(namespace, ordinal)
        set_cooldown(namespace, "1h")
        until(lambda: all(run["status"].get("outcome") for run in namespace.list("rr")), 60, "a run is under way")
        newest = max(namespace.list("rr"), key=lambda run: int(run["spec"]["ordinal"]))["metadata"]["name"]
        until(lambda: names(namespace, "job") == [newest], 60, str(names(namespace, "job")))
        space_for_one = {"historyLimit": 1, "policy": {"giveUpAfter": 1, "maxRuns": {"count": 1}, "cooldown": "1h"}}
        namespace.run("patch", "mmon", "reviews", "--type=merge", "-p", json.dumps({"spec": space_for_one}))
        await prune(namespace)
        assert names(namespace, "rr") == sorted({promoted, newest})


@pytest.mark.parametrize(
    "words",
    [
        ("delete", "retrainruns.refit.dev"),
        ("delete", "jobs.batch"),
        ("update", "leases.coordination.k8s.io/refit-operator", "-n", "refit-system"),
        ("create", "leases.coordination.k8s.io", "-n", "refit-system"),
    ],
    ids=" ".join,
)
def test_the_installed_operator_may(operator: str, words: tuple[str, ...]) -> None:
    assert kubectl("auth", "can-i", *words, "--as", OPERATOR).strip() == "yes"
