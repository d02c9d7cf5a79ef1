"""What one object can say wrongly is refused when it is applied, with a message that names the field."""

from typing import Any

import pytest

from tests.support.cluster.kubectl import OPERATOR, Refused, Space
from tests.support.cluster.objects import monitor
from tests.support.cluster.people import forged_run

RATIO: dict[str, Any] = {"query": None, "interval": None, "ratio": {"good": "a", "total": "b"}}
KEY = {"name": "prom", "key": "token"}

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown field": ({"metric": {"treshold": 0.9}}, 'unknown field "spec.metric.treshold"'),
    "a guard without a limit": ({"guards": [{"name": "g", "query": "up"}]}, "exactly one of atLeast and atMost"),
    "a guard with two": (
        {"guards": [{"name": "g", "query": "up", "atLeast": 0, "atMost": 1}]},
        "exactly one of atLeast and atMost",
    ),
    "two guards of one name": ({"guards": [{"name": "g", "query": "up", "atLeast": 1}] * 2}, "spec.guards[1]"),
    "no credentials in authentication": (
        {"prometheus": {"authentication": {}}},
        "exactly one of bearerTokenSecret and basic",
    ),
    "two sets of credentials": (
        {"prometheus": {"authentication": {"bearerTokenSecret": KEY, "basic": {"username": KEY, "password": KEY}}}},
        "exactly one of bearerTokenSecret and basic",
    ),
    "a CA for a server without TLS": (
        {"prometheus": {"serverAddress": "http://x", "tls": {"caSecret": KEY}}},
        "tls needs an https:// serverAddress",
    ),
    "a token among the headers": ({"prometheus": {"headers": {"authorization": "Bearer x"}}}, "a header's name"),
    "a header that is two": ({"prometheus": {"headers": {"X: y\nZ": "x"}}}, "a header's name"),
    "another kind of target in place": (
        {"serving": {"update": "InPlace", "targetRef": {"kind": "StatefulSet"}}},
        "update InPlace is for a targetRef of kind Deployment alone",
    ),
    "an age of nothing": ({"metric": {"maxAge": "10ms"}}, "maxAge must be at least 1s"),
    "less history than the budget counts": (
        {"historyLimit": 5, "policy": {"maxRuns": {"count": 6}}},
        "historyLimit must be at least",
    ),
    "less history than the breaker counts": (
        {"historyLimit": 5, "policy": {"giveUpAfter": 6}},
        "historyLimit must be at least",
    ),
    "a budget per nothing": ({"policy": {"maxRuns": {"per": "1s"}}}, "per must be at least 1m"),
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
    "a query beside a ratio": ({"metric": {"ratio": {"good": "a", "total": "b"}}}, "exactly one of query and ratio"),
    "neither": ({"metric": {"query": None}}, "exactly one of query and ratio"),
    "false runs of a query": ({"metric": {"falseRuns": {"atMost": 2}}}, "falseRuns goes with ratio"),
    "a window of a query": ({"metric": {"window": "5m"}}, "window goes with ratio"),
    "an interval of a ratio": ({"metric": RATIO | {"interval": "5m"}}, "interval goes with query"),
    "samples of a ratio": (
        {"metric": RATIO | {"minSamples": {"query": "b", "count": 1}}},
        "minSamples goes with query",
    ),
    "outcomes of a ratio, counted again": ({"metric": RATIO | {"samples": "b"}}, "samples goes with query"),
    "a counted query's threshold in percent": (
        {"metric": {"samples": "b", "threshold": 85}},
        "the threshold of a ratio must be below 1",
    ),
    "a ratio's threshold at one": ({"metric": RATIO | {"threshold": 1}}, "the threshold of a ratio must be below 1"),
    "a ratio's threshold at nothing": (
        {"metric": RATIO | {"threshold": 0}},
        "the threshold of a ratio must be above 0",
    ),
    "a window of nothing": ({"metric": RATIO | {"window": "10ms"}}, "window must be at least 1s"),
    "a window of days": ({"metric": RATIO | {"window": "48h"}}, "window must be at most 24h"),
    "false runs per nothing": ({"metric": RATIO | {"falseRuns": {"per": "1m"}}}, "per must be at least 1h"),
    "false runs per ages": ({"metric": RATIO | {"falseRuns": {"per": "100000h"}}}, "per must be at most 87840h"),
    "no false run at all": ({"metric": RATIO | {"falseRuns": {"atMost": 0}}}, "spec.metric.falseRuns.atMost"),
    "a ratio of nothing": ({"metric": RATIO | {"ratio": {"good": "a", "total": ""}}}, "spec.metric.ratio.total"),
    "half a ratio": ({"metric": RATIO | {"ratio": {"good": "a"}}}, "spec.metric.ratio.total"),
    "not worse by nothing": ({"gate": {"accept": "NotWorse"}}, "accept NotWorse needs a tolerance over 0"),
    "a tolerance of the better": ({"gate": {"tolerance": 0.01}}, "tolerance needs accept NotWorse"),
    "a margin of what needn't be better": (
        {"gate": {"accept": "NotWorse", "tolerance": 0.01, "margin": 0.02}},
        "margin needs accept Better",
    ),
    "a tolerance below nothing": ({"gate": {"accept": "NotWorse", "tolerance": -0.01}}, "spec.gate.tolerance"),
    "a gate that accepts all": ({"gate": {"accept": "Any"}}, "spec.gate.accept"),
    "a gate less sure than a coin": ({"gate": {"confidence": 0.4}}, "spec.gate.confidence"),
    "a gate that is always right": ({"gate": {"confidence": 1}}, "spec.gate.confidence"),
    "a dataset on no claim": ({"training": {"dataset": {"train": "https://x/y"}}}, "spec.training.dataset.train"),
    "train and holdout on one claim": (
        {"training": {"dataset": {"holdout": "pvc://feedback/holdout"}}},
        "train and holdout must be on different claims",
    ),
    "old rows without recent ones": ({"training": {"dataset": {"replay": 0.2}}}, "replay needs recent"),
    "labels that do anything else": (
        {"training": {"dataset": {"newLabels": "Ask"}}},
        "spec.training.dataset.newLabels",
    ),
    "a class of no input": (
        {"training": {"dataset": {"newLabels": "Extend", "minRowsPerNewLabel": 0}}},
        "spec.training.dataset.minRowsPerNewLabel",
    ),
    "weights of classes of one's own": (
        {"training": {"dataset": {"classWeights": "3"}}},
        "spec.training.dataset.classWeights",
    ),
    "startFrom Base without one": ({"training": {"startFrom": "Base"}}, "startFrom Base needs a baseModel"),
    "the holdout's claim where training sees it": (
        {
            "training": {
                "podTemplate": {
                    "volumes": [
                        {"name": "x", "mountPath": "/x", "persistentVolumeClaim": {"claimName": "holdout"}},
                    ]
                }
            }
        },
        "must not bring the holdout's claim",
    ),
    "no machine": ({"training": {"numNodes": 0}}, "spec.training.numNodes"),
    "more machines than there may be": ({"training": {"numNodes": 65}}, "spec.training.numNodes"),
    "a volume over the operator's own": (
        {"training": {"podTemplate": {"volumes": [{"name": "x", "mountPath": "/refit", "emptyDir": {}}]}}},
        "mountPath must not be under /refit",
    ),
    "a volume that leads to the operator's own": (
        {"training": {"podTemplate": {"volumes": [{"name": "x", "mountPath": "/x/../refit", "emptyDir": {}}]}}},
        "spec.training.podTemplate.volumes[0].mountPath",
    ),
    "a path that leads out of its claim": (
        {"training": {"dataset": {"train": "pvc://feedback/../holdout"}}},
        "spec.training.dataset.train",
    ),
    "a volume of nothing": (
        {"training": {"podTemplate": {"volumes": [{"name": "x", "mountPath": "/x"}]}}},
        "exactly one of persistentVolumeClaim, secret, configMap and emptyDir",
    ),
    "a variable of the operator's": (
        {"training": {"podTemplate": {"env": [{"name": "REFIT_CONFIG", "value": "{}"}]}}},
        "variables named REFIT_",
    ),
    "a pod that runs as root": ({"training": {"podTemplate": {"securityContext": {"runAsUser": 0}}}}, "runAsUser"),
    "what a pod template doesn't have here": (
        {"training": {"podTemplate": {"hostNetwork": True}}},
        'unknown field "spec.training.podTemplate.hostNetwork"',
    ),
    "variables from nowhere": ({"training": {"trainEnvFrom": [{}]}}, "exactly one of secretRef and configMapRef"),
    "a target that no server is": ({"serving": {"targetRef": {"kind": "DaemonSet"}}}, "targetRef.kind"),
    "an endless settle": (
        {"verification": {"for": "5m", "settle": "5m"}},
        "settle must be shorter than for",
    ),
    "no training": ({"training": None}, "spec.training"),
    "an address with a password": ({"prometheus": {"serverAddress": "http://u:p@x"}}, "serverAddress"),
}


