"""Every alert, evaluated by promtool: quiet while nothing is wrong, and firing with the labels that say of what."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import yaml

from localcluster.paths import CHECKOUT
from tests.wire.alerts.cases import CASES, Case

RULES = CHECKOUT / "manifests" / "monitoring" / "rules.yaml"
WHOSE = ("namespace", "monitor", "job", "instance")
"""Labels of where a series comes from; those of what it says stand in its name."""


@pytest.fixture(autouse=True)
def _has_promtool() -> Iterator[None]:
    if not which("promtool"):
        pytest.skip("needs the promtool binary")
    yield


def promtool(*arguments: str | Path) -> str:
    """Run it, and return what it printed; fails where it found something."""
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def severities() -> dict[str, str]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule["labels"]["severity"] for group in groups for rule in group["rules"]}


def alert_of(case: str) -> str:
    """Return the name of the alert that a case is of."""
    return case.partition(":")[0]


def labelled(name: str, labels: dict[str, str]) -> str:
    """Return a series by its name, which may have labels of its own already, and these."""
    bare, _, own = name.rstrip("}").partition("{")
    texts = [*([own] if own else []), *(f'{key}="{value}"' for key, value in labels.items() if f"{key}=" not in own)]
    return f"{bare}{{{','.join(texts)}}}"


def as_promtool_has_it(alert: str, case: Case) -> dict[str, Any]:
    """Return the file of a test: that the alert fires is a series of its own, ALERTS."""
    whose = {key: value for key, value in case.labels.items() if key in WHOSE}
    firing = {"alertname": alert, "alertstate": "firing", "severity": severities()[alert]} | case.alerted
    query = f'ALERTS{{alertname="{alert}",alertstate="firing"}}'
    test = {
        "name": alert,
        "interval": "1m",
        "input_series": [{"series": labelled(name, whose), "values": values} for name, values in case.series.items()],
        "promql_expr_test": [
            {"expr": query, "eval_time": case.quiet, "exp_samples": []},
            {
                "expr": query,
                "eval_time": case.fires,
                "exp_samples": [{"labels": labelled("ALERTS", firing), "value": 1}],
            },
        ],
    }
    return {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [test]}


def test_the_rules_are_good_ones() -> None:
    assert "SUCCESS" in promtool("check", "rules", RULES)


@pytest.mark.parametrize("name", CASES)
def test_an_alert_is_quiet_before_and_fires_when_it_should(name: str, tmp_path: Path) -> None:
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump(as_promtool_has_it(alert_of(name), CASES[name])))
    assert "SUCCESS" in promtool("test", "rules", file)


def test_every_alert_has_its_case() -> None:
    assert {alert_of(name) for name in CASES} == set(severities())
