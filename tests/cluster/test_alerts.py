"""Each alert of monitors fires for real, and its runbook is followed to the end: docs/reliability/alerts.md.

A real Prometheus scrapes the installed operator and evaluates the rules, with shorter times. The situation is brought
about, the alert names the monitor, the runbook's commands show the cause, the cause is mended, and the alert is over.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cluster.kubectl import Space
from tests.support.cluster.objects import BROKEN, CLAIMS, idle_target, monitor, target
from tests.support.cluster.on_call import Alerted, OnCall
from tests.support.cluster.people import say
from tests.support.prometheus.alerting import Alerting

pytestmark = pytest.mark.alerts
AGAIN = {"cooldown": "0s", "giveUpAfter": 9, "maxRuns": {"count": 9}}
CHECKPOINT = "refit.dev/checkpoint"
THEIRS = "file:///models/v7"


@pytest.fixture(scope="module")
def on_call(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnCall]:
    with Alerting(tmp_path_factory.mktemp("alerting")) as alerting:
        yield OnCall(alerting)


def quality(name: str, which: str = "") -> dict[str, Any]:
    """The metric that a target's pods tell, by way of the cluster's Prometheus."""
    return {"query": f'avg(model_quality{{namespace="$(namespace)",app="{name}"}}{which})'}


def serve(space: Space, name: str, **options: Any) -> None:
    """Have a target that serves."""
    space.apply(*CLAIMS, target(name, **options))
    space.run("rollout", "status", f"deploy/{name}", "--timeout=180s", limit_s=190)


def change(space: Space, name: str, **spec: Any) -> None:
    """Change a monitor as its user does."""
    space.run("patch", "mmon", name, "--type=merge", "-p", json.dumps({"spec": spec}))


def training(**hyperparameters: str | None) -> dict[str, Any]:
    return {"hyperparameters": hyperparameters}


def called(on_call: OnCall, alert: str, space: Space, name: str) -> Alerted:
    """Wait for an alert of a monitor, and see that it names it."""
    call = on_call.called_by(alert, namespace=space.name, monitor=name)
    assert f"{space.name}/{name}" in call.summary
    return call


def run_in(space: Space, name: str, stage: str) -> str:
    """Wait until a monitor's first run is in a stage, and return its name."""
    space.wait(f"mmon/{name}", ".status.attempts", "1")
    run: str = next(r["metadata"]["name"] for r in space.list("rr") if r["spec"]["monitorRef"]["name"] == name)
    space.wait(f"rr/{run}", ".status.stage", stage, 180)
    return run


def test_a_monitor_whose_target_is_deleted_isnt_ready(shared: Space, on_call: OnCall) -> None:
    shared.apply(*CLAIMS, idle_target("gone"), monitor("gone", suspend=True))
    shared.wait_condition("mmon/gone", "Ready", "Monitoring")
    shared.run("delete", "deploy", "gone")
    call = called(on_call, "RefitNotReady", shared, "gone")
    assert "no Deployment 'gone'" in call.look()
    shared.apply(idle_target("gone"))
    call.until_over()


def test_a_query_that_cant_be_read_isnt_ready(shared: Space, on_call: OnCall) -> None:
    shared.apply(
        *CLAIMS, idle_target("mistyped"), monitor("mistyped", suspend=True, metric={"query": "sum(rate(x[5m])"})
    )
    call = called(on_call, "RefitNotReady", shared, "mistyped")
    assert "metric.query" in call.look()
    change(shared, "mistyped", metric={"query": "vector(0.9)"})
    call.until_over()


def test_readings_fail_where_prometheus_is_down(shared: Space, on_call: OnCall) -> None:
    down = {"serverAddress": "http://prometheus.monitoring:1"}
    shared.apply(*CLAIMS, idle_target("down"), monitor("down", suspend=True, prometheus=down))
    call = called(on_call, "RefitReadingsFail", shared, "down")
    assert "prometheus.monitoring:1" in call.look()
    change(shared, "down", prometheus={"serverAddress": None})
    call.until_over()


def test_readings_fail_where_the_metric_is_missing(shared: Space, on_call: OnCall) -> None:
    silent = target("silent", spec={"replicas": 0})
    shared.apply(*CLAIMS, silent, monitor("silent", suspend=True, metric=quality("silent")))
    call = called(on_call, "RefitReadingsFail", shared, "silent")
    assert "no data: the query returned nothing" in call.look()
    shared.run("scale", "deploy/silent", "--replicas=1")
    call.until_over()


def test_runs_that_fail_and_a_monitor_that_gives_up(shared: Space, on_call: OnCall) -> None:
    serve(shared, "failing")
    fails = training(fail="no column 'label' in feedback/train")
    shared.apply(monitor("failing", policy=AGAIN | {"giveUpAfter": 2}, training=fails))
    gave_up = called(on_call, "RefitGaveUp", shared, "failing")
    fail = called(on_call, "RefitRunsFail", shared, "failing")
    assert "the last 2 runs didn't restore" in gave_up.look()
    assert "no column 'label' in feedback/train" in fail.look()
    gave_up.mend("annotate")
    shared.wait("mmon/failing", ".status.attempts", "3")
    change(shared, "failing", training=training(fail=None))
    gave_up.until_over()
    fail.until_over()


