"""docs/how-to/gitops.md: its YAML is what the API, the policies and the samples say, and its words are the scripts'."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from refit_operator.api.monitor import ModelMonitor
from refit_operator.monitor.rules.status import BROKEN
from tests.gitops.argocd import ACTIONS
from tests.support.argocd import CUSTOMIZATIONS
from tests.support.flux import expressions

TEXT = Path("docs/how-to/gitops.md").read_text()
ACTIONS_PART = TEXT.partition("### Actions\n")[2]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
YAML = [document for kind, text in BLOCKS if kind == "yaml" for document in yaml.safe_load_all(text)]
BY_KIND = {document["kind"]: document for document in YAML if "kind" in document}
MADE = {"namespace": "shop", "uid": "uid", "creationTimestamp": "2026-11-24T08:00:00Z"}


def lacks(given: Any, kept: Any, path: str = "") -> list[str]:
    """Return the fields that the API doesn't know, or keeps otherwise."""
    if not isinstance(given, dict):
        return [] if given == kept else [path]
    if not isinstance(kept, dict):
        return [path]
    return [field for name, value in given.items() for field in lacks(value, kept.get(name), f"{path}.{name}")]


def test_every_document_is_checked_by_a_test_of_this_page() -> None:
    assert set(BY_KIND) == {"Application", "ModelMonitor", "Role", "RoleBinding"}
    assert [set(document) for document in YAML if "kind" not in document] == [{"healthCheckExprs"}]


def test_the_monitor_is_one_of_the_api() -> None:
    document = BY_KIND["ModelMonitor"]
    monitor = ModelMonitor.model_validate(document | {"metadata": document["metadata"] | MADE})
    assert lacks(document["spec"], monitor.spec.model_dump(mode="json", by_alias=True)) == []
    assert monitor.metadata.annotations == {"argocd.argoproj.io/sync-wave": "1"}


def test_a_field_that_the_api_doesnt_know_would_be_found() -> None:
    assert lacks({"metric": {"querry": "x"}}, {"metric": {"query": "x"}}) == [".metric.querry"]


def test_the_role_allows_what_the_policy_asks_and_argo_cds_account_has_it() -> None:
    (rule,) = BY_KIND["Role"]["rules"]
    (group,), (resource,), (verb,) = rule["apiGroups"], rule["resources"], rule["verbs"]
    asked = f"authorizer.group('{group}').resource('{resource}').namespace(request.namespace).check('{verb}').allowed()"
    policy = next(
        each
        for each in yaml.safe_load_all(Path("manifests/base/monitor-guard.yaml").read_text())
        if each["metadata"]["name"] == "refit-monitor-requester"
    )
    assert asked in [validation["expression"] for validation in policy["spec"]["validations"]]
    binding = BY_KIND["RoleBinding"]
    assert binding["roleRef"]["name"] == BY_KIND["Role"]["metadata"]["name"] == binding["metadata"]["name"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "argocd-server", "namespace": "argocd"}]


def test_the_application_and_the_role_are_of_the_monitors_namespace() -> None:
    assert BY_KIND["Application"]["spec"]["destination"]["namespace"] == BY_KIND["Role"]["metadata"]["namespace"]
    assert set(BY_KIND["Application"]["spec"]) == {"project", "source", "destination", "syncPolicy"}


def test_the_expressions_are_the_samples() -> None:
    (found,) = next(document for document in YAML if "healthCheckExprs" in document)["healthCheckExprs"]
    assert found == {"apiVersion": "refit.dev/v1alpha1", "kind": "ModelMonitor", **expressions()}


@pytest.mark.parametrize("kind", ACTIONS)
def test_the_page_lists_every_action(kind: str) -> None:
    rows = [line.split("|") for line in ACTIONS_PART.splitlines() if line.startswith(f"| {kind} |")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row[2])} == set(ACTIONS[kind])


def test_what_argo_cds_users_are_allowed_are_actions() -> None:
    allowed = re.findall(r"action/refit\.dev/(\w+)/(\w+),", TEXT)
    assert len(allowed) == 2
    for kind, action in allowed:
        assert (CUSTOMIZATIONS / kind / "actions" / action / "action.lua").exists()


def test_the_reasons_that_fail_a_sync_are_the_operators() -> None:
    (row,) = [line for line in TEXT.splitlines() if line.startswith("| `Stalled=True`")]
    assert set(re.findall(r"`(\w+)`", row.split("|")[1])) == BROKEN


@pytest.mark.parametrize("path", re.findall(r"manifests/gitops/[\w./-]+", TEXT))
def test_a_file_that_the_page_names_is_there(path: str) -> None:
    assert Path(path.rstrip(".")).exists()
