"""A run's shadow as it was read at one moment, and what its mirror counted. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from refit_operator.api.conditions import ConditionType, is_true
from refit_operator.api.durations import format_duration
from refit_operator.api.run import RetrainRun
from refit_operator.prometheus.rules.binomial import incomplete_beta
from refit_operator.prometheus.rules.reading import FailureKind, NoData, QueryFailed, Reading, Value, describe
from refit_operator.run.rules.views.documents import Document
from refit_operator.target.rules.view import TargetView

COUNTERS = (
    ("refit_mirror_answers_total", "result", ("agreed", "differed", "failed")),
    ("refit_mirror_seconds_total", "side", ("served", "mirrored")),
    ("refit_mirror_labelled_total", "right", ("both", "served", "mirrored", "neither")),
)
"""What a mirror counts: the metric, the label that tells its parts apart, and these."""
RISK = 0.01
"""The chance at most with which a candidate that is as often right is found to be worse by its labels."""
MARGIN = timedelta(minutes=1)
"""How much further back than the shadow's start counters are read, for clocks that differ."""
UNKNOWN = ("Unknown", "ContainerStatusUnknown")
"""Why a container ended of which the kubelet lost sight."""
LOOKBACK = "5m"
"""How old the newest sample of a series may be that was there before: what Prometheus itself takes for gone."""


@dataclass(frozen=True)
class Made:
    """An object of the shadow's name, and the UID of what controls it, empty where nothing does."""

    uid: str
    owner: str
    is_going: bool = False
    is_left: bool = False
    """Whether a finished run of the same monitor controls it."""


@dataclass(frozen=True)
class Labels:
    """Labelled inputs that both models answered, by who was right."""

    both: int = 0
    served: int = 0
    mirrored: int = 0
    neither: int = 0

    @property
    def total(self) -> int:
        """All that are labelled."""
        return self.both + self.served + self.mirrored + self.neither

    @property
    def is_worse(self) -> bool:
        """Whether it is certain that the candidate is right less often: an exact test of the pairs that differ."""
        differing = self.served + self.mirrored
        return bool(self.served) and incomplete_beta(self.served, differing - self.served + 1, 0.5) <= RISK

    def __str__(self) -> str:
        """Return the numbers in words."""
        candidate, served = self.both + self.mirrored, self.both + self.served
        return f"right on {candidate:,} of {self.total:,} labelled, the served model on {served:,}"


@dataclass(frozen=True)
class Answers:
    """What a mirror counted of the candidate's answers, and how long both models took for them."""

    agreed: int = 0
    differed: int = 0
    failed: int = 0
    served_seconds: float = 0
    mirrored_seconds: float = 0
    labels: Labels = Labels()

    @property
    def total(self) -> int:
        """All answers to copies, failed ones too."""
        return self.compared + self.failed

    @property
    def compared(self) -> int:
        """All answers to copies but failed ones."""
        return self.agreed + self.differed

    @property
    def agreement(self) -> float:
        """The share that was the served model's answer."""
        return self.agreed / self.total if self.total else 0.0

    @property
    def latency_ratio(self) -> float | None:
        """How many times as long the candidate took; None where one of both wasn't measured."""
        is_measured = self.served_seconds > 0 and self.mirrored_seconds > 0
        return self.mirrored_seconds / self.served_seconds if is_measured else None

    def __str__(self) -> str:
        """Return the numbers in words."""
        ratio = self.latency_ratio
        took = f", in {ratio:.3g} times the time" if ratio is not None else ""
        failed = f", {self.failed:,} failed" if self.failed else ""
        right = f", {self.labels}" if self.labels.total else ""
        return f"{self.agreed:,} of {self.total:,} answers are the served model's{failed}{took}{right}"


@dataclass(frozen=True)
class ShadowView:
    """What there is of a shadow."""

    deployment: TargetView | None = None
    """Of the run's own alone."""
    made: Mapping[tuple[str, str], Made] = field(default_factory=dict)
    """What exists of its name, whosever it is, by apiVersion and kind."""
    blocker: str = ""
    """Why its pod doesn't start; empty where nothing is known."""
    crash: str = ""
    """Which of its containers ended, and how; empty where none did."""
    answers: Answers | QueryFailed = Answers()


def awaits_shadow(run: RetrainRun) -> bool:
    """Return whether a candidate has yet to answer copies of live requests before it is promoted."""
    asked = run.spec.verification.shadow is not None and not run.is_rollback
    return asked and not is_true(run.status.conditions, ConditionType.SHADOWED)


def may_have_shadow(run: RetrainRun) -> bool:
    """Return whether anything of a shadow may exist: it was recorded, and the promotion wasn't."""
    return run.status.shadow is not None and not run.is_finished and run.status.pointer_change is None


def query_of(metric: str, label: str, started: datetime, now: datetime, namespace_label: str) -> str:
    """Return the query for a counter of the candidate's since the shadow's start.

    The largest value that each series had, so that nothing is extrapolated, and what a pod counted stays when it goes,
    without what the series had before: the same digest may have had a shadow earlier. One that is below that by now
    began again.
    """
    window = format_duration(timedelta(seconds=ceil((now - started + MARGIN).total_seconds())))
    own = f', {namespace_label}="$(namespace)"' if namespace_label else ""
    series = f'{metric}{{digest="$(digest)"{own}}}'
    most, before = f"max_over_time({series}[{window}])", f"max_over_time({series}[{LOOKBACK}] offset {window})"
    return f"sum by ({label}) (({most} - {before} >= 0) or {most})"


Parts = tuple[tuple[Reading, ...], ...]


def read_answers(results: Parts, sides: Parts, rights: Parts) -> Answers | QueryFailed:
    """Return what was counted: nothing where there are no series. What is no number is no count."""
    for window in (*results, *sides, *rights):
        newest = window[-1]
        if not isinstance(newest, Value | NoData):
            return QueryFailed(FailureKind.Malformed, describe(newest), newest.time)
    agreed, differed, failed = (int(_value(window)) for window in results)
    served, mirrored = map(_value, sides)
    labels = Labels(*(int(_value(window)) for window in rights))
    return Answers(agreed, differed, failed, served, mirrored, labels)


def _value(window: tuple[Reading, ...]) -> float:
    newest = window[-1]
    return newest.value if isinstance(newest, Value) else 0.0


def crash_of(pods: list[Document], since: datetime | None) -> str:
    """Return which container of the pods has ended since then, and how; empty where none has.

    A start that failed before the pod was ready is none, nor is a pod that is deleted or evicted, nor an ending that
    nobody saw: the kubelet writes it where its node began again.
    """
    for pod in pods:
        status = pod.get("status") or {}
        if since is None or pod["metadata"].get("deletionTimestamp") or status.get("reason"):
            continue
        for container in status.get("containerStatuses") or ():
            ended = _ending(container)
            if ended and ended.get("reason") not in UNKNOWN and datetime.fromisoformat(ended["finishedAt"]) >= since:
                why = f"{ended.get('reason') or 'it ended'}, exit code {ended.get('exitCode')}"
                return f"container {container['name']} of pod {pod['metadata']['name']} ended while it answered: {why}"
    return ""


def _ending(container: Document) -> Document:
    """Return how a container ended last, now or before it was started again; empty where it never did."""
    states = (container.get("state") or {}, container.get("lastState") or {})
    return next((state["terminated"] for state in states if (state.get("terminated") or {}).get("finishedAt")), {})
