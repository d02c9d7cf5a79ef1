"""buildah with a storage of our own, so that nothing of the machine's image stores is touched."""

import os
from pathlib import Path

from localcluster.commands import run
from localcluster.paths import Layout

# pip inside a build needs what pip outside uses: certificates and its configuration.
HOST_SETTINGS = (Path("/etc/ssl/certs"), Path("/etc/pip.conf"))


def buildah(layout: Layout, command: str, *arguments: str | Path, log: Path | None = None) -> str:
    """Run one buildah command on our storage and return what it prints."""
    return run([*buildah_argv(layout, command), *arguments], log=log).strip()


def buildah_argv(layout: Layout, command: str) -> list[str]:
    """Return the start of a buildah command line."""
    store = layout.images / "storage"
    roots = ["--root", str(store), "--runroot", str(layout.images / "run"), "--storage-driver", "overlay"]
    return ["buildah", *roots, command]


def host_settings() -> list[str]:
    """Return the mounts and build arguments that let pip work inside a build as it does on this machine."""
    mounts = [word for path in HOST_SETTINGS if path.exists() for word in ("-v", f"{path}:{path}:ro")]
    certificate = os.environ.get("PIP_CERT")
    return mounts + (["--build-arg", f"PIP_CERT={certificate}"] if certificate else [])


def image_exists(layout: Layout, name: str) -> bool:
    """Return whether our storage holds an image of that name."""
    return name in buildah(layout, "images", "--format", "{{.Name}}:{{.Tag}}").split()
