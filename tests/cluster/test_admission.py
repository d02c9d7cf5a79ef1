"""What one object can say wrongly is refused when it is applied, with a message that names the field."""

from typing import Any

import pytest
import yaml

from tests.cluster.kubectl import OPERATOR, Refused, Space
from tests.cluster.objects import monitor

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown field": ({"metric": {"treshold": 0.9}}, 'unknown field "spec.metric.treshold"'),
    "a threshold that is no number": ({"metric": {"threshold": "abc"}}, "spec.metric.threshold"),
    "count > outOf": ({"metric": {"breaches": {"count": 6, "outOf": 5}}}, "count must not exceed outOf"),
    "recoverAt on the bad side": ({"metric": {"recoverAt": 0.8}}, "recoverAt must be on the good side of threshold"),
    "recoverAt on the bad side, above": (
        {"metric": {"direction": "Above", "recoverAt": 0.9}},
        "recoverAt must be on the good side of threshold",
    ),
    "bounds the wrong way round": ({"metric": {"bounds": {"min": 1, "max": 0}}}, "min must not exceed max"),
    "an interval of nothing": ({"metric": {"interval": "1ms"}}, "interval must be at least 1s"),
    "a duration nobody can read": ({"policy": {"cooldown": "an hour"}}, "spec.policy.cooldown"),
    "no query": ({"metric": {"query": ""}}, "spec.metric.query"),
    "a dataset on no claim": ({"training": {"dataset": {"train": "https://x/y"}}}, "spec.training.dataset.train"),
    "train and holdout on one claim": (
        {"training": {"dataset": {"holdout": "pvc://feedback/holdout"}}},
        "train and holdout must be on different claims",
    ),
    "startFrom Base without one": ({"training": {"startFrom": "Base"}}, "startFrom Base needs a baseModel"),
    "a target that is no Deployment": ({"serving": {"targetRef": {"kind": "StatefulSet"}}}, "targetRef.kind"),
    "a watch that never settles": ({"watch": {"for": "5m", "settle": "5m"}}, "settle must be shorter than for"),
    "no training": ({"training": None}, "spec.training"),
    "an address with a password": ({"prometheus": {"serverAddress": "http://u:p@x"}}, "serverAddress"),
}


@pytest.mark.parametrize("name", WRONG)
def test_refused(space: Space, name: str) -> None:
    change, words = WRONG[name]
    with pytest.raises(Refused) as refused:
        space.apply(monitor(**change))
    assert words in str(refused.value)


@pytest.mark.parametrize("name", ["Reviews", "1reviews", "r" * 41])
def test_a_name_that_jobs_cant_take_is_refused(space: Space, name: str) -> None:
    with pytest.raises(Refused, match="name"):
        space.apply(monitor(name, serving={"targetRef": {"name": "reviews"}}))


def test_defaults_are_visible(space: Space) -> None:
    space.apply(monitor(suspend=True))
    spec = space.get("mmon", "reviews")["spec"]
    assert spec["mode"] == "Auto"
    assert spec["gate"]["minRows"] == 200
    assert spec["training"]["backoffLimit"] == 2


ALMIGHTY = ("--as", OPERATOR, "--as-group", "system:masters")


def forged_run(space: Space) -> str:
    parts = {key: value for key, value in monitor()["spec"].items() if key not in ("policy",)}
    spec = {
        "monitorRef": {"name": "reviews", "uid": "x"},
        "ordinal": 1,
        "trigger": {"reason": "MetricBreached", "threshold": 0.9, "time": "2026-11-24T12:00:00Z"},
        **parts,
        "prometheus": {},
        "gate": {},
    }
    document = {"apiVersion": "refit.dev/v1alpha1", "kind": "RetrainRun", "metadata": {"name": "forged"}, "spec": spec}
    return yaml.safe_dump(document)


def test_nobody_but_the_operator_makes_runs(space: Space) -> None:
    with pytest.raises(Refused, match="by the operator only"):
        space.run("create", "-f", "-", stdin=forged_run(space))


def test_a_runs_spec_never_changes(space: Space) -> None:
    space.run("create", "--as", OPERATOR, "-f", "-", stdin=forged_run(space))
    with pytest.raises(Refused, match="a run's spec never changes"):
        space.run("patch", "rr", "forged", *ALMIGHTY, "--type=merge", "-p", '{"spec":{"ordinal":2}}')
