"""Objects that don't change, and the commands' own screens of them."""

import json
import math
from datetime import timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from refit_cli import status, tree, why
from refit_cli.answers import answers
from refit_cli.chart import Chart, draw, marks_of, within
from refit_cli.doctor import checks
from refit_cli.doctor.checks import Document
from refit_cli.doctor.claims import examine_claims
from refit_cli.doctor.command import render
from refit_cli.doctor.metric import examine_query
from refit_cli.doctor.nodes import examine_nodes
from refit_cli.objects import see
from refit_cli.simulate.command import results, swept
from refit_cli.simulate.sweep import parse_sweep
from refit_operator.api.run import RetrainRun
from refit_operator.prometheus.rules.window import Window
from tests.support.cli import Objects
from tests.support.monitors import finished, readings, seen
from tests.support.samples import NEW_DIGEST, NOW, OLD_DIGEST, make_monitor, make_run, monitor_document

NEW = f"file:///models/checkpoints/reviews/{make_run(2).metadata.name}@{NEW_DIGEST}"
GPUS = {"resources": {"limits": {"nvidia.com/gpu": 2}}}
WIDTH = 100


def _ago(**time: float) -> str:
    return (NOW - timedelta(**time)).isoformat()


def _condition(kind: str, truth: str, reason: str, message: str) -> dict[str, str]:
    return {"type": kind, "status": truth, "reason": reason, "message": message, "lastTransitionTime": _ago(minutes=9)}


def _verifying() -> RetrainRun:
    """A run whose candidate has been rolled out for six minutes."""
    name = make_run(2).metadata.name
    result = {
        "checkpoint": f"pvc://models/checkpoints/reviews/{name}@{NEW_DIGEST}",
        "trainingRows": 4210,
        "candidate": {"digest": NEW_DIGEST, "metrics": {"accuracy": "0.913"}},
        "served": {"digest": OLD_DIGEST, "metrics": {"accuracy": "0.781"}},
        "holdoutRows": 800,
        "gate": {"metric": "accuracy", "candidate": "0.913", "served": "0.781"},
    }
    change = {"targetUid": "target-uid", "old": "", "new": NEW, "time": _ago(minutes=9)}
    better = "accuracy 0.913 against served 0.781 on 800 rows"
    conditions = [
        _condition("Trained", "True", "Trained", "the candidate has been trained and judged"),
        _condition("Accepted", "True", "Accepted", f"{better}: more than 0 better"),
        _condition("Promoted", "True", "RolledOut", "every pod serves the candidate"),
    ]
    times = {"startTime": _ago(minutes=31), "trainedTime": _ago(minutes=10), "rolledOutTime": _ago(minutes=6)}
    told = {"stage": "Verifying", "message": "accuracy 0.91 over 400 outcomes since the rollout; before 0.73"}
    trigger = {"reason": "MetricBreached", "value": 0.78, "threshold": 0.85, "time": _ago(minutes=32)}
    whole: dict[str, Any] = {"conditions": conditions, "jobRef": name, "result": result, "pointerChange": change}
    return make_run(2, status=whole | times | told, created=NOW - timedelta(minutes=32), trigger=trigger)


def _day() -> Window:
    """A day's readings: good, bad for some hours, and good again."""
    levels = [0.9] * 60 + [0.79] * 30 + [0.91] * 50
    return readings(*(level + 0.012 * math.sin(7.3 * n) for n, level in enumerate(levels)))


def get() -> RenderableType:
    """A monitor whose run is verified, and the one before."""
    runs = (
        finished(300, status={"message": "accuracy 0.81 against served 0.80: not more than 0 better"}),
        _verifying(),
    )
    return tree.screen(Objects.of(seen(runs=runs, pointer=NEW)), "", tree.NEWEST, wide=False)


def status_of_a_monitor() -> RenderableType:
    """A monitor that is in breach, and cools down."""
    api = Objects.of(seen(runs=(finished(55),)))
    o = status.observe(api, see(api, "reviews"))
    return status.render(o, answers(o))


def why_of_a_run() -> RenderableType:
    """A run that is verified."""
    api = Objects.of(seen(runs=(_verifying(),), pointer=NEW))
    return why.render(why.observe(api, _verifying()))


def _prometheus(path: str, query: dict[str, str]) -> bytes:
    """Answer as Prometheus does: the metric is 0.8, and what is behind it twelve seconds old."""
    value = "0.8" if query["query"].startswith("sum") else "12"
    series = {"metric": {}, "values": [[float(query["start"]), value]]}
    return json.dumps({"data": {"result": [series]}}).encode()


def _claim(name: str, phase: str, **spec: Any) -> Document:
    return {"metadata": {"name": name}, "spec": {"accessModes": ["ReadWriteMany"]} | spec, "status": {"phase": phase}}


def doctor() -> RenderableType:
    """A monitor with a claim that is missing, one whose StorageClass is, and too few GPUs."""
    monitor = make_monitor(training=GPUS)
    api = Objects.of(seen(monitor=monitor))
    o = status.observe(api, see(api, "reviews"))
    lease = {"spec": {"holderIdentity": "refit-operator-6c9d", "renewTime": NOW.isoformat()}}
    claims = [_claim("models", "Bound"), _claim("holdout", "Pending", storageClassName="fast")]
    node = {"metadata": {"name": "gpu-1"}, "status": {"allocatable": {"nvidia.com/gpu": "1"}}}
    found = [
        checks.examine_lease(lease, NOW),
        checks.examine_reconciled(o.monitor),
        checks.examine_spec([]),
        examine_query(_prometheus, see(api, "reviews")),
        checks.examine_reading(o.monitor),
        *checks.examine_target(o),
        *examine_claims(monitor, claims, [{"metadata": {"name": "standard"}}]),
        *examine_nodes(monitor, [node]),
        checks.examine_dry_run(""),
    ]
    return render(found)


def sweep() -> RenderableType:
    """Five thresholds on one day."""
    plan = parse_sweep("threshold=0.78:0.90:0.03")
    document = monitor_document(training=GPUS)
    return swept(plan, results(document, lambda _: _day(), plan, timedelta(hours=1), None))


def timeline() -> RenderableType:
    """That day, with the run that ended it."""
    day = _day()
    change = {"targetUid": "t", "old": "", "new": "x", "time": day[88].time.isoformat()}
    ended = {"outcome": "Promoted", "completionTime": day[95].time.isoformat()}
    run = make_run(
        created=day[64].time, status=ended | {"rolledOutTime": day[90].time.isoformat(), "pointerChange": change}
    )
    chart = Chart(make_monitor().spec.metric, day, marks_of([run]))
    marks = "\n".join(f"{mark.sign} {mark.time:%m-%d %H:%M:%S}  {mark.words}" for mark in within(chart.marks, chart))
    return Group(draw(chart, WIDTH - 10), Text(marks))


SCREENS = {
    "get": get,
    "status reviews": status_of_a_monitor,
    "why reviews": why_of_a_run,
    "doctor reviews": doctor,
    "simulate reviews --sweep threshold=0.78:0.90:0.03": sweep,
    "timeline reviews": timeline,
}
"""By the command that prints it."""
