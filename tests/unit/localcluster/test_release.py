"""A release: one version everywhere, and sums of what it consists of."""

import hashlib
import re
from pathlib import Path

import yaml

from localcluster.paths import CHECKOUT
from localcluster.release import REGISTRY, sums, version

TAG = re.compile(REGISTRY + r"/[a-z]+:(v[\w.+-]+)")
SUFFIXES = {".md", ".yaml", ".py"}
AREAS = ("docs", "manifests", "demo", "tests")


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
