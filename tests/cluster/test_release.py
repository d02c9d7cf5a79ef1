"""install.yaml of a release, as kubectl makes it."""

import shutil
from pathlib import Path

import yaml

from localcluster.release import REGISTRY, install_yaml, version


def test_install_yaml_has_the_crds_and_the_operator_in_the_projects_version() -> None:
    found = list(yaml.safe_load_all(install_yaml(Path(shutil.which("kubectl") or ""))))
    crds = {each["metadata"]["name"] for each in found if each["kind"] == "CustomResourceDefinition"}
    assert crds == {"modelmonitors.refit.dev", "retrainruns.refit.dev"}
    (deployment,) = [each for each in found if each["kind"] == "Deployment"]
    containers = deployment["spec"]["template"]["spec"]["containers"]
    assert [container["image"] for container in containers] == [f"{REGISTRY}/operator:{version()}"]
