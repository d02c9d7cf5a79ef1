"""kubectl refit on the real node: what it reads of a run that waits, and what it writes."""

import json

import pytest

from refit_cli.exits import Exit
from refit_cli.lint.command import lint_text
from tests.support.cluster.kubectl import ROOT, Space, kubectl
from tests.support.cluster.objects import idle_target
from tests.support.cluster.plugin import refit
from tests.support.cluster.runs import active_run, finished, run_number, start


def test_a_run_is_looked_at_from_all_sides_and_rejected(space: Space) -> None:
    start(space, idle_target(), mode="Approve")
    name = active_run(space, "AwaitingApproval")

    told = refit(space, "status", "reviews", "-o", "json").data
    holds = [check["check"] for check in told["checks"] if check["answer"] == "holds"]
    assert (told["activeRun"], holds[0]) == (name, "RunActive")
    assert f"kubectl refit approve {name}" in refit(space, "why", name).out
    (tree,) = refit(space, "get", "-o", "json").data
    (run,) = tree["children"]
    assert (run["name"], [job["state"] for job in run["children"]]) == (name, ["Complete"])
    assert [pod["kind"] for pod in run["children"][0]["children"]] == ["Pod"]
    logs = refit(space, "logs", "reviews")
    assert logs.code == Exit.OK and "train <==" in logs.out and "judge <==" in logs.out

    assert "(dry run)" in refit(space, "reject", name, "--dry-run").out
    assert "approval" not in space.get("rr", name)["spec"]
    assert refit(space, "reject", "reviews").code == Exit.OK
    assert finished(run_number(space, 1)) == ("Rejected", "ApprovalRefused")
    again = refit(space, "approve", name)
    assert again.code == Exit.CONFLICT and "which cannot be changed" in again.out
    history = refit(space, "history", "reviews", "-o", "json").data
    assert [(run["outcome"], run["reason"]) for run in history] == [("Rejected", "ApprovalRefused")]
    shown = json.loads(space.run("get", "rr", name, "-o", "json", "--show-managed-fields"))
    managers = {entry["manager"] for entry in shown["metadata"]["managedFields"]}
    assert "refit-cli" in managers


def test_a_requested_run_starts_waits_while_suspended_and_is_aborted(space: Space) -> None:
    start(space, idle_target(), mode="Approve", suspend=True, policy={"maxRuns": {"count": 3}})
    space.wait("mmon/reviews", ".status.state", "Suspended")
    assert "it waits (Suspended)" in refit(space, "retrain", "reviews").out
    assert "requested already" in refit(space, "retrain", "reviews").out
    assert refit(space, "resume", "reviews").code == Exit.OK
    name = active_run(space, "AwaitingApproval")
    assert space.get("rr", name)["spec"]["trigger"]["reason"] == "Manual"
    assert refit(space, "abort", "reviews").code == Exit.OK
    assert finished(run_number(space, 1)) == ("Aborted", "Aborted")
    assert refit(space, "rollback", "reviews").code == Exit.CONFLICT


def test_the_doctor_says_what_keeps_a_monitor_from_working(space: Space) -> None:
    start(space, idle_target(), mode="Observe", training={"resources": {"limits": {"example.com/none": 1}}})
    space.wait_condition("mmon/reviews", "Ready", "Monitoring")
    told = refit(space, "doctor", "reviews", "-o", "json")
    found = {each["check"]: each["result"] for each in told.data}
    assert told.code == Exit.FOUND and found["example.com/none"] == "fail"
    assert (found["operator"], found["target"], found["pointer"], found["pod of a run"]) == ("ok",) * 4
    assert found["claim feedback"] != "fail"


def test_what_is_not_there_is_said(space: Space) -> None:
    missing = refit(space, "status", "nothing")
    assert missing.code == Exit.NOT_FOUND and "no ModelMonitor 'nothing' in namespace" in missing.out


SAMPLES = sorted(path.parent.name for path in (ROOT / "manifests" / "samples").glob("*/monitor.yaml"))


@pytest.mark.parametrize("sample", SAMPLES)
def test_lint_finds_nothing_in_a_sample_as_it_is_rendered(sample: str) -> None:
    assert lint_text(sample, kubectl("kustomize", str(ROOT / "manifests" / "samples" / sample))) == (1, [])
