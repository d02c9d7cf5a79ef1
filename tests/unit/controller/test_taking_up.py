"""A kind that a cluster need not serve is watched from when it is: kopf is shown what the API server serves then."""

import asyncio
from typing import Any

import kopf
import pytest
from kopf._cogs.structs.references import Insights, Resource

from refit_operator.api.metadata import Ref
from refit_operator.controller import taking_up
from refit_operator.controller.handlers import kopf_settings, register
from refit_operator.controller.watchdog import Limits, Streams
from refit_operator.sweep.sweeper import Sweeper
from refit_operator.target.rules.kinds import KINDS
from tests.support.samples import monitor_document

ROLLOUTS = Resource(
    group="argoproj.io",
    version="v1alpha1",
    plural="rollouts",
    kind="Rollout",
    namespaced=True,
    preferred=True,
    verbs=frozenset({"list", "watch", "patch"}),
)


class _Nothing:
    """Stands in for workqueue and sweeper: no monitor is known, and what is enqueued is kept."""

    def __init__(self) -> None:
        self.enqueued: list[Ref] = []

    def enqueue(self, ref: Ref, **_: Any) -> None:
        self.enqueued.append(ref)

    def is_outdated(self, *_: Any) -> bool:
        return False


def registered(streams: Streams) -> tuple[kopf.OperatorRegistry, Any, _Nothing]:
    registry, nothing = kopf.OperatorRegistry(), _Nothing()
    sweeper: Sweeper = nothing  # type: ignore[assignment]
    return registry, register(registry, nothing, streams, sweeper), nothing  # type: ignore[arg-type]


def watched(registry: kopf.OperatorRegistry) -> set[str]:
    return {str(each.plural or each.any_name) for each in registry._watching.get_all_selectors()}


async def test_at_first_only_what_every_cluster_serves_is_watched() -> None:
    registry, _, _ = registered(Streams(lambda: 0.0))
    assert {"deployments", "statefulsets"} <= watched(registry)
    assert not {"rollouts", "inferenceservices"} & watched(registry)


async def test_a_kind_is_watched_once_it_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API server's answers stand in: at the second look one of the two kinds is there."""
    served: list[list[Resource]] = [[], [ROLLOUTS]]

    async def scan(groups: set[str], **_: Any) -> list[Resource]:
        return [each for each in served[0] if each.group in groups]

    registry, watch_kind, _ = registered(Streams(lambda: 0.0))
    insights = Insights()
    monkeypatch.setattr(taking_up.scanning, "scan_resources", scan)
    monkeypatch.setattr(taking_up, "EVERY_S", 0.001)
    task = asyncio.create_task(taking_up.take_up(watch_kind, insights, registry, kopf_settings()))
    insights.ready_resources.set()
    await asyncio.sleep(0.02)
    assert (insights.watched_resources, "rollouts" in watched(registry)) == (set(), False)
    served.pop(0)
    async with asyncio.timeout(10), insights.revised:
        await insights.revised.wait_for(lambda: bool(insights.watched_resources))
    assert insights.watched_resources == {ROLLOUTS}
    assert not task.done()
    task.cancel()


async def test_an_event_of_such_a_kind_enqueues_the_monitor_of_that_target() -> None:
    registry, watch_kind, nothing = registered(Streams(lambda: 0.0))
    watch_kind(KINDS["Rollout"])
    handlers = {handler.id: handler.fn for handler in registry._watching.get_all_handlers()}
    serving = {"targetRef": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "reviews"}}
    body = monitor_document(serving=serving)
    known: Any = {"namespace": "shop", "name": "reviews"}
    monitors = Resource("refit.dev", "v1alpha1", "modelmonitors")
    await handlers["monitor_changed"](**known, type="ADDED", resource=monitors, body=body)
    nothing.enqueued.clear()
    for resource, want in ((Resource("apps", "v1", "deployments"), 0), (ROLLOUTS, 1)):
        await handlers["target_changed"](**known, resource=resource, meta={"resourceVersion": "7"})
        assert len(nothing.enqueued) == want


def test_an_optional_kind_is_expected_to_be_watched_only_once_it_was() -> None:
    now = [0.0]
    streams = Streams(lambda: now[0])
    limits = Limits(reopened=180)
    now[0] = 100.0
    for kind in ("modelmonitors", "retrainruns", "jobs", "pods", "deployments", "statefulsets", "rollouts"):
        streams.opened(kind)
    now[0] = 200.0
    assert streams.complaint(limits) is None
    now[0] = 300.0
    for kind in ("modelmonitors", "retrainruns", "jobs", "pods", "deployments", "statefulsets"):
        streams.opened(kind)
    assert "the watch of rollouts" in (streams.complaint(limits) or "")
