"""What of a release is applied to a cluster: manifests as kubectl makes them, the chart as Helm packages it."""

import shutil
from pathlib import Path

from localcluster.release import MANIFESTS, REGISTRY, manifest, package_chart, version
from tests.support.helm import Document, objects, template

OURS = "registry.example/team/refit"


def made(file: str, registry: str = REGISTRY) -> list[Document]:
    return objects(manifest(Path(shutil.which("kubectl") or ""), MANIFESTS[file], registry))


def kinds(found: list[Document]) -> set[str]:
    return {each["metadata"]["name"] for each in found if each["kind"] == "CustomResourceDefinition"}


def container(found: list[Document]) -> Document:
    (deployment,) = [each for each in found if each["kind"] == "Deployment"]
    (only,) = deployment["spec"]["template"]["spec"]["containers"]
    return dict(only)


def packaged(registry: str, folder: Path) -> Path:
    package_chart(shutil.which("helm") or "", registry, folder)
    (package,) = folder.iterdir()
    return package


def test_the_chart_has_the_version_and_renders_what_the_checkouts_renders(tmp_path: Path) -> None:
    package = packaged(REGISTRY, tmp_path)
    assert package.name == f"refit-{version().removeprefix('v')}.tgz"
    assert template(chart=package) == template()


def test_for_another_registry_every_image_of_the_chart_is_there(tmp_path: Path) -> None:
    text = template(chart=packaged(OURS, tmp_path))
    assert REGISTRY not in text
    operator = container(objects(text))
    assert operator["image"] == f"{OURS}/operator:{version()}"
    assert {"name": "REFIT_JUDGE_IMAGE", "value": f"{OURS}/trainer:{version()}"} in operator["env"]


def test_install_yaml_has_the_crds_and_the_operator_in_the_projects_version() -> None:
    found = made("install.yaml")
    assert kinds(found) == {"modelmonitors.refit.dev", "retrainruns.refit.dev"}
    assert container(found)["image"] == f"{REGISTRY}/operator:{version()}"


def test_namespace_install_yaml_has_an_operator_of_one_namespace() -> None:
    found = made("namespace-install.yaml")
    assert kinds(found) == kinds(made("crds.yaml"))
    assert {"name": "REFIT_NAMESPACE", "value": "shop"} in container(found)["env"]
    bound = [each["roleRef"]["name"] for each in found if each["kind"] == "ClusterRoleBinding"]
    assert bound == ["refit-operator-reviews"]


def test_crds_yaml_has_the_crds_alone() -> None:
    assert {each["kind"] for each in made("crds.yaml")} == {"CustomResourceDefinition"}


def test_for_another_registry_every_image_is_there() -> None:
    found = container(made("install.yaml", OURS))
    images = {one["name"]: one["value"] for one in found["env"] if "value" in one}
    assert (found["image"], images["REFIT_JUDGE_IMAGE"]) == (
        f"{OURS}/operator:{version()}",
        f"{OURS}/trainer:{version()}",
    )
