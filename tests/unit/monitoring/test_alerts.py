"""Every alert asks for metrics and words that there are, and has a runbook; every runbook has its alert."""

import re
from typing import Any

import pytest
import yaml

from localcluster.paths import CHECKOUT
from refit_operator.prometheus.rules.promql import parse_query
from tests.monitoring.__main__ import FOLDER, files
from tests.support.exported import unknown_metrics, wrong_words

RUNBOOKS = ("docs/runbooks/operator.md", "docs/runbooks/monitors.md")


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "rules.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


ALERTS = [pytest.param(rule, id=rule["alert"]) for rule in rules()]


@pytest.mark.parametrize("rule", ALERTS)
def test_an_alert_asks_for_what_is_exported(rule: dict[str, Any]) -> None:
    parse_query(rule["expr"])
    assert re.search(r"\brefit_\w+", rule["expr"])
    assert unknown_metrics(rule["expr"]) == set() and wrong_words(rule["expr"]) == []


def test_a_metric_or_a_word_that_there_is_not_is_found() -> None:
    query = 'refit_monitor_gone{outcome="Failed"} > refit_monitor_runs{outcome="Fialed",reason=~"GaveUp|GivenUp"}'
    assert unknown_metrics(query) == {"refit_monitor_gone"}
    assert wrong_words(query) == ["outcome=Fialed", "reason=GivenUp"]


@pytest.mark.parametrize("rule", ALERTS)
def test_an_alert_says_how_bad_it_is_and_what_is_wrong(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert rule["annotations"]["summary"].endswith(".")
    page, _, part = rule["annotations"]["runbook"].partition("#")
    assert page in RUNBOOKS and part == rule["alert"].lower()


def test_alerts_and_runbooks_are_one_to_one() -> None:
    pages = {page: re.findall(r"^## (.+)$", (CHECKOUT / page).read_text(), re.MULTILINE) for page in RUNBOOKS}
    named = [(rule["annotations"]["runbook"].partition("#")[0], rule["alert"]) for rule in rules()]
    assert named == [(page, heading) for page, headings in pages.items() for heading in headings]


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in files()])
def test_what_is_generated_is_up_to_date(path: Any) -> None:
    assert path.read_text() == files()[path]


def test_the_operator_has_the_alerts_of_the_file() -> None:
    resource = yaml.safe_load((FOLDER / "prometheusrule.yaml").read_text())
    assert [rule for group in resource["spec"]["groups"] for rule in group["rules"]] == rules()


def read(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((CHECKOUT / "manifests" / name).read_text()))


def test_every_process_of_the_operator_is_scraped_and_its_labels_are_kept() -> None:
    monitor, deployment = read("monitoring/podmonitor.yaml"), read("base/deployment.yaml")
    assert (monitor["kind"], monitor["metadata"]["namespace"]) == ("PodMonitor", deployment["metadata"]["namespace"])
    assert monitor["spec"]["selector"] == deployment["spec"]["selector"]
    (endpoint,), pod = monitor["spec"]["podMetricsEndpoints"], deployment["spec"]["template"]
    (port,) = [one for one in pod["spec"]["containers"][0]["ports"] if one["name"] == endpoint["port"]]
    assert str(port["containerPort"]) == pod["metadata"]["annotations"]["prometheus.io/port"]
    assert endpoint["honorLabels"] is True


def test_every_resource_of_the_folder_is_applied() -> None:
    found = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml", "rules.yaml"}
    assert found == set(read("monitoring/kustomization.yaml")["resources"])


def test_the_dashboard_is_in_the_config_map_that_grafanas_sidecar_loads() -> None:
    (generated,) = read("monitoring/kustomization.yaml")["configMapGenerator"]
    assert generated["files"] == ["refit.json=dashboard.json"] and (FOLDER / "dashboard.json").exists()
    assert generated["options"]["labels"] == {"grafana_dashboard": "1"}