@pytest.mark.parametrize("name", WRONG)
def test_refused(shared: Space, name: str) -> None:
    change, words = WRONG[name]
    with pytest.raises(Refused) as refused:
        shared.apply(monitor(**change))
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("train", "holdout"),
    [
        ("hf://datasets/org/rows", "hf://datasets/org/held"),
        ("s3://data/rows", "s3://data/held"),
        ("pvc://datasets/rows", "hf://datasets/org/held"),
    ],
)
def test_rows_apart_are_accepted_wherever_they_are(space: Space, train: str, holdout: str) -> None:
    volume = {"name": "x", "mountPath": "/x", "persistentVolumeClaim": {"claimName": "datasets"}}
    dataset = {"train": train, "holdout": holdout}
    space.apply(monitor(suspend=True, training={"dataset": dataset, "podTemplate": {"volumes": [volume]}}))


@pytest.mark.parametrize("name", ["Reviews", "1reviews", "r" * 41])
def test_a_name_that_jobs_cant_take_is_refused(shared: Space, name: str) -> None:
    with pytest.raises(Refused, match="name"):
        shared.apply(monitor(name, serving={"targetRef": {"name": "reviews"}}))


def test_defaults_are_visible(space: Space) -> None:
    space.apply(monitor(suspend=True))
    spec = space.get("mmon", "reviews")["spec"]
    assert spec["mode"] == "Auto"
    assert spec["gate"]["minRows"] == 200
    assert spec["training"]["backoffLimit"] == 2
    assert spec["policy"] == {"cooldown": "1h", "maxRuns": {"count": 3, "per": "24h"}, "giveUpAfter": 3}


