"""Write images as docker-archives by hand: no build tool is needed, and none is asked of a registry."""

import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Archive:
    """An image: a base, if it has one, and programs below /usr/local/bin on top."""

    name: str
    programs: Mapping[str, Path]
    entrypoint: tuple[str, ...] = ()
    applets: tuple[str, ...] = ()
    """Links to busybox, which is one of the programs then."""
    base: Path | None = field(default=None)
    """A root file system, as a tar archive."""

    def write(self, path: Path) -> None:
        """Write the archive."""
        layers = [self.base.read_bytes()] if self.base else []
        layers.append(self._programs_layer())
        names = [f"{hashlib.sha256(layer).hexdigest()}.tar" for layer in layers]
        manifest = [{"Config": "config.json", "RepoTags": [self.name], "Layers": names}]
        parts = dict(zip(names, layers, strict=True))
        parts["config.json"] = json.dumps(self._config(names)).encode()
        parts["manifest.json"] = json.dumps(manifest).encode()
        with tarfile.open(path, "w") as tar:
            for name, content in parts.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))

    def _config(self, layers: list[str]) -> dict[str, object]:
        digests = [f"sha256:{name.removesuffix('.tar')}" for name in layers]
        return {
            "architecture": architecture(),
            "os": "linux",
            "config": {"Entrypoint": list(self.entrypoint), "Env": [f"PATH={PATH}"]},
            "rootfs": {"type": "layers", "diff_ids": digests},
        }

    def _programs_layer(self) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for name, program in self.programs.items():
                tar.add(program, f"usr/local/bin/{name}", filter=_as_program)
            for applet in self.applets:
                link = tarfile.TarInfo(f"bin/{applet}")
                link.type, link.linkname = tarfile.SYMTYPE, "/usr/local/bin/busybox"
                tar.addfile(link)
        return buffer.getvalue()


def architecture() -> str:
    """Return this machine's architecture as images name it, which is as Debian does."""
    return subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()


def _as_program(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Make a file root's, and executable; its time says nothing, so that the same program gives the same layer."""
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = "root"
    entry.mode = 0o755
    return entry
