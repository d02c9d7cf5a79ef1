"""The values that render what `kubectl apply -k manifests/base` installs, read from those manifests."""

from pathlib import Path
from typing import Any

import yaml

from charts.settings import settings_schema, value_name
from charts.values import Values

Document = dict[str, Any]
LISTS = ("images", "priorityClasses", "runtimeClasses", "podAnnotations")
"""Of the policy refit-monitor-allowed, the administrator's lists."""


def default_values(base: Path) -> Document:
    """Return the chart's values, as values.yaml has them."""
    container = _container(base)
    values = Values.model_validate(
        {
            "image": _image(base) | {"pullPolicy": container["imagePullPolicy"]},
            "replicas": _one(base, "deployment.yaml", "Deployment")["spec"]["replicas"],
            "resources": container["resources"],
            "networkPolicy": {"metricsFrom": _metrics_from(base)},
            "admission": _lists(base),
        }
    )
    return values.model_dump(mode="json", by_alias=True, exclude_none=True) | {"settings": _settings(container)}


def _one(base: Path, file: str, kind: str, name: str = "") -> Document:
    documents = yaml.safe_load_all((base / file).read_text())
    (found,) = [one for one in documents if one["kind"] == kind and name in ("", one["metadata"]["name"])]
    return dict(found)


def _container(base: Path) -> Document:
    (container,) = _one(base, "deployment.yaml", "Deployment")["spec"]["template"]["spec"]["containers"]
    return dict(container)


def _image(base: Path) -> Document:
    (image,) = yaml.safe_load((base / "kustomization.yaml").read_text())["images"]
    return {"repository": image["newName"], "tag": image["newTag"]}


def _settings(container: Document) -> Document:
    known = settings_schema()["properties"]
    plain = {value_name(one["name"]): one["value"] for one in container["env"] if "value" in one}
    return {name: value for name, value in plain.items() if name in known}


def _metrics_from(base: Path) -> list[str]:
    ingress = _one(base, "network.yaml", "NetworkPolicy", "refit-operator")["spec"]["ingress"]
    (rule,) = [one for one in ingress if one["ports"] == [{"port": "http"}]]
    return [one["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for one in rule["from"]]


def _lists(base: Path) -> dict[str, list[str]]:
    """Return the lists of an admission policy, CEL that YAML can read, too; the empty text stands for no entry."""
    policy = _one(base, "monitor-limits.yaml", "ValidatingAdmissionPolicy", "refit-monitor-allowed")
    variables = {one["name"]: one["expression"] for one in policy["spec"]["variables"]}
    return {name: [entry for entry in yaml.safe_load(variables[name]) if entry] for name in LISTS}
