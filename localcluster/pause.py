"""The smallest image: static busybox. It holds sandboxes open.

It is written as an archive by hand, so no build tool is needed before the node runs.
"""

import io
import tarfile
from pathlib import Path

from localcluster.archives import write_docker_archive

PAUSE_IMAGE = "localhost/refit-pause:1"
BUSYBOX = Path("/bin/busybox")
APPLETS = ("sh", "sleep", "mkdir", "chmod", "rm", "ls", "cat", "wget", "nslookup", "id", "nc", "true", "touch", "date")


def write_archive(path: Path) -> None:
    """Write the image as a docker-archive."""
    settings = {"Cmd": ["/bin/sleep", "2147483647"], "Env": ["PATH=/bin"]}
    write_docker_archive(path, PAUSE_IMAGE, [_layer(BUSYBOX.read_bytes())], settings)


def _layer(busybox: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        for folder in ("bin", "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            layer.addfile(entry)
        entry = tarfile.TarInfo("bin/busybox")
        entry.size, entry.mode = len(busybox), 0o755
        layer.addfile(entry, io.BytesIO(busybox))
        for applet in APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            layer.addfile(link)
    return buffer.getvalue()
