"""No leader election, two operators at work on one namespace: still one run, one Job, one promotion."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kubernetes.aio import client, config

from refit_operator.api.metadata import Ref
from refit_operator.api.run import RetrainRun
from refit_operator.kubernetes_api.client import RUN, Cluster
from refit_operator.kubernetes_api.errors import Transient
from refit_operator.run.reconcile import reconcile
from tests.support.cluster.hosted import Hosted, as_service_account, nowhere, operators
from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import CLAIMS, monitor, target
from tests.support.cluster.runs import pointer, run_number, set_cooldown


@pytest.fixture
def actives(namespace: Space, tmp_path: Path) -> Iterator[tuple[Hosted, ...]]:
    """Two operators that both believe they lead."""
    environment = {"KUBECONFIG": str(as_service_account(tmp_path)), "REFIT_LEADER_ELECTION": "false"}
    made = [Hosted(namespace, tmp_path / f"{name}.log", **environment) for name in ("first", "second")]
    with operators(*made) as both:
        for operator in both:
            operator.wait_for("/readyz", 200)
        yield both


def events(space: Space, reason: str, about: str) -> int:
    """Count the events of that reason on one object."""
    found = space.list("events.events.k8s.io")
    return sum(event["reason"] == reason and event["regarding"]["name"] == about for event in found)


def serve(space: Space) -> None:
    space.apply(*CLAIMS, target())
    space.run("rollout", "status", "deploy/reviews", "--timeout=90s")


def test_one_run_one_job_one_promotion(namespace: Space, actives: tuple[Hosted, ...]) -> None:
    serve(namespace)
    namespace.apply(monitor())
    run = run_number(namespace, 1)
    name = run["metadata"]["name"]
    assert run["status"]["outcome"] == "Promoted"
    assert pointer(namespace) == run["status"]["pointerChange"]["new"]
    assert [item["metadata"]["name"] for item in namespace.list("rr")] == [name]
    assert [job["metadata"]["name"] for job in namespace.list("job")] == [name]
    assert events(namespace, "CheckpointPromoted", "reviews") == 1
    assert len(namespace.list("rs")) == 2
    assert all(operator.process.poll() is None for operator in actives)


def test_runs_in_a_row_keep_their_order(namespace: Space, actives: tuple[Hosted, ...]) -> None:
    serve(namespace)
    namespace.apply(monitor(policy={"cooldown": "0s"}, training={"hyperparameters": {"accuracy": "0.7"}}))
    for ordinal in (1, 2, 3):
        assert run_number(namespace, ordinal)["status"]["outcome"] == "Rejected"
    set_cooldown(namespace, "1h")
    ordinals = sorted(run["spec"]["ordinal"] for run in namespace.list("rr"))
    assert ordinals == list(range(1, len(ordinals) + 1))
    for run in namespace.list("rr"):
        jobs = [job for job in namespace.list("job") if job["metadata"]["name"] == run["metadata"]["name"]]
        assert len(jobs) <= 1


def as_before_the_promotion(run: Document) -> RetrainRun:
    """Return the run as an operator remembers it that fell asleep just before it wrote the pointer."""
    conditions = [c for c in run["status"]["conditions"] if c["type"] in ("Trained", "Accepted")]
    forgotten = ("outcome", "completionTime", "rolledOutTime")
    status = {key: value for key, value in run["status"].items() if key not in forgotten}
    status["pointerChange"] = {k: v for k, v in status["pointerChange"].items() if k != "rollbackTime"}
    meta: dict[str, Any] = run["metadata"] | {"resourceVersion": "1"}
    return RetrainRun.model_validate(run | {"metadata": meta, "status": status | {"conditions": conditions}})


async def test_a_paused_operator_does_not_promote_what_was_rolled_back(
    namespace: Space, actives: tuple[Hosted, ...], tmp_path: Path
) -> None:
    serve(namespace)
    broken = {"checkpoints": {"uri": "pvc://models/broken"}}
    namespace.apply(monitor(training=broken, serving={"rolloutDeadline": "10s"}))
    run = run_number(namespace, 1)
    assert (run["status"]["outcome"], pointer(namespace)) == ("RolledBack", "")
    await config.load_kube_config(str(tmp_path / "kubeconfig"))
    async with client.ApiClient() as api:
        cluster = await Cluster.connect(api)
        seen = await cluster.get_monitor(Ref(namespace.name, "reviews"))
        assert seen
        stale = as_before_the_promotion(run)
        with pytest.raises(Transient, match="changed while it was reconciled"):
            await reconcile(stale, seen, (stale,), nowhere(cluster), datetime.now(UTC))
        assert await cluster.read(RUN, Ref(namespace.name, stale.metadata.name))
    assert pointer(namespace) == ""
