"""When a place is free, the run that is next is reconciled at once; who waits is asked for by nobody."""

import asyncio
from typing import Any

import pytest

from refit_operator.__main__ import make_ports, make_workqueue
from refit_operator.api.metadata import Ref
from refit_operator.api.run import RetrainRun
from refit_operator.controller import reconcile as look
from refit_operator.controller.supervisor import COUNT_AGAIN, give_places
from refit_operator.controller.workqueue import Workqueue
from refit_operator.kubernetes_api.clock import Clock
from refit_operator.kubernetes_api.errors import Transient
from refit_operator.places.rules.places import Places
from refit_operator.places.rules.waiting import Limits, Place, Waiting, waiting
from refit_operator.ports import Ports
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.settings import Settings
from tests.support.jumping import play
from tests.support.samples import NOW, make_monitor, make_run
from tests.support.sweeps import no_sweep

ANYTHING: Any = None
REVIEWS = Ref("shop", "reviews")


class Listed:
    """A stand-in for the API server: runs that wait, and at first no answer."""

    def __init__(self, failures: int, *runs: RetrainRun) -> None:
        self.failures, self.runs = failures, runs

    async def list_objects(self, kind: tuple[str, str], *_: Any, **__: Any) -> list[Any]:
        if self.failures:
            self.failures -= 1
            raise Transient("API server: overloaded")
        return [run.model_dump(mode="json", by_alias=True) for run in self.runs if kind[1] == "RetrainRun"]


def given(places: Places, cluster: Any, acts: Any) -> None:
    """Have places given for as long as the story lasts."""

    async def story() -> None:
        queue = Workqueue(ANYTHING, 1)
        ports = Ports(cluster, ANYTHING, MassBreachDetector(), places=places)
        task = asyncio.create_task(give_places(queue, ports, Settings()))
        await acts(queue)
        assert not task.done()
        task.cancel()

    play(story())


def test_runs_start_once_those_under_way_are_counted_however_often_the_api_server_fails() -> None:
    async def acts(queue: Workqueue) -> None:
        await asyncio.sleep(1.5 * COUNT_AGAIN)
        assert REVIEWS not in queue
        await asyncio.sleep(COUNT_AGAIN)
        assert REVIEWS in queue

    given(Places(Limits(1)), Listed(2, make_run()), acts)


def test_a_place_that_is_freed_wakes_the_next_and_nobody_else() -> None:
    places = Places(Limits(1))
    places.restore({}, ())
    for name in ("first", "second", "third"):
        places.ask(Waiting(True, NOW, NOW, name, Ref("shop", name)))

    async def acts(queue: Workqueue) -> None:
        await asyncio.sleep(1)
        assert Ref("shop", "second") not in queue
        places.release("first")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [Ref("shop", name) in queue for name in ("second", "third")] == [True, False]

    given(places, Listed(0), acts)


def test_without_limits_nothing_is_listed() -> None:
    async def acts(queue: Workqueue) -> None:
        await asyncio.sleep(60)
        assert REVIEWS not in queue

    given(Places(), Listed(1000, make_run()), acts)


def limited() -> Places:
    places = Places(Limits(1))
    places.restore({}, ())
    assert places.ask(waiting(make_run())) is None
    return places


class Stand:
    """A stand-in for the ports and the pruner of a reconciliation: one monitor, or none, and its runs."""

    cluster = clock = mass_breach = property(lambda self: self)

    notifier = keeper = tracer = None

    def __init__(self, places: Places, monitor: Any, *lists: Any) -> None:
        self.places, self.monitor, self.lists = places, monitor, list(lists)

    def now(self) -> Any:
        return NOW

    def forget(self, *_: Any) -> None:
        return

    remove = forget

    async def get_monitor(self, ref: Ref) -> Any:
        return self.monitor

    async def list_runs(self, monitor: Any) -> Any:
        return self.lists.pop(0)

    async def prune(self, *_: Any) -> None:
        return


ENDED = make_run(status={"outcome": "Rejected"})
GONE: dict[str, tuple[Any, ...]] = {
    "it has just ended": (make_monitor(), (make_run(),), (ENDED,)),
    "it was deleted": (make_monitor(), ()),
    "its monitor was deleted": (None,),
}


@pytest.mark.parametrize("name", GONE)
async def test_a_run_gives_its_place_back_once(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    async def step(*_: Any) -> None:
        return None

    async def hang(*_: Any) -> Any:
        raise Transient("Prometheus hangs")

    places = limited()
    stand: Any = Stand(places, *GONE[name])
    monkeypatch.setattr(look, "reconcile_run", step)
    monkeypatch.setattr(look, "reconcile_monitor", hang)
    try:
        await look.reconcile(REVIEWS, stand, stand, no_sweep())
    except Transient:
        assert stand.monitor is not None
    assert places.under_way() == {}


async def test_settings_reach_the_places_and_a_failure_takes_a_run_out_of_the_line() -> None:
    settings = Settings(max_concurrent_runs=1, max_concurrent_runs_per_namespace=1)
    ports, _ = await make_ports(ANYTHING, Clock(), settings)
    assert ports.places.limits == Limits(1, 1)
    ports.places.restore({"first": Ref("other", "first")}, [waiting(make_run())])
    queue = make_workqueue(ports, no_sweep(), settings)
    await queue._on_failure(REVIEWS, 1, "it can't be read")
    assert ports.places.ask(waiting(make_run(2))) == Place(1, 1, "REFIT_MAX_CONCURRENT_RUNS", 1)


def test_an_empty_setting_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFIT_MAX_CONCURRENT_RUNS", "")
    assert Settings().max_concurrent_runs == 0
    assert not Limits(Settings().max_concurrent_runs).are_set
