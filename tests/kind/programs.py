"""Docker and slirp4netns from Debian's packages: unpacked, not installed, so that nothing of them starts by itself."""

import os
from collections.abc import Mapping
from pathlib import Path

from localcluster.commands import Failed, run
from localcluster.made_once import make_once
from localcluster.paths import Layout

PACKAGES = ("docker.io", "tini", "libdevmapper1.02.1", "slirp4netns", "libslirp0")
"""What Docker needs besides, runc, containerd and iptables, is among the packages of the assembled node."""


def unpacked(layout: Layout) -> Path:
    """Return the folder with the packages' contents."""
    return make_once("kind/debian", Path(__file__), _unpack)


def environment(folder: Path) -> Mapping[str, str]:
    """Return the variables by which the unpacked programs and their libraries are found."""
    libraries = sorted({str(path.parent) for path in folder.glob("**/*.so.*")})
    path = [str(folder / "usr/bin"), str(folder / "usr/sbin"), os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]
    return {"PATH": os.pathsep.join(path), "LD_LIBRARY_PATH": os.pathsep.join(libraries)}


def _unpack(scratch: Path, folder: Path) -> None:
    try:
        run(["apt-get", "-qq", "download", *PACKAGES], cwd=scratch)
    except Failed:
        run(["apt-get", "-qq", "update"])
        run(["apt-get", "-qq", "download", *PACKAGES], cwd=scratch)
    for package in scratch.glob("*.deb"):
        run(["dpkg", "-x", package, folder])
