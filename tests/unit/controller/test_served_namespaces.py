"""Of a namespace that isn't served nothing gets in: no event, no list, no run under way, no report.

kopf has no public way to hand an event to its handlers: they are taken from its registry. The API server is a stand-in
that lists two namespaces; tests/cluster/test_shared_namespaces.py has a real one, and two operators.
"""

import asyncio
from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import kopf
import pytest
from pydantic import ValidationError

from refit_operator.api.metadata import Ref
from refit_operator.controller.handlers import register
from refit_operator.controller.rules.slots import Urgency
from refit_operator.controller.supervisor import give_places, resync
from refit_operator.controller.watchdog import Streams
from refit_operator.controller.workqueue import Workqueue
from refit_operator.kubernetes_api.client import Cluster
from refit_operator.leadership.overlap import Overlap
from refit_operator.places.rules.places import Places
from refit_operator.places.rules.waiting import Limits
from refit_operator.ports import Ports
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.prometheus.servers import Servers
from refit_operator.settings import Settings
from tests.support.jumping import play
from tests.support.samples import make_run, merge, monitor_document
from tests.support.sweeps import no_sweep

ANYTHING: Any = None
SHOP, BANK = Ref("shop", "reviews"), Ref("bank", "reviews")
SERVED = {
    "all": (Settings(), {SHOP, BANK}),
    "a selection": (Settings(namespaces="sh*"), {SHOP}),
    "all but an exception": (Settings(namespaces="!bank"), {SHOP}),
    "one namespace": (Settings(namespace="shop"), {SHOP}),
    "neither": (Settings(namespaces="elsewhere"), set[Ref]()),
}
Case = tuple[Settings, set[Ref]]


@pytest.fixture(params=SERVED.values(), ids=list(SERVED))
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def in_both(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [merge(document, {"metadata": {"namespace": ref.namespace}}) for ref in (SHOP, BANK)]


MONITORS = in_both(monitor_document())
JOBS = in_both({"metadata": {"name": "reviews-1"}, "spec": {}})
RUNS = in_both(make_run().model_dump(mode="json", by_alias=True))


class Stand:
    """A stand-in for the dynamic client: objects in two namespaces, listed in one answer."""

    resources = property(lambda self: self)

    def __init__(self, **objects: list[dict[str, Any]]) -> None:
        self.objects, self.kind = objects, ""

    async def get(self, kind: str = "", **_: Any) -> Any:
        if kind:
            self.kind = kind
            return self
        return {"metadata": {"resourceVersion": "1"}, "items": self.objects.get(self.kind, [])}


def ports(read: list[Ref], places: Places) -> Ports:
    """Return ports that note what of the lists is passed on."""
    dynamic: Any = Stand(ModelMonitor=MONITORS, RetrainRun=RUNS, Job=JOBS)
    cluster = Cluster(dynamic, lambda document: read.append(ref_of(document)))
    return Ports(cluster, Reader(Servers("http://prometheus", (), cluster)), MassBreachDetector(), places=places)


def ref_of(document: dict[str, Any]) -> Ref:
    return Ref(document["metadata"]["namespace"], document["metadata"]["name"])


def queued(queue: Workqueue) -> set[Ref]:
    return {ref for ref in (SHOP, BANK) if ref in queue}


def test_a_list_takes_in_the_served_alone(case: Case) -> None:
    settings, want = case
    read, queue = list[Ref](), Workqueue(ANYTHING, 1)
    reached = ports(read, Places())

    async def story() -> None:
        task = asyncio.create_task(resync(queue, no_sweep(), reached, settings))
        await asyncio.sleep(1)
        task.cancel()
        assert (queued(queue), set(read)) == (want, want)
        assert {ref for ref in (SHOP, BANK) if ref in reached.mass_breach} == want

    play(story())


class Checked(Overlap):
    """Notes the namespaces that are held against other operators."""

    def __init__(self) -> None:
        self.namespaces = set[str]()

    async def check(self, namespaces: Collection[str]) -> None:
        self.namespaces = set(namespaces)


def test_the_namespaces_of_a_list_are_held_against_other_operators(case: Case) -> None:
    settings, want = case
    checked = Checked()

    async def story() -> None:
        task = asyncio.create_task(resync(Workqueue(ANYTHING, 1), no_sweep(), ports([], Places()), settings, checked))
        await asyncio.sleep(1)
        task.cancel()

    play(story())
    assert checked.namespaces == {ref.namespace for ref in want}


def test_places_are_counted_of_the_served_alone(case: Case) -> None:
    settings, want = case
    read, queue, places = list[Ref](), Workqueue(ANYTHING, 1), Places(Limits(1))

    async def story() -> None:
        task = asyncio.create_task(give_places(queue, ports(read, places), settings))
        await asyncio.sleep(1)
        task.cancel()
        assert {ref.namespace for ref in read} == {ref.namespace for ref in want}
        assert len(queued(queue)) == min(1, len(want))

    play(story())


class News:
    """A stand-in for the queue, which notes who is enqueued."""

    def __init__(self) -> None:
        self.of = list[Ref]()

    def enqueue(self, ref: Ref, urgency: Urgency = Urgency.QUIET) -> None:
        self.of.append(ref)

    def taken(self) -> set[Ref]:
        taken, self.of = set(self.of), []
        return taken


class Events:
    """The operator's handlers, called as kopf calls them."""

    def __init__(self, settings: Settings) -> None:
        self.news, registry = News(), kopf.OperatorRegistry()
        queue: Any = self.news
        register(registry, queue, Streams(lambda: 0.0), no_sweep(), settings.selection)
        handlers: Any = registry._watching
        self._by_kind = {handler.selector.any_name: handler.fn for handler in handlers._handlers}

    async def of_both(self, kind: str) -> set[Ref]:
        """Show an event of each namespace; return who is enqueued."""
        about = {"resource": SimpleNamespace(plural=kind), "labels": {"refit.dev/monitor": "reviews"}, "type": "ADDED"}
        for body in MONITORS:
            meta = body["metadata"]
            await self._by_kind[kind](namespace=meta["namespace"], name="reviews", meta=meta, body=body, **about)
        return self.news.taken()


@pytest.mark.parametrize("kind", ["modelmonitors", "retrainruns", "jobs", "pods"])
def test_an_event_is_taken_in_of_the_served_alone(case: Case, kind: str) -> None:
    settings, want = case
    assert asyncio.run(Events(settings).of_both(kind)) == want


def test_a_target_concerns_monitors_of_the_served_alone(case: Case) -> None:
    settings, want = case
    events = Events(settings)

    async def story() -> None:
        assert await events.of_both("deployments") == set()
        await events.of_both("modelmonitors")
        assert await events.of_both("deployments") == want

    asyncio.run(story())


def test_only_one_of_the_two_settings_may_be_set() -> None:
    with pytest.raises(ValidationError, match="REFIT_NAMESPACE='shop' and REFIT_NAMESPACES='bank' are both set: leave"):
        Settings(namespace="shop", namespaces="bank")


def test_a_list_that_cannot_be_meant_stops_the_operator() -> None:
    with pytest.raises(ValidationError, match="REFIT_NAMESPACES, entry 1 of 1, 'Shop': no namespace has such a name"):
        Settings(namespaces="Shop")
