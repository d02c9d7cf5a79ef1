"""Answers to queries of several monitors are damaged for a while: no monitor is taken for what it isn't.

The Prometheus is a real one, with real data. Only the damage is a stand-in's, as `damage` says.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scale.feed import MOVING
from benchmarks.scale.prometheus import Fed, fed_prometheus
from tests.faults import each_once, own_values
from tests.faults.between import Between
from tests.faults.damage import Damage
from tests.faults.each_once import Crowd
from tests.faults.models import INTERVAL_S, RATIO, WINDOW_S, Model, models_in, page_of
from tests.faults.observer import Observer
from tests.faults.played import Played
from tests.faults.shown import Shown
from tests.support.cluster.alone import namespace
from tests.support.cluster.hosted import Hosted, admin_config, hosted_settings, operators, trust_as_user
from tests.support.cluster.kubectl import Space
from tests.support.cluster.objects import idle_target
from tests.support.local import until

GROUP = "batch"
MODELS, FALL = 42, 6
SIDE_BY_SIDE = 4
LIMIT_S = 150
KNOWN_S = WINDOW_S + 3 * INTERVAL_S
"""How long Prometheus must have known the series: the oldest sample that a reading needs is that old at most."""
ROUNDS = 3
"""Answers that are damaged at least, before some models fall and after their runs have started."""


@dataclass(frozen=True)
class Batched:
    """Monitors that are read together, in one namespace."""

    space: Space
    models: Sequence[Model]
    prometheus: Fed
    folder: Path

    def play(self, damage: Damage) -> Played:
        """Let some models fall while answers are damaged; return what came of it."""
        config, problems = admin_config(), list[str]()
        server, seconds, story = config["clusters"][0]["cluster"]["server"], 0.0, "not at rest again"
        with ExitStack() as stack:
            between = stack.enter_context(Between(self.prometheus.address))
            observer = stack.enter_context(Observer(server, trust_as_user(config), self.space.name))
            self.space.apply(*(idle_target(model.name) for model in self.models))
            self.space.apply(*(model.monitor() for model in self.models))
            shown = self._operate(stack, between)
            try:
                wait_for_rest(shown, self.models, "not all are at rest before the damage")
                self._harm(between, damage, shown, observer)
                began = time.monotonic()
                wait_for_rest(shown, self._well, "not all are at rest after the damage")
                seconds = time.monotonic() - began
                story = f"{len(self._fallen)} breaches found meanwhile; all others at rest again"
            except (AssertionError, OSError) as error:
                problems.append(f"B4: {error}")
            problems += [*self._judged(observer, shown), *observer.problems]
        led_to = f"{between.harmed} answers damaged; {story}"
        return Played(GROUP, damage.mode, damage.at, led_to, round(seconds, 2), tuple(problems))

    @property
    def _well(self) -> list[Model]:
        return [model for model in self.models if not model.falls]

    @property
    def _fallen(self) -> list[Model]:
        return [model for model in self.models if model.falls]

    def _operate(self, stack: ExitStack, between: Between) -> Shown:
        """Start the operator, which doesn't hold a breach because of the others, so that a wrong one would be seen."""
        settings = {"REFIT_PROMETHEUS_URL": between.address, "REFIT_ALLOW_MASS_RETRAIN": "true"}
        hosted = Hosted(self.space, self.folder / "operator.log", **hosted_settings(self.folder) | settings)
        stack.enter_context(operators(hosted))
        return Shown(hosted.port, {model.name: model.truth for model in self.models})

    def _harm(self, between: Between, damage: Damage, shown: Shown, observer: Observer) -> None:
        """Do the damage until every breach that began meanwhile has its Job, and for some answers more."""
        between.damage = damage
        wait_for(shown, lambda: between.harmed >= ROUNDS, "nothing was damaged")
        for model in self._fallen:
            model.fell = time.time()
        wait_for(shown, lambda: jobs_in(observer) >= len(self._fallen), "not every breach has its Job")
        harmed = between.harmed
        wait_for(shown, lambda: between.harmed >= harmed + ROUNDS, "nothing more was damaged")
        between.damage = None

    def _judged(self, observer: Observer, shown: Shown) -> list[str]:
        """Return what was violated at any event, in any metric that was read, or in the end."""
        truths = {model.name: model.truth for model in self.models}
        fallen, well = ({(self.space.name, one.name) for one in side} for side in (self._fallen, self._well))
        seen = [*observer.seen]
        told = own_values.problems_of(seen, truths)
        return [*told, *shown.wrong[:1], *each_once.problems_of(seen, Crowd(frozenset(fallen), frozenset(well)))]


def jobs_in(observer: Observer) -> int:
    """Return how many Jobs were seen."""
    return len({one.object["metadata"]["uid"] for one in [*observer.seen] if one.object["kind"] == "Job"})


def wait_for(shown: Shown, what: Callable[[], bool], why: str) -> None:
    """Wait, and read the metrics each time that it is asked."""
    until(lambda: shown.sweep() is not None and what(), LIMIT_S, why)


def wait_for_rest(shown: Shown, models: Sequence[Model], why: str) -> None:
    """Wait until as many readings as there are models led to nothing, and none to a reconciliation but of ratios.

    These are reconciled now and then although they are well, as their evidence may have grown.
    """
    ratios = sum(model.kind == RATIO for model in models)
    swept, woken = shown.sweep()

    def is_at_rest() -> bool:
        nonlocal swept, woken
        now = shown.sweep()
        if now[1] - woken > ratios:
            swept, woken = now
        return now[0] - swept >= len(models)

    until(is_at_rest, LIMIT_S, why)


def play_all(chosen: Sequence[Damage], folder: Path) -> Iterator[Played]:
    """Play them side by side; yield each as it ends."""
    with fed_prometheus() as prometheus, ExitStack() as stack, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        spaces = [stack.enter_context(namespace(f"{GROUP}-{number}")) for number, _ in enumerate(chosen)]
        models = [models_in(space.name, MODELS, FALL) for space in spaces]
        prometheus.feed.show(MOVING, page_of(model for some in models for model in some))
        prometheus.wait_until_known(KNOWN_S)
        plays = []
        for number, (damage, space, some) in enumerate(zip(chosen, spaces, models, strict=True)):
            here = folder / str(number)
            here.mkdir(parents=True)
            plays.append(pool.submit(Batched(space, some, prometheus, here).play, damage))
        for play in as_completed(plays):
            yield play.result()
