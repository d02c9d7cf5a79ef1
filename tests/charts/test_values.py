"""What the chart's values become, and which are refused, by a real Helm."""

from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from charts.settings import settings_schema
from refit_operator.settings import Settings
from tests.support.helm import Document, HelmFailed, helm, rendered, settings_of, template, variables


def deployment(**values: Any) -> Document:
    (found,) = [one for one in rendered(**values) if one["kind"] == "Deployment"]
    return dict(found["spec"])


def pod(**values: Any) -> Document:
    return dict(deployment(**values)["template"]["spec"])


def container(**values: Any) -> Document:
    (found,) = pod(**values)["containers"]
    return dict(found)


SETTINGS: Document = {
    "prometheusUrl": "https://prometheus.example:9090/a?b=c&d=<e>",
    "prometheusAllowed": "http://*.monitoring:*, https://mimir.example/$(namespace)",
    "prometheusHeaders": "*/X-Scope-OrgID=$(namespace)",
    "prometheusNamespaceLabel": "namespace",
    "allowMassRetrain": True,
    "judgeImage": 'registry.example/judge@sha256:"quoted"',
    "namespaces": "*, !kube-*",
    "concurrency": 32,
    "maxConcurrentRuns": 1_000_000,
    "maxConcurrentRunsPerNamespace": 2,
    "resyncSeconds": 1234567.5,
    "leaseSeconds": 30,
    "renewDeadlineSeconds": 20.5,
    "retrySeconds": 4,
    "logFormat": "console",
}


def test_every_setting_reaches_the_operator_as_it_is_given() -> None:
    assert set(SETTINGS) == set(settings_schema()["properties"])
    read = settings_of(rendered(settings=SETTINGS)).model_dump()
    changed = {name: field for name, field in read.items() if field != Settings.model_fields[name].default}
    assert changed.pop("progress_url") == "https://refit-progress.refit-system.svc:8443"
    assert {to_camel(name): field for name, field in changed.items()} == SETTINGS


def test_a_setting_that_is_null_is_the_operators_own_default() -> None:
    assert "REFIT_PROMETHEUS_URL" in variables(rendered())
    assert "REFIT_PROMETHEUS_URL" not in variables(rendered(settings={"prometheusUrl": None}))


def test_a_digest_goes_before_the_tag() -> None:
    digest = "sha256:" + "0" * 64
    image = {"repository": "registry.example/refit/operator", "tag": "v9", "pullPolicy": "Always"}
    assert container(image=image)["image"] == "registry.example/refit/operator:v9"
    by_digest = container(image=image | {"digest": digest})
    assert (by_digest["image"], by_digest["imagePullPolicy"]) == (f"registry.example/refit/operator@{digest}", "Always")


