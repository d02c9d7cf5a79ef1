"""why, get, history and logs: what they show of runs in every stage."""

import json
from datetime import timedelta
from typing import Any

import pytest
from rich.markup import escape

from refit_cli import history, tree, why
from refit_cli.logs import has_begun, stretches
from refit_cli.output import span, table
from refit_cli.run_answers import OF_THE_OPERATOR, deadlines, facts, next_step, steps
from refit_cli.tree import NEWEST, build, rows
from refit_operator.api.durations import format_duration
from refit_operator.run.rules.decide import CHECKS
from refit_operator.run.rules.decision import Observed
from refit_operator.run.rules.views.job import JobState
from tests.support import shadows
from tests.support.cli import Objects, document_of, text_of
from tests.support.monitors import finished as ended
from tests.support.monitors import seen as seen_monitor
from tests.support.runs import ACCEPTED, NEW, RECORDED, ROLLED_OUT, STARTED, TRAINED, WRITTEN, job, seen
from tests.support.samples import NOW, make_monitor, make_run

STAGES: dict[str, tuple[Observed, str]] = {
    "before its Job": (seen(), "create_job"),
    "training": (seen(STARTED, job(JobState.TRAINING)), "await_job"),
    "judged": (seen(TRAINED), "evaluate_gate"),
    "accepted": (seen(ACCEPTED), "record_change"),
    "recorded": (seen(RECORDED), "write_pointer"),
    "rolling out": (seen(WRITTEN, live=NEW), "await_rollout"),
    "verifying": (seen(ROLLED_OUT | {"stage": "Verifying"}, live=NEW), "await_readings"),
    "ended": (seen({"outcome": "Failed"}), "finished"),
}


@pytest.mark.parametrize("stage", STAGES)
def test_why_names_the_check_that_answers(stage: str) -> None:
    o, check = STAGES[stage]
    answering = [step for step in steps(o) if step.answers]
    assert [step.check for step in answering] == [check]


def test_what_only_the_operator_knows_is_named_as_such() -> None:
    assert set(OF_THE_OPERATOR) <= {check.__name__ for check in CHECKS}
    unknown = {step.check for step in steps(STAGES["verifying"][0]) if not step.known}
    assert {"regressed", "confirm_early"} <= unknown


DURING_A_SHADOW: dict[str, tuple[dict[str, Any], list[str], tuple[str, str]]] = {
    "its pod starts": (
        shadows.RECORDED,
        ["shadow_not_started", "create_shadow", "await_shadow"],
        ("serving.rolloutDeadline", "9m"),
    ),
    "it is late": (
        shadows.LATE,
        ["shadow_not_started", "create_shadow", "await_shadow"],
        ("serving.rolloutDeadline", "0s"),
    ),
    "it answers": (
        shadows.ANSWERS,
        ["shadow_crashed", "create_shadow", "await_answers"],
        ("verification.shadow.for", "5m"),
    ),
    "its time is over": (
        shadows.OVER,
        [
            "shadow_crashed",
            "shadow_not_measured",
            "shadow_disagrees",
            "shadow_less_accurate",
            "shadow_slower",
            "pass_shadow",
            "await_answers",
        ],
        ("serving.rolloutDeadline", "10m"),
    ),
    "it is removed": (shadows.PASSED, ["remove_shadow"], ("", "")),
}


@pytest.mark.parametrize("moment", DURING_A_SHADOW)
def test_nothing_is_made_up_of_a_shadow(moment: str) -> None:
    status, unknown, (bound, left) = DURING_A_SHADOW[moment]
    o = shadows.watching(status | {"stage": "Shadowing", "message": "the operator's words"})
    found = steps(o)
    assert [step.check for step in found if not step.known] == ["superseded", *unknown]
    assert not [step.check for step in found if step.answers] and found[-1].check == unknown[-1]
    assert found[-1].message.endswith("; it says: the operator's words")
    assert [(field, format_duration(time)) for field, time in deadlines(o)] == ([(bound, left)] if bound else [])
    assert next_step(o).startswith("Once its answers to copies of live requests are good enough")