def test_credentials_headers_and_guards_are_accepted(space: Space) -> None:
    prometheus = {"authentication": {"bearerTokenSecret": KEY}, "headers": {"X-Scope-OrgID": "shop"}}
    guards = [{"name": "up", "query": "min(up)", "atLeast": 1}, {"name": "errors", "query": "e", "atMost": 0.1}]
    metric = {"minSamples": {"query": "sum(increase(judged[10m]))", "count": 200}, "maxAge": "2m"}
    space.apply(monitor(suspend=True, prometheus=prometheus, guards=guards, metric=metric))


def test_a_ratio_and_what_decides_by_it_are_accepted_and_shown(space: Space) -> None:
    ratio = RATIO | {"ratio": {"good": 'a{app="$(target)"}', "total": 'b{app="$(target)"}'}, "falseRuns": {"atMost": 2}}
    gate = {"accept": "NotWorse", "tolerance": 0.01, "confidence": 0.99}
    space.apply(monitor(suspend=True, metric=ratio | {"window": "10m"}, gate=gate))
    spec = space.get("mmon", "reviews")["spec"]
    assert spec["metric"]["falseRuns"] == {"atMost": 2, "per": "720h"}
    assert spec["gate"]["tolerance"] == 0.01


ALMIGHTY = ("--as", OPERATOR, "--as-group", "system:masters")


def test_nobody_but_the_operator_makes_runs(shared: Space) -> None:
    with pytest.raises(Refused, match="by the operator only"):
        shared.run("create", "-f", "-", stdin=forged_run())


def test_a_runs_spec_never_changes(space: Space) -> None:
    space.run("create", "--as", OPERATOR, "-f", "-", stdin=forged_run())
    with pytest.raises(Refused, match="ordinal is immutable"):
        space.run("patch", "rr", "forged", *ALMIGHTY, "--type=merge", "-p", '{"spec":{"ordinal":2}}')
