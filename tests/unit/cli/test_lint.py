"""What lint says of broken monitors: a row each. All are the same good one, changed in one place."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from localcluster.paths import CHECKOUT
from refit_cli.__main__ import app
from refit_cli.lint.command import lint_text
from refit_cli.lint.findings import Finding
from refit_cli.lint.monitor import lint
from tests.support.samples import merge, monitor_document

GOOD = monitor_document()
RATIO = {"good": 'right_total{app="reviews"}', "total": 'judged_total{app="reviews"}'}
AS_RATIO = {"query": None, "ratio": RATIO}
SUM = "sum(rate(ok[10m])) / sum(rate(judged[10m]))"


def without_nothing(value: Any) -> Any:
    """Return a document without the fields that are None: they stand for fields to leave out."""
    if isinstance(value, dict):
        return {key: without_nothing(part) for key, part in value.items() if part is not None}
    return [without_nothing(part) for part in value] if isinstance(value, list) else value


def changed(spec: dict[str, Any], **top: Any) -> dict[str, Any]:
    document: dict[str, Any] = without_nothing(merge(merge(GOOD, {"spec": spec}), top))
    return document


BROKEN: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "a version of another time": (changed({}, apiVersion="refit.dev/v1beta1"), "unknown-version", "apiVersion", "v1al"),
    "a kind that isn't": (changed({}, kind="ModelMonitr"), "unknown-kind", "kind", "ModelMonitor"),
    "a run by hand": (changed({}, kind="RetrainRun"), "kind", "kind", "the operator creates"),
    "no training": (changed({"training": None}), "missing-field", "spec.training", "required"),
    "no image": (changed({"training": {"image": None}}), "missing-field", "spec.training.image", "required"),
    "a field in snake case": (
        changed({"policy": {"give_up_after": 2}}),
        "unknown-field",
        "spec.policy.give_up_after",
        "did you mean giveUpAfter?",
    ),
    "a field in the wrong place": (changed({"threshold": 0.8}), "unknown-field", "spec.threshold", "no such field"),
    "a number in quotes": (
        changed({"metric": {"threshold": "0.85"}}),
        "wrong-type",
        "spec.metric.threshold",
        "take the quotes away",
    ),
    "a number where text is needed": (
        changed({"training": {"hyperparameters": {"epochs": 3}}}),
        "wrong-type",
        "spec.training.hyperparameters.epochs",
        "quote it",
    ),
    "days": (changed({"policy": {"cooldown": "1d"}}), "schema", "spec.policy.cooldown", "there are no days"),
    "a mode that isn't": (changed({"mode": "auto"}), "unknown-value", "spec.mode", "Observe, Approve, Auto"),
    "more breaches than readings": (
        changed({"metric": {"breaches": {"count": 6, "outOf": 5}}}),
        "cel",
        "spec.metric.breaches",
        "count must not exceed outOf",
    ),
    "query and ratio": (changed({"metric": {"ratio": RATIO}}), "cel", "spec.metric", "exactly one of query and ratio"),
    "an interval of a ratio": (
        changed({"metric": AS_RATIO | {"interval": "5m"}}),
        "cel",
        "spec.metric",
        "interval goes with query",
    ),
    "a threshold of a ratio above 1": (
        changed({"metric": AS_RATIO | {"threshold": 85}}),
        "cel",
        "spec.metric",
        "must be below 1",
    ),
    "recovery on the bad side": (
        changed({"metric": {"recoverAt": 0.8}}),
        "cel",
        "spec.metric",
        "recoverAt must be on the good side",
    ),
    "settling longer than verifying": (
        changed({"verification": {"for": "10m", "settle": "20m"}}),
        "cel",
        "spec.verification",
        "settle must be shorter",
    ),
    "a history that is too short": (
        changed({"historyLimit": 2}),
        "cel",
        "spec",
        "historyLimit must be at least policy.giveUpAfter",
    ),
    "a margin beside a tolerance": (
        changed({"gate": {"accept": "NotWorse", "tolerance": 0.01, "margin": 0.1}}),
        "cel",
        "spec.gate",
        "margin needs accept Better",
    ),
    "a holdout on the claim of the rows": (
        changed({"training": {"dataset": {"holdout": "pvc://feedback/held"}}}),
        "cel",
        "spec.training.dataset",
        "claim",
    ),
    "a guard without a bound": (
        changed({"guards": [{"name": "up", "query": "min(up)"}]}),
        "cel",
        "spec.guards[0]",
        "exactly one of atLeast and atMost",
    ),
    "a name that is too long": (
        changed({}, metadata={"name": "a" * 41}),
        "cel",
        "metadata.name",
        "at most 40 long",
    ),
    "a target of another API": (
        changed({"serving": {"targetRef": {"kind": "Rollout"}}}),
        "cel",
        "spec.serving.targetRef",
        "Rollout has apiVersion argoproj.io/v1alpha1",
    ),
    "a query that doesn't parse": (
        changed({"metric": {"query": "sum(rate(ok[10m])"}}),
        "promql",
        "spec.metric.query",
        "",
    ),
    "a variable that isn't": (
        changed({"metric": {"query": 'sum(rate(ok{app="$(app)"}[10m]))'}}),
        "promql",
        "spec.metric.query",
        "there is no variable $(app)",
    ),
    "a selector with a range": (
        changed({"metric": AS_RATIO | {"ratio": RATIO | {"good": "right_total[5m]"}}}),
        "promql",
        "spec.metric.ratio.good",
        "one series selector",
    ),
    "nothing to start from": (
        changed({"serving": {"initialModel": None}}),
        "InvalidSpec",
        "spec",
        "set serving.initialModel or training.baseModel",
    ),
    "a holdout among the rows of a bucket": (
        changed({"training": {"dataset": {"train": "s3://data/rows", "holdout": "s3://data/rows/held"}}}),
        "InvalidSpec",
        "spec.training.dataset.holdout",
        "hold the same rows",
    ),
    "false runs allowed too often": (
        changed({"metric": AS_RATIO | {"falseRuns": {"atMost": 100, "per": "24h"}}}),
        "InvalidSpec",
        "spec.metric.falseRuns",
        "at least 10 are needed",
    ),
    "zero for what is missing": (
        changed({"metric": {"query": f"{SUM} or vector(0)"}}),
        "absence-hidden",
        "spec.metric.query",
        "vector(0)",
    ),
    "a constant": (changed({"metric": {"query": "vector(1)"}}), "constant", "spec.metric.query", "reads no series"),
    "no aggregation": (
        changed({"metric": {"query": "rate(ok[10m])"}}),
        "several-series",
        "spec.metric.query",
        "sum(…)",
    ),
    "groups": (
        changed({"metric": {"query": "sum by (pod) (rate(ok[10m]))"}}),
        "several-series",
        "spec.metric.query",
        "leave by",
    ),
    "a counter as it is": (
        changed({"metric": {"query": "sum(right_total) / sum(judged_total)", "interval": "10m"}}),
        "counter-without-rate",
        "spec.metric.query",
        "right_total counts since its process started",
    ),
    "a range of few samples": (
        changed({"metric": {"query": SUM.replace("10m", "30s"), "interval": "1m"}}),
        "range-too-short",
        "spec.metric.query",
        "[30s]",
    ),
    "a ratio of itself": (
        changed({"metric": AS_RATIO | {"ratio": RATIO | {"good": RATIO["total"]}}}),
        "ratio-of-itself",
        "spec.metric.ratio.good",
        "always 1",
    ),
    "a ratio of two apps": (
        changed({"metric": AS_RATIO | {"ratio": RATIO | {"good": 'right_total{app="orders"}'}}}),
        "ratio-of-others",
        "spec.metric.ratio.good",
        'app="reviews"',
    ),
    "another namespace's series": (
        changed({"metric": {"query": 'sum(rate(ok{namespace="bank"}[10m]))'}}),
        "other-namespace",
        "spec.metric.query",
        "the monitor is in shop",
    ),
    "a threshold out of bounds": (
        changed({"metric": {"bounds": {"min": 0, "max": 0.8}}}),
        "threshold-out-of-range",
        "spec.metric.threshold",
        "0.85 is outside of metric.bounds 0…0.8",
    ),
    "a threshold in per cent": (
        changed({"metric": {"threshold": 85}}),
        "threshold-out-of-range",
        "spec.metric.threshold",
        "write 0.85",
    ),
    "an error rate from below": (
        changed({"metric": {"name": "error_rate"}}),
        "direction",
        "spec.metric.direction",
        "direction Above?",
    ),
    "a gate that prefers loss": (
        changed({"gate": {"metric": "loss", "direction": "Higher"}}),
        "direction",
        "spec.gate.direction",
        "lower values are better",
    ),
    "a cooldown shorter than the interval": (
        changed({"policy": {"cooldown": "1m"}}),
        "cooldown-too-short",
        "spec.policy.cooldown",
        "1m is shorter than the 10m between readings",
    ),
    "a budget that holds nothing": (
        changed({"policy": {"cooldown": "12h"}}),
        "budget-without-effect",
        "spec.policy.maxRuns",
        "cooldown 12h",
    ),
    "readings that overlap": (
        changed({"metric": {"interval": "1m"}}),
        "readings-overlap",
        "spec.metric.interval",
        "look back 10m",
    ),
    "a verification that sees nothing": (
        changed({"verification": {"for": "30m"}}),
        "verification-too-short",
        "spec.verification.for",
        "at least 40m is needed",
    ),
    "always stale": (
        changed({"metric": {"maxAge": "5s"}}),
        "max-age-too-short",
        "spec.metric.maxAge",
        "scrape interval",
    ),
    "no time to train": (
        changed({"training": {"deadline": "1m"}}),
        "deadline-too-short",
        "spec.training.deadline",
        "1m",
    ),
    "a GPU without a limit": (
        changed({"training": {"resources": {"requests": {"nvidia.com/gpu": 1}}}}),
        "gpu-without-limit",
        "spec.training.resources.requests.nvidia.com/gpu",
        "same amount under limits",
    ),
    "an image of today": (
        changed({"training": {"image": "registry:5000/trainer:latest"}}),
        "image-floats",
        "spec.training.image",
        "no fixed tag",
    ),
    "a request in a file": (
        changed({}, metadata={"annotations": {"refit.dev/retrain-requested-at": "2026-11-25T08:00:00Z"}}),
        "request",
        "metadata.annotations.refit.dev/retrain-requested-at",
        "leave it out",
    ),
    "a request that is no time": (
        changed({}, metadata={"annotations": {"refit.dev/rollback-requested-at": "now"}}),
        "request",
        "metadata.annotations.refit.dev/rollback-requested-at",
        "must be a time with its zone",
    ),
    "credentials that anybody reads": (
        changed(
            {
                "prometheus": {
                    "serverAddress": "http://prometheus:9090",
                    "authentication": {"bearerTokenSecret": {"name": "token", "key": "token"}},
                }
            }
        ),
        "credentials-in-clear",
        "spec.prometheus.serverAddress",
        "without TLS",
    ),
}
"""The document, and the rule, the field and a part of the message that lint must have found: these alone."""


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_monitor_is_told_what_is_wrong_and_nothing_else(case: str) -> None:
    document, rule, field, words = BROKEN[case]
    found = lint(document)
    assert [(each.rule, each.field) for each in found] == [(rule, field)], found
    assert words in found[0].message


def test_a_good_monitor_is_told_nothing() -> None:
    assert lint(GOOD) == []
    assert lint(changed({"metric": AS_RATIO})) == []


def test_every_missing_field_is_named() -> None:
    found = lint(changed({"training": {"image": None, "task": None}}))
    assert [each.field for each in found] == ["spec.training.image", "spec.training.task"]


def test_a_label_of_the_administrators_is_demanded_of_every_selector() -> None:
    found: list[Finding] = lint(GOOD, "namespace")
    assert [(each.rule, each.field) for each in found] == [("other-namespaces", "spec.metric.query")]
    assert 'namespace="$(namespace)"' in found[0].message


def rendered(sample: str) -> str:
    return (CHECKOUT / "manifests" / "samples" / sample / "monitor.yaml").read_text()


def test_the_samples_monitor_is_good() -> None:
    assert lint_text("monitor.yaml", rendered("reviews")) == (1, [])


def run(*words: str, stdin: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["lint", *words], input=stdin)
    return result.exit_code, result.output


def test_a_finding_has_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "monitor.yaml"
    file.write_text("# ours\n" + yaml.safe_dump(GOOD).replace("threshold: 0.85", "threshold: '0.85'"))
    line = 1 + next(n for n, text in enumerate(file.read_text().splitlines()) if "threshold" in text)
    code, out = run(str(file))
    assert code == 1 and f"{file}:{line}: error spec.metric.threshold:" in out
    assert out.endswith("1 monitor: 1 error, 0 warnings\n")


def test_warnings_end_with_0_unless_strict(tmp_path: Path) -> None:
    file = tmp_path / "monitor.yaml"
    file.write_text(yaml.safe_dump(changed({"policy": {"cooldown": "1m"}})))
    assert run(str(file))[0] == 0
    assert run(str(file), "--strict")[0] == 1


def test_json_is_for_programs() -> None:
    code, out = run("-", "-o", "json", stdin=yaml.safe_dump(changed({"mode": "auto"})))
    answer = json.loads(out)
    assert code == 1 and answer["monitors"] == 1
    assert [(each["rule"], each["field"], each["severity"]) for each in answer["findings"]] == [
        ("unknown-value", "spec.mode", "error")
    ]


def test_lists_and_several_documents_are_taken_apart_and_others_left_alone() -> None:
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "reviews"}}
    listed = {"apiVersion": "v1", "kind": "List", "items": [GOOD, changed({"mode": "auto"}), deployment]}
    monitors, found = lint_text("all.yaml", "---\n" + yaml.safe_dump_all([deployment, listed]))
    assert monitors == 2 and [each.finding.rule for each in found] == ["unknown-value"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("kind: [", "expected"), ("a: 1\na: 2", "'a' is there twice"), ("a: *b", "undefined alias")],
)
def test_what_is_no_yaml_is_a_finding(text: str, words: str) -> None:
    _, (found,) = lint_text("broken.yaml", text)
    assert found.finding.rule == "yaml" and words in found.finding.message


def test_a_time_is_text_as_kubectl_has_it() -> None:
    text = yaml.safe_dump(GOOD)
    noted = text.replace("  name: reviews", "  annotations: {checked: 2026-11-25T08:00:00Z}\n  name: reviews", 1)
    assert lint_text("monitor.yaml", noted)[1] == []
