"""Monitors that the schema allows, whole and damaged: each is read and decided about, or is its own trouble."""

import json
from typing import Any

from hypothesis import given

from refit_operator.api.run import RetrainRun, Trigger, TriggerReason
from refit_operator.kubernetes_api.errors import Permanent
from refit_operator.kubernetes_api.parsing import parse, parse_monitor
from refit_operator.monitor.rules.decide import decide
from refit_operator.monitor.rules.manifest import build_run
from refit_operator.run.rules.manifests.job import build_job
from tests.support.generated import monitors
from tests.support.monitors import seen
from tests.support.samples import NOW, monitor_document


@given(monitors())
def test_a_monitor_is_read_and_decided_about_or_is_its_own_trouble(spec: dict[str, Any]) -> None:
    document = monitor_document() | {"spec": spec}
    try:
        monitor = parse_monitor(document)
    except Permanent:
        return
    decide(seen(monitor=monitor))
    trigger = Trigger(reason=TriggerReason.METRIC_BREACHED, value=0.8, threshold=0.85, time=NOW)
    body = build_run(monitor, 1, trigger, "pvc://models/v1", "pvc://models/v1", "")
    identity = {"uid": "u", "generation": 1, "resourceVersion": "1", "creationTimestamp": NOW.isoformat()}
    run = parse(RetrainRun, json.loads(json.dumps(body | {"metadata": body["metadata"] | identity})))
    json.dumps(build_job(run))