def test_where_and_as_what_the_pods_run() -> None:
    gpu = {"key": "dedicated", "operator": "Equal", "value": "platform", "effect": "NoSchedule"}
    before = pod()
    after = pod(
        imagePullSecrets=[{"name": "registry"}],
        priorityClassName="system-cluster-critical",
        nodeSelector={"kubernetes.io/os": "linux"},
        tolerations=[gpu],
        resources={"requests": {"cpu": 1}, "limits": {"memory": "1Gi"}},
        extraEnv=[{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
    )
    assert after.pop("imagePullSecrets") == [{"name": "registry"}]
    assert after.pop("priorityClassName") == "system-cluster-critical"
    assert after.pop("nodeSelector") == {"kubernetes.io/os": "linux"}
    assert after["tolerations"] == [*before["tolerations"], gpu]
    [operator], [usual] = after["containers"], before["containers"]
    assert operator["resources"] == {"requests": {"cpu": 1, "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
    assert operator["env"] == [*usual["env"], {"name": "HTTPS_PROXY", "value": "http://proxy:3128"}]
    assert after.keys() == before.keys()


def test_replicas() -> None:
    assert deployment(replicas=2)["replicas"] == 2


def test_the_administrators_lists_are_cel() -> None:
    lists = {
        "images": ["registry.example/ml/*", "ghcr.io/refit/trainer:v0.1.0"],
        "priorityClasses": ["batch"],
        "runtimeClasses": [],
        "podAnnotations": ["example.com/*"],
    }
    (policy,) = [one for one in rendered(admission=lists) if one["metadata"]["name"] == "refit-monitor-allowed"][:1]
    found = {one["name"]: one["expression"] for one in policy["spec"]["variables"]}
    assert {name: found[name] for name in lists} == {
        "images": "['registry.example/ml/*', 'ghcr.io/refit/trainer:v0.1.0']",
        "priorityClasses": "['batch']",
        "runtimeClasses": "['']",
        "podAnnotations": "['example.com/*']",
    }


def test_the_metrics_are_for_the_namespaces_that_are_named() -> None:
    policy = {"metricsFrom": ["monitoring", "openshift-monitoring"]}
    (found,) = [one for one in rendered(networkPolicy=policy) if one["kind"] == "NetworkPolicy"]
    labels = [one["namespaceSelector"]["matchLabels"] for one in found["spec"]["ingress"][0]["from"]]
    assert labels == [{"kubernetes.io/metadata.name": name} for name in policy["metricsFrom"]]
    assert not [one for one in rendered(networkPolicy={"create": False}) if one["kind"] == "NetworkPolicy"]


def test_the_prometheus_operator_selects_the_pods_of_this_operator_by_the_port_of_its_metrics() -> None:
    given = {"create": True, "labels": {"release": "prometheus"}, "interval": "30s"}
    found = rendered(podMonitor=given, nameSuffix="-2")
    (monitor,) = [one for one in found if one["kind"] == "PodMonitor"]
    (operator,) = [one for one in found if one["kind"] == "Deployment"]
    assert monitor["metadata"]["labels"] == given["labels"]
    assert monitor["spec"]["selector"] == operator["spec"]["selector"]
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    (port,) = [
        one for one in operator["spec"]["template"]["spec"]["containers"][0]["ports"] if one["containerPort"] == 8080
    ]
    assert endpoint == {"port": port["name"], "honorLabels": True, "interval": "30s"}


REFUSED: dict[str, tuple[Document, str]] = {
    "a value that isn't known": ({"replica": 2}, "additional properties 'replica' not allowed"),
    "a setting that isn't known": (
        {"settings": {"prometheusURL": "x"}},
        "additional properties 'prometheusURL' not allowed",
    ),
    "a setting that the chart sets": (
        {"settings": {"leaseName": "x"}},
        "additional properties 'leaseName' not allowed",
    ),
    "a text for a number": ({"replicas": "two"}, "/replicas"),
    "a setting of another type": ({"settings": {"concurrency": 0}}, "/settings/concurrency"),
    "metrics for everyone": ({"networkPolicy": {"metricsFrom": []}}, "/networkPolicy/metricsFrom"),
    "CEL in a list": ({"admission": {"images": ["'] + ['*"]}}, "/admission/images/0"),
    "a digest that is none": ({"image": {"digest": "sha256:12"}}, "/image/digest"),
    "a namespace that can't be": ({"watchNamespace": "a/b"}, "/watchNamespace"),
    "a suffix that can't be": ({"nameSuffix": "2"}, "/nameSuffix"),
    "a setting as a variable": ({"extraEnv": [{"name": "REFIT_PORT", "value": "1"}]}, "/extraEnv/0/name"),
    "a file of notifications as a setting": (
        {"settings": {"notifications": "/etc/refit/notifications.yaml"}},
        "additional properties 'notifications' not allowed",
    ),
    "a Secret of notifications without their file": (
        {"notifications": {"secret": "refit-notifications"}},
        'notifications.secret is "refit-notifications" and notifications.configMap isn\'t set',
    ),
    "a ConfigMap that can't be": ({"notifications": {"configMap": "a/b"}}, "/notifications/configMap"),
    "one namespace and several": (
        {"watchNamespace": "shop", "settings": {"namespaces": "prod-*"}},
        'watchNamespace "shop" and settings.namespaces "prod-*" are both set',
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_values_that_cannot_be_meant_are_refused_by_their_name(what: str) -> None:
    values, words = REFUSED[what]
    with pytest.raises(HelmFailed) as refused:
        template(**values)
    assert words in str(refused.value)


def test_what_helm_hands_to_the_charts_of_another_chart_is_accepted() -> None:
    handed_on: Document = {"global": {"imageRegistry": "registry.example"}}
    assert template(**handed_on) == template()


def test_the_notes_say_where_it_works_and_what_it_serves() -> None:
    install = ("install", "refit", "charts/refit", "--dry-run=client", "--namespace", "refit-system")
    said = helm(*install, values={"watchNamespace": "shop"})
    notes = said.partition("NOTES:\n")[2]
    assert "refit-operator in namespace refit-system, for namespace shop alone." in notes
    assert "for every namespace." in helm(*install, values={})
