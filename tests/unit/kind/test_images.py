import hashlib
import json
import re
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from localcluster.paths import PACKAGE, Layout
from tests.kind import images
from tests.kind.images import node_image, stand_in
from tests.kind.node_image import programs
from tests.kind.node_image.archives import Archive
from tests.kind.node_image.contents import CONTROL_PLANE, images_of, prometheus_image

LISTED = """\
registry.k8s.io/kube-apiserver:v1.34.4
registry.k8s.io/coredns/coredns:v1.12.1
registry.k8s.io/pause:3.10.1
"""


@pytest.fixture
def node_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the node image is made of."""
    copy = tmp_path / "node_image"
    shutil.copytree(images.NODE_FOLDER, copy)
    monkeypatch.setattr(images, "NODE_FOLDER", copy)
    return copy


def test_the_node_image_is_named_for_its_contents(node_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Layout(Path("/cache"))
    first = node_image(place)
    assert re.fullmatch(r"localhost/kind-node:[0-9a-f]{16}", first)
    assert node_image(Layout(Path("/elsewhere"))) == first
    with (node_folder / "rootfs/usr/local/bin/entrypoint").open("a") as entrypoint:
        entrypoint.write("# another\n")
    second = node_image(place)
    kubeadm = replace(programs.KUBEADM, flags="-X version=other")
    monkeypatch.setattr(programs, "SOURCES", (*programs.SOURCES, kubeadm))
    assert len({first, second, node_image(place)}) == 3


def test_stand_ins_have_the_full_names_of_what_they_stand_in_for() -> None:
    assert stand_in("trixie") == "docker.io/library/debian:trixie-slim"


def test_prometheus_has_the_name_that_the_manifest_of_the_cluster_asks_for() -> None:
    name = prometheus_image((PACKAGE / "manifests" / "kind.yaml").read_text())
    assert re.search(r"prom/prometheus:v\d", name)


@pytest.mark.parametrize(
    "line", ["image: prom/prometheus:v2", 'image: "prom/prometheus:v2"', "- image: prom/prometheus:v2"]
)
def test_an_image_is_found_however_the_line_is_written(line: str) -> None:
    assert prometheus_image(f"containers:\n  - image: busybox\n  {line}\n") == "prom/prometheus:v2"


def test_images_are_known_by_their_short_names() -> None:
    names = images_of(LISTED)
    assert names["coredns"] == "registry.k8s.io/coredns/coredns:v1.12.1"
    assert names[CONTROL_PLANE[0]] == "registry.k8s.io/kube-apiserver:v1.34.4"


def test_programs_are_pinned_beside_the_image_or_in_the_local_cluster() -> None:
    for source in programs.SOURCES:
        assert (source.folder / "go.mod").exists(), source.name


def test_an_archive_holds_the_base_and_the_programs_above_it(tmp_path: Path) -> None:
    base, program = tmp_path / "base.tar", tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    with tarfile.open(base, "w") as tar:
        tar.add(program, "etc/file")
    Archive("localhost/x:1", {"x": program}, ("x",), ("sh",), base).write(tmp_path / "x.tar")
    with tarfile.open(tmp_path / "x.tar") as tar:
        manifest = json.load(tar.extractfile("manifest.json") or pytest.fail())[0]
        config = json.load(tar.extractfile("config.json") or pytest.fail())
        layers = [(tar.extractfile(name) or pytest.fail()).read() for name in manifest["Layers"]]
    assert manifest["RepoTags"] == ["localhost/x:1"] and config["config"]["Entrypoint"] == ["x"]
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    assert layers[0] == base.read_bytes()
    (tmp_path / "layer.tar").write_bytes(layers[1])
    with tarfile.open(tmp_path / "layer.tar") as tar:
        entry = tar.getmember("usr/local/bin/x")
        assert (entry.mode, entry.uid) == (0o755, 0) and tar.getmember("bin/sh").linkname == "/usr/local/bin/busybox"
