"""The commands as they are called: options, output and exit codes. What they read is tests/support's stand-in."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from refit_cli import action_commands, history, report, status, tree, why
from refit_cli.__main__ import app
from refit_cli.exits import Exit, Failed
from tests.support.cli import Objects
from tests.support.monitors import finished, seen
from tests.support.samples import make_run

READING = (status, why, tree, history)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Objects:
    made = Objects.of(seen(runs=(finished(300), make_run(2, mode="Approve"))))
    for module in (*READING, action_commands):
        monkeypatch.setattr(module, "connect", lambda namespace, context, kubeconfig: made)
    return made


def run(*words: str) -> str:
    result = CliRunner().invoke(app, words, env={"COLUMNS": "160"}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    "words",
    [("status", "reviews"), ("why", "reviews"), ("get",), ("get", "-A"), ("history", "mmon/reviews")],
)
def test_a_screen_is_printed_in_every_format(api: Objects, words: tuple[str, ...]) -> None:
    name = make_run(2).metadata.name
    assert name in run(*words, "-n", "shop") and name in run(*words, "-o", "wide", "--context", "one")
    assert json.loads(run(*words, "-o", "json")) == yaml.safe_load(run(*words, "-o", "yaml"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("retrain", "reviews"), "modelmonitor/reviews run requested; it waits (RunActive)"),
        (("suspend", "mmon/reviews"), "modelmonitor/reviews suspended"),
        (("resume", "reviews"), "is not suspended already"),
        (("rollback", "reviews"), "ends the run under way"),
        (("take", "reviews"), "nothing to take"),
        (("approve", "reviews", "--reason", "looks right"), "approved"),
        (("reject", make_run(2).metadata.name), "rejected"),
        (("abort", "reviews"), "aborted"),
    ],
)
def test_an_action_says_what_it_did(api: Objects, words: tuple[str, ...], said: str) -> None:
    assert said in run(*words)
    assert set(json.loads(run(*words, "-o", "json"))) == {"object", "changed", "message"}


def test_a_dry_run_changes_nothing_and_says_so(api: Objects) -> None:
    assert run("suspend", "reviews", "--dry-run").endswith("finishes (dry run)\n")
    assert "already" not in run("suspend", "reviews")


def test_a_report_ends_with_a_command_that_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = {"gate": {"metric": "accuracy", "candidate": "0.9", "served": "0.8"}}
    made = Objects.of(seen(runs=(finished(5, status={"result": gate}),)))
    monkeypatch.setattr(report, "connect", lambda namespace, context, kubeconfig: made)
    result = CliRunner().invoke(app, ["report", "reviews"], env={"COLUMNS": "60"}, catch_exceptions=False)
    assert result.output.splitlines()[-1].startswith(
        "kubectl exec -n shop deployment/reviews -c server -- cat /models/"
    )
    assert result.output.splitlines()[-1].endswith(f"> {make_run(1).metadata.name}.html")


def test_what_is_not_there_fails(api: Objects) -> None:
    with pytest.raises(Failed, match="no ModelMonitor 'orders'"):
        run("get", "orders")


def test_a_name_of_all_namespaces_is_refused(api: Objects) -> None:
    with pytest.raises(Failed, match="reviews is in one namespace: name it by -n") as refused:
        run("get", "reviews", "-A")
    assert refused.value.code is Exit.USAGE


def test_help_names_every_command() -> None:
    said = run("--help")
    for command in (
        "get",
        "status",
        "why",
        "history",
        "logs",
        "timeline",
        "doctor",
        "gitops",
        "lint",
        "simulate",
        "retrain",
    ):
        assert f" {command} " in said
