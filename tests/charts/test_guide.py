"""Each command and each file of values in docs/how-to/install.md is one that Helm and kustomize take."""

import re
import shlex

import pytest
import yaml

from localcluster.paths import CHECKOUT
from tests.support.helm import Document, helm, objects, rendered, settings_of

GUIDE = (CHECKOUT / "docs/how-to/install.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
OF_A_RELEASE = ("--reset-then-reuse-values",)
"""Flags of an upgrade, which reads a release from a cluster."""


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(GUIDE) if found == language]


def commands(words: str) -> list[str]:
    """Return the commands of the guide that begin so, each in one line."""
    lines = "".join(blocks("console")).replace("\\\n", " ").splitlines()
    return [line.partition(" #")[0] for line in lines if line.startswith(words)]


INSTALLS = [*commands("helm install"), *commands("helm upgrade")]


def installed(command: str) -> list[Document]:
    """Return what a command of the guide would install."""
    _, _, *rest = (word for word in shlex.split(command) if word not in OF_A_RELEASE)
    said = helm("install", *rest, "--dry-run=client")
    return objects(said.partition("MANIFEST:\n")[2].partition("NOTES:\n")[0])


def test_the_guide_has_commands() -> None:
    assert len(INSTALLS) > 5


@pytest.mark.parametrize("command", INSTALLS)
def test_helm_takes_each_command_and_the_operator_its_settings(command: str) -> None:
    settings_of(installed(command))


def test_one_namespace_is_served_as_the_guide_says() -> None:
    (command,) = [each for each in INSTALLS if "watchNamespace" in each]
    roles = {one["roleRef"]["name"] for one in installed(command) if one["kind"] == "ClusterRoleBinding"}
    assert roles == {"refit-operator-reviews"}


def test_several_operators_share_what_the_first_installs() -> None:
    several = [each for each in INSTALLS if "settings.namespaces" in each]
    first, second = ({(one["kind"], one["metadata"]["name"]) for one in installed(each)} for each in several)
    assert first & second == set()
    assert {kind for kind, _ in second} == {"Deployment", "Service", "NetworkPolicy"}


def test_the_values_are_accepted_and_all_of_them_are_used() -> None:
    (values,) = [found for found in map(yaml.safe_load, blocks("yaml")) if "settings" in found]
    assert settings_of(rendered(**values)).max_concurrent_runs == values["settings"]["maxConcurrentRuns"]
    for name in values:
        assert rendered(**{key: value for key, value in values.items() if key != name}) != rendered(**values), name
