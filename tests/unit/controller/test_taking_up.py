"""A kind that a cluster need not serve is watched from when it is: kopf is shown what the API server serves then."""

import asyncio
from typing import Any

import kopf
import pytest
from kopf._cogs.clients import scanning
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
    return {str(each.any_name) for each in registry._watching.get_all_selectors()}


async def test_at_first_only_what_every_cluster_serves_is_watched() -> None:
    registry, _, _ = registered(Streams(lambda: 0.0))
    assert {"deployments", "statefulsets"} <= watched(registry)
    assert not {"rollouts", "inferenceservices"} & watched(registry)


class _Served:
    """Stands in for what the API server answers, group by group, and counts how often it was asked."""

    def __init__(self) -> None:
        self.resources: set[Resource] = set()
        self.left = 0
        self.is_enough = asyncio.Event()

    async def scan(self, groups: set[str], **_: Any) -> list[Resource]:
        self.left -= 1
        if self.left <= 0:
            self.is_enough.set()
        return [each for each in self.resources if each.group in groups]

    async def is_looked_at(self) -> None:
        """Wait until each kind was looked at as it is now."""
        self.left = 2 * len(taking_up.OPTIONAL)
        self.is_enough.clear()
        async with asyncio.timeout(10):
            await self.is_enough.wait()


async def test_a_kind_is_watched_while_it_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    served, streams, insights = _Served(), Streams(lambda: 0.0), Insights()
    registry, watch_kind, _ = registered(streams)
    monkeypatch.setattr(scanning, "scan_resources", served.scan)
    monkeypatch.setattr(taking_up, "EVERY_S", 0)
    task = asyncio.create_task(taking_up.take_up(watch_kind, streams, insights, registry, kopf_settings()))
    insights.ready_resources.set()
    await served.is_looked_at()
    assert "rollouts" not in watched(registry)
    for now in ({ROLLOUTS}, set[Resource](), {ROLLOUTS}):
        served.resources = now
        await served.is_looked_at()
        assert insights.watched_resources == now
    names = [each.selector and each.selector.any_name for each in registry._watching.get_all_handlers()]
    assert names.count("rollouts") == 1
    task.cancel()


def test_of_a_kind_that_is_gone_no_watch_is_expected() -> None:
    now = [0.0]
    streams = Streams(lambda: now[0], ("rollouts",))
    streams.opened("rollouts")
    now[0] = 1000.0
    assert "the watch of rollouts" in (streams.complaint(Limits()) or "")
    streams.forget("rollouts")
    assert streams.complaint(Limits()) is None


async def test_an_event_of_such_a_kind_enqueues_the_monitor_of_that_target() -> None:
    registry, watch_kind, nothing = registered(Streams(lambda: 0.0))
    watch_kind(KINDS["Rollout"])
    handlers: Any = {
        each.selector and each.selector.any_name: each.fn for each in registry._watching.get_all_handlers()
    }
    serving = {"targetRef": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "reviews"}}
    body = monitor_document(serving=serving)
    known: Any = {"namespace": "shop", "name": "reviews"}
    monitors = Resource("refit.dev", "v1alpha1", "modelmonitors")
    await handlers["modelmonitors"](**known, type="ADDED", resource=monitors, body=body)
    nothing.enqueued.clear()
    for resource, want in ((Resource("apps", "v1", "deployments"), 0), (ROLLOUTS, 1)):
        await handlers[resource.plural](**known, resource=resource, meta={"resourceVersion": "7"})
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
