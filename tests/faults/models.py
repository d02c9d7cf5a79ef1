"""Models whose monitors are read in batches: by queries that are alike, by others, and as ratios."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.scale.feed import Page
from tests.faults.own_values import Truth
from tests.support.cluster.kubectl import Document
from tests.support.cluster.objects import monitor

ALIKE, OTHER, RATIO = "alike", "other", "ratio"
KINDS = (ALIKE, OTHER, RATIO)
INTERVAL_S, WINDOW_S = 5, 10
A_SECOND = 1000
"""Predictions of a model with a ratio."""


@dataclass
class Model:
    """One model, and what Prometheus scrapes of it."""

    namespace: str
    number: int
    falls: bool
    """Whether it falls below the threshold once it is told to."""
    began: float = field(default_factory=time.time)
    fell: float | None = None
    """When it fell."""

    @property
    def name(self) -> str:
        """Return its monitor's name."""
        return f"m{self.number:03}"

    @property
    def kind(self) -> str:
        """Return how it is asked for."""
        return KINDS[self.number % len(KINDS)]

    @property
    def truth(self) -> Truth:
        """Return its values: no two models have the same."""
        step = self.number / 500
        return Truth(0.9 + step, 0.5 + step if self.falls else None, passes=self.kind == RATIO)

    @property
    def value(self) -> float:
        """Return the value of now."""
        truth = self.truth
        return truth.good if self.fell is None or truth.bad is None else truth.bad

    def lines(self, now: float) -> str:
        """Return its series."""
        labels = f'{{model="{self.namespace}/{self.name}"}}'
        if self.kind != RATIO:
            return f"accuracy{labels} {self.value}\n"
        fell = min(now, self.fell or now)
        good = A_SECOND * (self.truth.good * (fell - self.began) + self.value * (now - fell))
        return f"correct_total{labels} {int(good)}\njudged_total{labels} {int(A_SECOND * (now - self.began))}\n"

    def metric(self) -> Document:
        """Return how its monitor reads it; a null removes what a monitor of tests has."""
        labels = '{model="$(namespace)/$(name)"}'
        every, at_once = f"{INTERVAL_S}s", {"count": 1, "outOf": 1}
        if self.kind == RATIO:
            ratio = {"good": f"correct_total{labels}", "total": f"judged_total{labels}"}
            return {"query": None, "interval": None, "breaches": None, "ratio": ratio, "window": f"{WINDOW_S}s"}
        if self.kind == ALIKE:
            return {"query": f"avg(accuracy{labels})", "interval": every, "breaches": at_once}
        return {"query": f"accuracy{labels} * {self.number} / {self.number}", "interval": every, "breaches": at_once}

    def monitor(self) -> Document:
        """Return its monitor, whose runs wait in a queue that admits nothing."""
        return monitor(self.name, metric=self.metric(), training={"queueName": "nobody"})


def models_in(namespace: str, count: int, fall: int) -> list[Model]:
    """Return so many models, of which some fall: of each kind as many."""
    return [Model(namespace, number, falls=number <= fall) for number in range(1, count + 1)]


def page_of(models: Iterable[Model]) -> Page:
    """Return what a target tells of them."""
    every = list(models)

    def text() -> str:
        now = time.time()
        return "".join(model.lines(now) for model in every)

    return Page(text)