def test_before_and_after_a_shadow_the_checks_answer() -> None:
    before = shadows.watching(ACCEPTED | {"stage": "Judging"}, spec={"mode": "Approve"})
    assert [step.check for step in steps(before) if step.answers] == ["record_shadow"]
    assert "approval" not in next_step(before)
    after = shadows.watching(shadows.PASSED | {"stage": "AwaitingApproval"}, spec={"mode": "Approve"})
    assert [step.check for step in steps(after) if step.answers] == ["await_approval"]


def test_a_shadow_that_is_refused_is_known_to_end_the_run() -> None:
    shadow = {"startTime": shadows.ago(minutes=1), "refused": "no port"}
    o = shadows.watching(shadows.shadowed("Unknown", **shadow) | {"stage": "Shadowing"})
    assert [(step.check, step.message) for step in steps(o) if step.answers] == [("shadow_not_started", "no port")]


def test_the_times_of_a_shadow_are_among_what_happened() -> None:
    words = [what for _, what in facts(shadows.watching(shadows.ANSWERS).run)]
    assert "shadow recorded" in words and "shadow ready: it answers copies of live requests" in words


def test_what_happened_at_the_same_time_is_in_the_order_of_a_run() -> None:
    run = make_run(status={"outcome": "Restored", "rolledOutTime": NOW, "completionTime": NOW})
    assert [what for _, what in facts(run)][-2:] == ["rolled out", "ended: Restored"]


def test_the_screen_of_a_run_has_times_conditions_and_what_is_left() -> None:
    o = STAGES["verifying"][0]
    text = text_of(why.render(o))
    assert "Verifying" in text and "rolled out" in text and "Accepted" in text
    assert "10m are left of verification.for" in text
    assert "only the operator knows the readings since the rollout" in text
    assert "end_job" not in text and "end_job" in text_of(why.render(o, wide=True))


def test_a_run_that_waits_for_approval_says_how_to_approve_it() -> None:
    run = make_run(1, mode="Approve", status=ACCEPTED | {"stage": "AwaitingApproval"})
    api = Objects.of(seen_monitor(runs=(run,)))
    text = text_of(why.render(why.observe(api, run)))
    assert f"kubectl refit approve {run.metadata.name}" in text
    assert json.dumps(why.to_json(why.observe(api, run)))


POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "reviews-2-pod",
        "namespace": "shop",
        "uid": "pod-uid",
        "creationTimestamp": "2026-11-24T11:50:30Z",
    },
    "spec": {
        "nodeName": "node-1",
        "initContainers": [{"name": "train"}],
        "containers": [{"name": "judge"}, {"name": "istio-proxy"}],
    },
    "status": {
        "phase": "Pending",
        "initContainerStatuses": [{"name": "train", "state": {"running": {"startedAt": "2026-11-24T11:51:00Z"}}}],
        "containerStatuses": [{"name": "judge", "state": {"waiting": {"reason": "PodInitializing"}}}],
    },
}


def owned(document: dict[str, Any], owner: str, run: str) -> dict[str, Any]:
    reference = {"kind": "x", "name": "x", "uid": owner, "controller": True}
    meta = document["metadata"] | {"ownerReferences": [reference], "labels": {"refit.dev/run": run}}
    return document | {"metadata": meta}


def training() -> tuple[Objects, str]:
    """Return a monitor whose second run trains, as its objects are."""
    run = make_run(
        2, status=STARTED | {"stage": "Training", "progress": {"percentage": 40, "time": "2026-11-24T11:59:00Z"}}
    )
    name = run.metadata.name
    a_job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "shop", "uid": "job-uid", "creationTimestamp": "2026-11-24T11:50:00Z"},
        "status": {"active": 1},
    }
    below = (owned(a_job, "run-2-uid", name), owned(POD, "job-uid", name))
    return Objects.of(seen_monitor(runs=(ended(300), run)), *below), name


