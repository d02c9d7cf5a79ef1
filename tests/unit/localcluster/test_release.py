"""A release: one version everywhere, and sums of what it consists of."""

import hashlib
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from localcluster.bake import PLATFORMS, bake_file
from localcluster.commands import Failed
from localcluster.engine import base_dockerfile
from localcluster.images import OPERATOR, TRAINER
from localcluster.paths import CHECKOUT
from localcluster.release import MANIFESTS, REGISTRY, in_registry, package_chart, registry, sums, version

TAG = re.compile(REGISTRY + r"/[a-z]+:(v[\w.+-]+)")
SUFFIXES = {".md", ".yaml", ".py"}
AREAS = ("docs", "manifests", "charts", "demo", "tests")
WORKFLOW = CHECKOUT / ".github/workflows/release.yaml"
OURS = "registry.example/team/refit"


def test_every_image_that_is_named_has_the_projects_version() -> None:
    files = [CHECKOUT / "README.md", *(path for area in AREAS for path in (CHECKOUT / area).rglob("*"))]
    texts = {str(path): path.read_text() for path in files if path.suffix in SUFFIXES}
    stated = {path: set(TAG.findall(text)) for path, text in texts.items()}
    assert sum(map(len, stated.values())) > 5
    assert {path: tags for path, tags in stated.items() if tags - {version()}} == {}


def test_the_operator_is_installed_in_the_projects_version() -> None:
    images = yaml.safe_load((CHECKOUT / "manifests/base/kustomization.yaml").read_text())["images"]
    assert [(image["newName"], image["newTag"]) for image in images] == [(f"{REGISTRY}/operator", version())]


def test_the_judge_is_the_releases_own_trainer() -> None:
    deployment = yaml.safe_load((CHECKOUT / "manifests/base/deployment.yaml").read_text())
    variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    images = [variable["value"] for variable in variables if variable["name"] == "REFIT_JUDGE_IMAGE"]
    assert images == [f"{REGISTRY}/trainer:{version()}"]


def test_the_changelog_has_a_dated_section_of_the_version_below_what_is_unreleased() -> None:
    headings = re.findall(r"^## (.*)$", (CHECKOUT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert re.fullmatch(rf"\[{re.escape(version()[1:])}\] - \d{{4}}-\d\d-\d\d", headings[1])


def test_the_sums_are_of_every_file_but_their_own(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b"{}")
    (tmp_path / "a.tar").write_bytes(b"layers")
    (tmp_path / "SHA256SUMS").write_text("of before\n")
    expected = [(b"layers", "a.tar"), (b"{}", "b.json")]
    assert sums(tmp_path) == "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for data, name in expected)


@pytest.mark.parametrize("named", ["https://registry.example/refit", "registry.example/refit/", "ghcr.io/Refit"])
def test_a_registry_that_no_image_can_be_in_is_refused_by_its_name(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFIT_REGISTRY", named)
    with pytest.raises(Failed, match=f"REFIT_REGISTRY is '{named}'"):
        registry()


def test_the_registry_is_the_projects_unless_another_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REFIT_REGISTRY", raising=False)
    assert registry() == REGISTRY
    monkeypatch.setenv("REFIT_REGISTRY", OURS)
    assert registry() == OURS


def test_in_another_registry_no_image_of_the_projects_is_named() -> None:
    text = f"image: {REGISTRY}/operator:v1\nvalue: {REGISTRY}/trainer:v1\n"
    assert in_registry(text, OURS) == f"image: {OURS}/operator:v1\nvalue: {OURS}/trainer:v1\n"
    assert in_registry(text, REGISTRY) == text


def test_every_folder_that_a_file_is_made_of_is_there() -> None:
    assert all((CHECKOUT / folder / "kustomization.yaml").is_file() for folder in MANIFESTS.values())


def test_the_chart_is_packaged_with_the_images_of_the_registry(tmp_path: Path) -> None:
    """`helm` is a program that packs what it is given: Helm's own package is tested in tests/charts."""
    helm = tmp_path / "helm"
    helm.write_text('#!/bin/sh\nexec tar -czf "$4/refit.tgz" -C "$(dirname "$2")" refit\n')
    helm.chmod(0o755)
    package_chart(str(helm), OURS, tmp_path)
    with tarfile.open(tmp_path / "refit.tgz") as package:
        values = package.extractfile("refit/values.yaml")
        assert values
        found: dict[str, Any] = yaml.safe_load(values)
    assert found["image"]["repository"] == f"{OURS}/operator"
    assert found["settings"]["judgeImage"] == f"{OURS}/trainer:{version()}"


@pytest.mark.parametrize("image", [OPERATOR, TRAINER], ids=lambda image: str(image.short))
def test_an_image_of_two_architectures_is_built_on_the_base_that_is_tested(image: Any) -> None:
    made = bake_file(OURS, "v9")
    assert image.short in made["group"]["default"]["targets"]
    target = made["target"][image.short]
    assert target["tags"] == [f"{OURS}/{image.short}:v9"]
    (CHECKOUT / target["dockerfile"]).read_text().index("FROM ${BASE_IMAGE}")
    base = made["target"][target["contexts"][target["args"]["BASE_IMAGE"]].removeprefix("target:")]
    assert base["dockerfile-inline"] == base_dockerfile(image.base, has_certificates=False)
    assert target["platforms"] == base["platforms"] == list(PLATFORMS) == ["linux/amd64", "linux/arm64"]


def test_for_gpus_the_trainer_is_built_on_the_base_that_its_dockerfile_names() -> None:
    made = bake_file(OURS, "v9")
    target = made["target"]["trainer-cuda"]
    assert "trainer-cuda" in made["group"]["default"]["targets"]
    assert target["tags"] == [f"{OURS}/trainer:v9-cuda"]
    assert {"args", "contexts"}.isdisjoint(target)
    assert re.search(
        r"^ARG BASE_IMAGE=python:3\.\d+-slim$", (CHECKOUT / target["dockerfile"]).read_text(), re.MULTILINE
    )


def test_the_workflow_signs_every_image_that_is_built() -> None:
    (build,) = [
        step for step in yaml.safe_load(WORKFLOW.read_text())["jobs"]["release"]["steps"] if "bake" in str(step)
    ]
    names = re.search(r"\((\"[^)]+\")\) as \$name", build["run"])
    assert names
    assert [name.strip('"') for name in names[1].split(", ")] == bake_file(OURS, "v9")["group"]["default"]["targets"]


def test_the_workflow_runs_no_action_by_a_name_that_can_be_moved() -> None:
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["release"]["steps"]
    used = [step["uses"] for step in steps if "uses" in step]
    assert len(used) == 5
    assert [name for name in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name)] == []


def test_the_workflow_has_no_rights_but_those_of_a_release() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    rights = workflow["jobs"]["release"]["permissions"]
    assert rights == {"contents": "write", "packages": "write", "id-token": "write"}
    assert workflow[True] == {"push": {"tags": ["v*"]}}  # YAML 1.1 reads `on` so
