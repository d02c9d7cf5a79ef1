"""Archives as Docker 20, Docker 29 and podman write them, and what of them a node is sent."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcluster import archives
from localcluster.archives import read, write

LAYERS = (b"lowest", b"middle", b"highest")
NAME = "localhost/refit-operator:dev"


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


CONFIG = json.dumps({"rootfs": {"diff_ids": [digest(layer) for layer in LAYERS]}}).encode()


def archive(path: Path, config: str, members: dict[str, bytes | str]) -> tarfile.TarFile:
    """Write an archive whose layers are all members but those that others are links to; return it opened."""
    layers = [name for name in members if not name.startswith("hidden")]
    manifest = [{"Config": config, "RepoTags": [NAME], "Layers": layers}]
    with tarfile.open(path, "w") as tar:
        for name, content in {**members, config: CONFIG, "manifest.json": json.dumps(manifest).encode()}.items():
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                tar.addfile(entry)
            else:
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return tarfile.open(path)


def sent(tar: tarfile.TarFile, *present: str) -> dict[str, bytes]:
    sink = io.BytesIO()
    write(tar, read(tar), NAME, set(present), sink)
    with tarfile.open(fileobj=io.BytesIO(sink.getvalue())) as layout:
        return {entry.name: content.read() for entry in layout if (content := layout.extractfile(entry))}


def blob(name: str) -> str:
    return "blobs/sha256/" + name.removeprefix("sha256:")


@pytest.fixture
def docker20(tmp_path: Path) -> Iterator[tarfile.TarFile]:
    """A layer that occurs twice is a link there."""
    members: dict[str, bytes | str] = {
        "a/layer.tar": LAYERS[0],
        "b/layer.tar": "../hidden/layer.tar",
        "c/layer.tar": LAYERS[2],
        "hidden/layer.tar": LAYERS[1],
    }
    with archive(tmp_path / "docker20.tar", "c0ffee.json", members) as tar:
        yield tar


@pytest.fixture
def docker29(tmp_path: Path) -> Iterator[tarfile.TarFile]:
    packed = [gzip.compress(layer) for layer in LAYERS]
    members: dict[str, bytes | str] = {blob(digest(layer)): layer for layer in packed}
    with archive(tmp_path / "docker29.tar", blob(digest(CONFIG)), members) as tar:
        yield tar


def test_an_unpacked_layer_is_known_by_its_content(docker20: tarfile.TarFile) -> None:
    saved = read(docker20)
    assert saved.config.digest == digest(CONFIG)
    assert [layer.digest for layer in saved.layers] == [digest(layer) for layer in LAYERS]
    assert [layer.size for layer in saved.layers] == [len(layer) for layer in LAYERS]


def test_a_compressed_layer_is_known_by_its_name(docker29: tarfile.TarFile) -> None:
    layers = read(docker29).layers
    assert [layer.digest for layer in layers] == [digest(gzip.compress(layer)) for layer in LAYERS]
    assert {layer.media_type for layer in layers} == {"application/vnd.oci.image.layer.v1.tar+gzip"}


def test_what_a_node_has_is_not_sent(docker20: tarfile.TarFile) -> None:
    parts = sent(docker20, digest(LAYERS[0]), digest(LAYERS[1]))
    assert parts[blob(digest(LAYERS[2]))] == LAYERS[2]
    assert not {blob(digest(LAYERS[0])), blob(digest(LAYERS[1]))} & set(parts)


def test_the_layout_names_every_layer_and_the_image(docker20: tarfile.TarFile) -> None:
    parts = sent(docker20, digest(LAYERS[0]))
    (entry,) = json.loads(parts["index.json"])["manifests"]
    assert entry["annotations"] == {"io.containerd.image.name": NAME}
    manifest = parts[blob(entry["digest"])]
    assert (digest(manifest), len(manifest)) == (entry["digest"], entry["size"])
    assert [layer["digest"] for layer in json.loads(manifest)["layers"]] == [digest(layer) for layer in LAYERS]
    assert parts[blob(json.loads(manifest)["config"]["digest"])] == CONFIG


def test_an_image_written_by_hand_is_read_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "architecture", lambda: "arm64")
    archives.write_docker_archive(tmp_path / "x.tar", NAME, LAYERS, {"Cmd": ["sleep"]})
    with tarfile.open(tmp_path / "x.tar") as tar:
        saved = read(tar)
        assert [layer.digest for layer in saved.layers] == [digest(layer) for layer in LAYERS]
        config = json.loads(sent(tar)[blob(saved.config.digest)])
    assert (config["architecture"], config["config"]) == ("arm64", {"Cmd": ["sleep"]})


def test_an_archive_without_a_layer_is_told(tmp_path: Path) -> None:
    members: dict[str, bytes | str] = {"a/layer.tar": LAYERS[0], "b": "nowhere", "c": LAYERS[2]}
    with archive(tmp_path / "x.tar", "c.json", members) as tar, pytest.raises(KeyError, match="nowhere"):
        read(tar)