def test_the_tree_leads_from_the_monitor_to_the_pod() -> None:
    api, name = training()
    lines = [(line[0], line[1]) for line in rows(tree.read(api, "reviews", NEWEST), NOW, wide=False)]
    assert lines == [
        ("[dim][/]ModelMonitor/[bold]reviews[/]", "[cyan]Training[/]"),
        (f"[dim]├─ [/]RetrainRun/{name}", "[cyan]Training[/]"),
        (f"[dim]│  └─ [/]Job/{name}", "[green]Running[/]"),
        ("[dim]│     └─ [/]Pod/reviews-2-pod", "Pending"),
        (f"[dim]└─ [/]RetrainRun/{make_run(1).metadata.name}", "Rejected"),
    ]
    text = text_of(tree.screen(api, "", NEWEST, wide=False))
    assert "40 % trained" in text and "train runs, judge waits (PodInitializing), on node-1" in text


def test_the_newest_runs_are_shown() -> None:
    runs = [document_of("RetrainRun", ended(600 - 10 * n, ordinal=n)) for n in range(1, 6)]
    (node,) = build([document_of("ModelMonitor", make_monitor())], (runs, [], []), newest=2)
    assert [child.name for child in node.children] == [make_run(n).metadata.name for n in (5, 4)]
    assert build([document_of("ModelMonitor", make_monitor())], (runs, [], []), newest=0)[0].children == ()
    assert node.to_json()["children"][0]["kind"] == "RetrainRun"


def test_those_of_all_namespaces_say_in_which_they_are() -> None:
    api, _ = training()
    assert "NAMESPACE" not in text_of(tree.screen(api, "", NEWEST, wide=False))
    api.namespace = ""
    lines = text_of(tree.screen(api, "", NEWEST, wide=False)).splitlines()
    assert [line.split()[0] for line in lines] == ["NAMESPACE", *["shop"] * 5]
    (node,) = tree.read(api, "", NEWEST)
    assert node.to_json()["namespace"] == node.to_json()["children"][0]["namespace"] == "shop"


def test_another_monitors_runs_are_not_shown() -> None:
    run = document_of("RetrainRun", make_run(1))
    run["metadata"]["ownerReferences"][0]["uid"] = "of another"
    assert build([document_of("ModelMonitor", make_monitor())], ([run], [], []))[0].children == ()


def test_history_is_a_line_for_each_run() -> None:
    gate = {"metric": "accuracy", "candidate": "0.9101", "served": "0.782"}
    run = ended(5, "Promoted", 7, status={"result": {"gate": gate}, "message": "confirmed [here]"})
    line = history.row(run, wide=True)
    assert line[:6] == (run.metadata.name, "11-24 11:45", "10m", "0.9101", "0.782", "Promoted")
    assert line[7] == "MetricBreached 0.8"
    shown = text_of(table(*history.COLUMNS, rows=[history.row(run, wide=False)], flexible="REASON"), width=80)
    assert shown.splitlines()[1].split()[:7] == [
        run.metadata.name,
        "11-24",
        "11:45",
        "10m",
        "0.9101",
        "0.782",
        "Promoted",
    ]
    assert line[-1] == escape("confirmed [here]")
    assert history.to_json(run)["outcome"] == "Promoted"


def test_logs_are_the_trainers_and_then_the_judges() -> None:
    found = stretches([POD])
    assert [container for _, container in found] == ["train", "judge"]
    assert [has_begun(*each) for each in found] == [True, False]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (90, "1m30s"), (660, "11m"), (3600, "1h"), (9000, "2h30m"), (200000, "2d7h")],
)
def test_ages_are_as_kubectls(seconds: int, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words


def test_only_the_flexible_column_is_broken() -> None:
    text = text_of(
        table("NAME", "MESSAGE", rows=[("a-name-that-is-long", "words " * 30)], flexible="MESSAGE"), width=60
    )
    assert "a-name-that-is-long" in text and max(map(len, text.splitlines())) <= 60
