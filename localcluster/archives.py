"""Read an image that `docker save` or `podman save` wrote; write it as an OCI layout without layers known elsewhere.

Or write one by hand, where no engine is.

`kind load` sends whole archives, and fails where an index names attestations that the archive lacks. A layout with one
manifest of our own has neither fault, and containerd takes layers that it holds from its content store.
Formats: https://github.com/opencontainers/image-spec (image-layout.md, manifest.md), and Docker's archive v1.2.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from localcluster.commands import run

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
COMPRESSIONS = {b"\x1f\x8b": "+gzip", b"\x28\xb5": "+zstd"}
"""By the first two bytes."""
BLOBS = "blobs/sha256/"


@dataclass(frozen=True)
class Blob:
    """Bytes of an image: their digest, size in bytes and media type, and where they lie in the archive."""

    digest: str
    size: int
    media_type: str
    member: str

    def descriptor(self) -> dict[str, Any]:
        """Return what a manifest says of it."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


@dataclass(frozen=True)
class Saved:
    """One image in an archive; the layers from the lowest up."""

    config: Blob
    layers: tuple[Blob, ...]

    def manifest(self) -> bytes:
        """Return the OCI manifest."""
        layers = [layer.descriptor() for layer in self.layers]
        parts = {"schemaVersion": 2, "mediaType": MANIFEST, "config": self.config.descriptor(), "layers": layers}
        return json.dumps(parts).encode()


def read(tar: tarfile.TarFile) -> Saved:
    """Return the first image of an archive. Raises KeyError where the archive names a part that it lacks."""
    entry = json.loads(_content(tar, "manifest.json").read())[0]
    config = _content(tar, entry["Config"]).read()
    unpacked = json.loads(config)["rootfs"]["diff_ids"]
    layers = [_layer(tar, member, digest) for member, digest in zip(entry["Layers"], unpacked, strict=True)]
    return Saved(Blob(_digest(config), len(config), CONFIG, entry["Config"]), tuple(layers))


def _layer(tar: tarfile.TarFile, member: str, unpacked: str) -> Blob:
    """Return a layer. Where it is compressed, its name is its digest; else its digest is that of the unpacked layer."""
    content = _content(tar, member)
    compression = COMPRESSIONS.get(content.read(2), "")
    size = content.seek(0, io.SEEK_END)
    digest = f"sha256:{member.removeprefix(BLOBS)}" if compression else unpacked
    return Blob(digest, size, LAYER + compression, member)


def write(tar: tarfile.TarFile, saved: Saved, name: str, present: set[str], sink: IO[bytes]) -> None:
    """Write the image under a name, but for the layers whose digests are present where it goes."""
    manifest = saved.manifest()
    index = {
        "schemaVersion": 2,
        "manifests": [
            {
                "mediaType": MANIFEST,
                "digest": _digest(manifest),
                "size": len(manifest),
                "annotations": {"io.containerd.image.name": name},
            }
        ],
    }
    with tarfile.open(fileobj=sink, mode="w|") as layout:
        _add(layout, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        _add(layout, "index.json", json.dumps(index).encode())
        _add(layout, _path(_digest(manifest)), manifest)
        for blob in {blob.digest: blob for blob in (saved.config, *saved.layers)}.values():
            if blob.digest not in present:
                entry = tarfile.TarInfo(_path(blob.digest))
                entry.size = blob.size
                layout.addfile(entry, _content(tar, blob.member))


def write_docker_archive(path: Path, name: str, layers: Sequence[bytes], settings: Mapping[str, object]) -> None:
    """Write an image of layers, each a tar archive, the lowest first; `settings` is `config` in its configuration."""
    names = [f"{_digest(layer).removeprefix('sha256:')}.tar" for layer in layers]
    config = {
        "architecture": architecture(),
        "os": "linux",
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer) for layer in layers]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": names}]
    with tarfile.open(path, "w") as tar:
        for part, layer in zip(names, layers, strict=True):
            _add(tar, part, layer)
        _add(tar, "config.json", json.dumps(config).encode())
        _add(tar, "manifest.json", json.dumps(manifest).encode())


def architecture() -> str:
    """Return this machine's architecture as images name it, which is as Debian does."""
    return run(["dpkg", "--print-architecture"]).strip()


def _add(tar: tarfile.TarFile, path: str, content: bytes) -> None:
    entry = tarfile.TarInfo(path)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def _content(tar: tarfile.TarFile, member: str) -> IO[bytes]:
    """Return a file of the archive; links, which Docker writes for layers that occur twice, are followed."""
    found = tar.extractfile(member)
    if found is None:
        raise KeyError(f"{member} is no file in the archive")
    return found


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _path(digest: str) -> str:
    return BLOBS + digest.removeprefix("sha256:")
