"""Write images as docker-archives by hand: no build tool is needed, and none is asked of a registry."""

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localcluster.archives import write_docker_archive

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
        settings = {"Entrypoint": list(self.entrypoint), "Env": [f"PATH={PATH}"]}
        write_docker_archive(path, self.name, layers, settings)

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


def _as_program(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Make a file root's, and executable; its time says nothing, so that the same program gives the same layer."""
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = "root"
    entry.mode = 0o755
    return entry
