"""Play readings of before through the operator's own `decide`. Pure.

Runs change nothing: the readings go on as they were recorded. Each ends after the time that is given, as refused by the
gate, so that what follows from a run that doesn't help, its cooldown, the budget, giving up, is played too. What isn't
in the readings is left out: guards, mass breaches, halts of the target.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from refit_cli.metric import interval_of, range_of
from refit_operator.api.base import CHECKPOINT_ANNOTATION
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.policy import Mode
from refit_operator.api.run import Outcome, RetrainRun, RetrainRunStatus, Stage
from refit_operator.api.serving import Update
from refit_operator.api.uris import parse_claim_uri
from refit_operator.monitor.rules.decide import decide
from refit_operator.monitor.rules.decision import Hold, Observed, StartRun
from refit_operator.monitor.rules.history import new_recovery
from refit_operator.monitor.rules.measure import readings_needed
from refit_operator.prometheus.rules.reading import Value
from refit_operator.prometheus.rules.window import Window
from refit_operator.target.rules.view import TargetView, parse_target


@dataclass(frozen=True)
class Started:
    """A run that would have started."""

    time: datetime
    value: float | None
    message: str


@dataclass
class Played:
    """What would have happened."""

    readings: Window
    runs: list[Started] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)
    """Readings in breach at which something held, by what did."""

    @property
    def breached(self) -> int:
        """How many readings were on the wrong side, and led to a run or were held."""
        return len(self.runs) + self.held.total()


def ideal_target(monitor: ModelMonitor) -> TargetView:
    """Return a target that can take any candidate: what serves isn't what is simulated."""
    place = parse_claim_uri(monitor.spec.training.checkpoints.uri)
    claim = {"name": "models", "persistentVolumeClaim": {"claimName": place.claim if place else "models"}}
    reads = {"fieldRef": {"fieldPath": f"metadata.annotations['{CHECKPOINT_ANNOTATION}']"}}
    mounts = [{"name": "models", "mountPath": "/models"}]
    container = {"name": "server", "env": [{"name": "MODEL_URI", "valueFrom": reads}], "volumeMounts": mounts}
    template: dict[str, Any] = {"metadata": {}, "spec": {"containers": [container], "volumes": [claim]}}
    meta = {"name": monitor.spec.serving.target_ref.name, "namespace": monitor.metadata.namespace, "uid": "target"}
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
    spec = {"replicas": 1, "template": template}
    return parse_target({"metadata": meta | {"generation": 1}, "spec": spec, "status": status})


def at_work(monitor: ModelMonitor, begin: datetime) -> ModelMonitor:
    """Return the monitor as it would start runs by itself, made at a time, and never reconciled."""
    serving = monitor.spec.serving.model_copy(update={"update": Update.ROLLING_UPDATE})
    changes = {"suspend": False, "mode": Mode.AUTO, "guards": (), "drift": None, "serving": serving}
    meta = monitor.metadata.model_copy(update={"creation_timestamp": begin, "annotations": {}, "uid": "simulated"})
    status = type(monitor.status)()
    return monitor.model_copy(
        update={"metadata": meta, "spec": monitor.spec.model_copy(update=changes), "status": status}
    )


def play(monitor: ModelMonitor, readings: Window, takes: timedelta) -> Played:
    """Return what the operator would have done at each of the readings; a run takes so long."""
    reach, played = range_of(monitor.spec.metric), Played(readings)
    if not readings:
        return played
    monitor, target = at_work(monitor, readings[0].time - reach), ideal_target(monitor)
    count, runs = readings_needed(monitor.spec.metric), list[RetrainRun]()
    for index, reading in enumerate(readings):
        _end(runs, reading.time, takes)
        if not isinstance(reading, Value) or not (runs or monitor.spec.metric.is_breached_by(reading.value)):
            continue
        observed = Observed(
            monitor=monitor,
            target=target,
            runs=tuple(runs),
            now=reading.time,
            window=readings[max(0, index + 1 - count) : index + 1],
            query_range=reach,
            interval=interval_of(monitor.spec.metric),
        )
        _step(observed, reading, runs, played)
    return played


def _step(o: Observed, reading: Value, runs: list[RetrainRun], played: Played) -> None:
    recovered = new_recovery(o)
    if recovered:
        runs[-1] = recovered
    if not o.monitor.spec.metric.is_breached_by(reading.value):
        return
    decision = decide(o)
    if isinstance(decision, Hold):
        played.held[decision.reason.value] += 1
    else:
        runs.append(_made(decision, reading.time))
        played.runs.append(Started(reading.time, reading.value, decision.message))


def _made(decision: StartRun, now: datetime) -> RetrainRun:
    identity = {"uid": decision.body["metadata"]["name"], "creationTimestamp": now.isoformat()}
    return RetrainRun.model_validate(decision.body | {"metadata": decision.body["metadata"] | identity})


def _end(runs: list[RetrainRun], now: datetime, takes: timedelta) -> None:
    """End the newest run once its time is over."""
    if not runs or runs[-1].is_finished or now < runs[-1].metadata.creation_timestamp + takes:
        return
    ended = runs[-1].metadata.creation_timestamp + takes
    status = RetrainRunStatus(stage=Stage.FINISHED, outcome=Outcome.REJECTED, completion_time=ended)
    runs[-1] = runs[-1].model_copy(update={"status": status})
