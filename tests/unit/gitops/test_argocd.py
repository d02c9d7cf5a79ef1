"""Argo CD's scripts, run as Argo CD runs them: its own test format, and every situation of a monitor and of a run."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import Outcome, RetrainRun
from refit_operator.target.rules.request import open_request, open_rollback
from tests.gitops.argocd import ACTIONS, FOLDER, KINDS, customizations, stale
from tests.support.argocd import CUSTOMIZATIONS, act, discover, health, run
from tests.support.gitops import AWAITING, MONITORS, UNDER_WAY, Document, created, ended
from tests.support.kstatus import Status, kstatus
from tests.support.samples import NOW

HEALTH = {
    Status.FAILED: {"Degraded"},
    Status.IN_PROGRESS: {"Progressing"},
    Status.CURRENT: {"Healthy", "Suspended"},
}


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def cases(file: str, part: str) -> list[Any]:
    """Return the tests of one of Argo CD's files for each kind, each with the folder that its paths start from."""
    found = []
    for kind in KINDS:
        path = CUSTOMIZATIONS / kind / file
        for case in read(path)[part]:
            name = f"{kind} {case.get('action', '')} {Path(case['inputPath']).stem}"
            found.append(pytest.param(path.parent, case, id=name))
    return found


@pytest.mark.parametrize(("folder", "case"), cases("health_test.yaml", "tests"))
def test_health_is_what_its_own_test_says(folder: Path, case: Document) -> None:
    assert health(read(folder / case["inputPath"])) == case["healthStatus"]


@pytest.mark.parametrize(("folder", "case"), cases("actions/action_test.yaml", "discoveryTests"))
def test_the_actions_are_those_that_their_own_test_says(folder: Path, case: Document) -> None:
    expected = {action["name"]: not action["disabled"] for action in case["result"]}
    assert discover(read(folder / case["inputPath"])) == expected


@pytest.mark.parametrize(("folder", "case"), cases("actions/action_test.yaml", "actionTests"))
def test_an_action_leaves_what_its_own_test_says(folder: Path, case: Document) -> None:
    before = read(folder / case["inputPath"])
    assert act(case["action"], before) == read(folder / case["expectedOutputPath"])
    assert discover(before)[case["action"]], "it may be chosen"


@pytest.mark.parametrize("name", MONITORS)
def test_health_fails_a_sync_where_kstatus_does(name: str) -> None:
    assert health(MONITORS[name])["status"] in HEALTH[kstatus(MONITORS[name])]


def test_only_a_suspended_monitor_is_suspended() -> None:
    found = {name for name, monitor in MONITORS.items() if health(monitor)["status"] == "Suspended"}
    assert found == {name for name, monitor in MONITORS.items() if monitor["spec"]["suspend"]}
    assert found


@pytest.mark.parametrize("name", UNDER_WAY)
def test_a_run_under_way_is_progressing(name: str) -> None:
    assert health(UNDER_WAY[name])["status"] == "Progressing"


def test_a_run_that_failed_or_was_rolled_back_is_degraded() -> None:
    degraded = {outcome for outcome in Outcome if health(ended(outcome))["status"] == "Degraded"}
    assert degraded == {Outcome.FAILED, Outcome.ROLLED_BACK}
    assert {health(ended(outcome))["status"] for outcome in set(Outcome) - degraded} == {"Healthy"}


def changed(before: Any, after: Any, path: str = "") -> list[str]:
    """Return the fields that differ."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return [path] if before != after else []
    names = [*before, *(name for name in after if name not in before)]
    return [field for name in names for field in changed(before.get(name), after.get(name), f"{path}.{name}")]


WRITES = {
    "suspend": [".spec.suspend"],
    "resume": [".spec.suspend"],
    "retrain": [".metadata.annotations.refit.dev/retrain-requested-at"],
    "rollback": [".metadata.annotations.refit.dev/rollback-requested-at"],
    "approve": [".spec.approval", ".spec.approvalBy"],
    "reject": [".spec.approval", ".spec.approvalBy"],
    "abort": [".spec.abort"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_action_changes_its_fields_alone(kind: str) -> None:
    for action, name in ACTIONS[kind].items():
        before = read(CUSTOMIZATIONS / kind / "testdata" / f"{name}.yaml")
        assert sorted(changed(before, act(action, before))) == WRITES[action]


def test_what_an_action_writes_is_what_the_operator_reads() -> None:
    monitor = read(CUSTOMIZATIONS / "ModelMonitor/testdata/served-by-a-run.yaml")
    asked = ModelMonitor.model_validate(act("retrain", act("rollback", monitor))).metadata
    assert open_request(asked, (), NOW) == open_rollback(asked, (), NOW) == NOW
    assert ModelMonitor.model_validate(act("suspend", monitor)).spec.suspend
    assert not ModelMonitor.model_validate(act("resume", act("suspend", monitor))).spec.suspend
    approvals = [RetrainRun.model_validate(act(word, AWAITING)).spec.approval for word in ("approve", "reject")]
    assert approvals == ["Approved", "Rejected"]
    assert RetrainRun.model_validate(act("abort", AWAITING)).spec.abort


def test_an_annotation_that_is_there_stays() -> None:
    monitor = created()
    monitor["metadata"] = monitor["metadata"] | {"annotations": {"team": "shop"}}
    after = act("retrain", monitor)["metadata"]["annotations"]
    assert after == {"team": "shop", "refit.dev/retrain-requested-at": "2026-11-24T12:00:00Z"}


def test_what_is_generated_fits_the_scripts_and_the_operator() -> None:
    assert stale() == [], "run `python -m tests.gitops.argocd`"


def test_the_settings_hold_every_script() -> None:
    data = read(FOLDER / "argocd-cm.yaml")["data"]
    assert data == customizations()["data"]
    for kind in KINDS:
        actions = yaml.safe_load(data[f"resource.customizations.actions.refit.dev_{kind}"])
        folders = {path.parent.name for path in (CUSTOMIZATIONS / kind / "actions").glob("*/action.lua")}
        assert {definition["name"] for definition in actions["definitions"]} == folders
        offered = run(actions["discovery.lua"], created() if kind == "ModelMonitor" else AWAITING)
        assert set(offered) == folders


@pytest.mark.parametrize("script", ["return string.len('a')", "return ('a'):len()", "return io.open('/etc/passwd')"])
def test_the_interpreter_lacks_what_argo_cds_lacks(script: str) -> None:
    with pytest.raises(Exception, match="attempt to index"):
        run(script, {})