def test_candidates_that_the_gate_refuses(shared: Space, on_call: OnCall) -> None:
    serve(shared, "refused")
    shared.apply(monitor("refused", policy=AGAIN, training=training(accuracy="0.7")))
    call = called(on_call, "RefitCandidatesRefused", shared, "refused")
    assert "0.7" in call.look()
    change(shared, "refused", training=training(accuracy="0.95"))
    call.until_over()
    change(shared, "refused", suspend=True)


def test_a_run_whose_pod_no_node_takes(shared: Space, on_call: OnCall) -> None:
    too_much = {"resources": {"requests": {"cpu": "1000"}}}
    shared.apply(*CLAIMS, idle_target("pending"), monitor("pending", training=too_much))
    call = called(on_call, "RefitRunPending", shared, "pending")
    assert "Insufficient cpu" in call.look()
    change(shared, "pending", training={"resources": None})
    call.mend("patch rr")
    call.until_over()


def test_a_candidate_that_waits_for_approval(shared: Space, on_call: OnCall) -> None:
    serve(shared, "approved")
    shared.apply(monitor("approved", mode="Approve"))
    call = called(on_call, "RefitApprovalAwaited", shared, "approved")
    call.mend("patch rr")
    call.until_over()


def test_a_promotion_that_is_rolled_back(shared: Space, on_call: OnCall) -> None:
    serve(shared, "broken")
    shared.apply(monitor("broken", training=BROKEN, serving={"rolloutDeadline": "8s"}))
    call = called(on_call, "RefitRolledBack", shared, "broken")
    assert "broken" in call.look()


def test_a_rollback_that_a_paused_target_keeps_from_being_rolled_out(shared: Space, on_call: OnCall) -> None:
    serve(shared, "paused")
    shared.apply(monitor("paused", verification={"for": "10m"}))
    run = run_in(shared, "paused", "Verifying")
    shared.run("rollout", "pause", "deploy/paused")
    say(shared, run, abort=True)
    call = called(on_call, "RefitRollbackStuck", shared, "paused")
    assert "paused" in call.look()
    call.mend("rollout resume")
    call.until_over()


def test_a_rollback_that_another_owner_of_the_pointer_refuses(shared: Space, on_call: OnCall) -> None:
    serve(shared, "owned")
    shared.apply(monitor("owned", verification={"for": "10m"}))
    run = run_in(shared, "owned", "Verifying")
    new = shared.get("rr", run)["status"]["pointerChange"]["new"]
    own(shared, "owned", {CHECKPOINT: new})
    say(shared, run, abort=True)
    call = called(on_call, "RefitRollbackStuck", shared, "owned")
    assert 'owned by field manager "argocd"' in call.look()
    own(shared, "owned", {})
    call.mend("patch")
    call.until_over()


def own(space: Space, name: str, annotations: dict[str, str]) -> None:
    """Apply a target as a tool does that has it in Git, with these annotations of its pod template."""
    in_git = target(name, spec={"template": {"metadata": {"annotations": annotations}}})
    space.apply(in_git, flags=("--server-side", "--field-manager=argocd", "--force-conflicts"))


def test_a_promotion_that_nothing_confirms(shared: Space, on_call: OnCall) -> None:
    """Its metric is gone with what served before, whose last sample is read for a moment longer."""
    serve(shared, "unsure", promoted_quality="0.9")
    settled = {"for": "20s", "settle": "10s"}
    shared.apply(monitor("unsure", metric=quality("unsure", " < 0.6"), verification=settled))
    call = called(on_call, "RefitPromotionUnconfirmed", shared, "unsure")
    call.look()
    call.mend("annotate")
    call.until_over()


def test_a_pointer_that_a_person_changed(shared: Space, on_call: OnCall) -> None:
    serve(shared, "edited")
    shared.apply(monitor("edited"))
    run_in(shared, "edited", "Finished")
    edit = {"spec": {"template": {"metadata": {"annotations": {CHECKPOINT: THEIRS}}}}}
    shared.run("patch", "deploy", "edited", "--type=merge", "-p", json.dumps(edit))
    call = called(on_call, "RefitPointerOverruled", shared, "edited")
    (said,) = set(re.findall(r"refit\.dev/take-pointer='([^']+)'", call.look()))
    shared.run("annotate", "mmon", "edited", f"refit.dev/take-pointer={said}")
    call.until_over()


def test_a_breach_that_a_guard_holds(shared: Space, on_call: OnCall) -> None:
    guard = {"name": "labels-arrive", "query": "vector(0)", "atLeast": 1}
    shared.apply(*CLAIMS, idle_target("held"), monitor("held", guards=[guard]))
    call = called(on_call, "RefitBreachHeld", shared, "held")
    assert "guard labels-arrive: 0 < atLeast 1" in call.look()
    change(shared, "held", guards=[guard | {"query": "vector(2)"}])
    call.until_over()


def test_a_breach_that_is_only_observed(shared: Space, on_call: OnCall) -> None:
    shared.apply(*CLAIMS, idle_target("observed"), monitor("observed", mode="Observe"))
    call = called(on_call, "RefitBreachObserved", shared, "observed")
    call.look()
    call.mend("patch mmon")
    call.until_over()


def test_inputs_that_are_foreign_to_the_model(shared: Space, on_call: OnCall) -> None:
    drift = {"query": "vector(2)", "interval": "1s"}
    shared.apply(*CLAIMS, idle_target("foreign"), monitor("foreign", suspend=True, drift=drift))
    call = called(on_call, "RefitDriftSuspected", shared, "foreign")
    assert "'2'" in call.look()
    change(shared, "foreign", drift=drift | {"query": "vector(0.5)"})
    call.until_over()
