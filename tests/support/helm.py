"""Helm, as a user calls it, with the chart of this checkout; and kustomize, with the manifests that it is made of."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from localcluster.paths import CHECKOUT
from refit_operator.settings import Settings

CHART = CHECKOUT / "charts" / "refit"
NAMESPACE = "refit-system"
Document = dict[str, Any]


class HelmFailed(AssertionError):
    """Helm ended with an error; the message is what it printed."""


def helm(*words: str, values: Document | None = None, env: Mapping[str, str] | None = None, limit_s: float = 60) -> str:
    """Run Helm and return its output; the values come as a file does. Raises HelmFailed."""
    given = ("--values", "-") if values is not None else ()
    stdin = json.dumps(values or {})
    done = subprocess.run(
        ["helm", *words, *given],
        env=env,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )
    if done.returncode != 0:
        raise HelmFailed(done.stderr + done.stdout)
    return done.stdout


def template(namespace: str = NAMESPACE, chart: Path = CHART, **values: Any) -> str:
    """Return what the chart renders. Raises HelmFailed."""
    return helm("template", "refit", str(chart), "--namespace", namespace, values=values)


def rendered(namespace: str = NAMESPACE, **values: Any) -> list[Document]:
    """Return the objects that the chart renders."""
    return objects(template(namespace, **values))


def variables(found: list[Document]) -> dict[str, str]:
    """Return the environment variables with a value of the operator that is among some objects, by their names."""
    (operator,) = [one for one in found if one["kind"] == "Deployment"]
    (container,) = operator["spec"]["template"]["spec"]["containers"]
    return {one["name"]: one["value"] for one in container["env"] if "value" in one}


def settings_of(found: list[Document]) -> Settings:
    """Return the settings that the operator among some objects reads. Raises where it would not start with them."""
    named = {name.removeprefix("REFIT_").lower(): value for name, value in variables(found).items()}
    return Settings.model_validate(named)


def objects(text: str) -> list[Document]:
    """Return the objects of a YAML stream."""
    return [one for one in yaml.safe_load_all(text) if one]


def kustomized(folder: str) -> list[Document]:
    """Return the objects that kustomize makes of a folder of manifests/."""
    argv = ["kubectl", "kustomize", str(CHECKOUT / "manifests" / folder)]
    return objects(subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True).stdout)
