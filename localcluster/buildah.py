"""Build and run images with buildah in a storage of our own, where no container engine runs.

Isolation is chroot, because a runtime's own needs rights that a sandboxed root may lack.
"""

import os
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from localcluster import processes
from localcluster.bases import Base, make_archive
from localcluster.builder import OWNER, ROOT, Errand, Image
from localcluster.commands import output, run
from localcluster.paths import CHECKOUT, PACKAGE, Layout
from localcluster.progress import step

# pip inside a build needs what pip outside uses: certificates and its configuration.
HOST_SETTINGS = (Path("/etc/ssl/certs"), Path("/etc/pip.conf"))
MARK = "REFIT_ERRAND"
ISOLATION = ("--isolation", "chroot", "--network", "host")


@dataclass(frozen=True)
class Buildah:
    """buildah on the cache's storage."""

    layout: Layout

    def has(self, name: str) -> bool:
        """Return whether the storage holds an image of that name."""
        return name in self.call("images", "--format", "{{.Name}}:{{.Tag}}").split()

    def label(self, name: str, label: str) -> str:
        """Return a label of an image; empty where there is none."""
        form = f'{{{{index .OCIv1.Config.Labels "{label}"}}}}'
        return output([*self._argv("inspect"), "--type", "image", "--format", form, name]).strip()

    def build(self, image: Image, labels: Mapping[str, str]) -> None:
        """Build an image on its Debian base, making that first unless it is there."""
        self._ensure_base(image.base)
        options = [*ISOLATION, "--layers", "--pull-never", *_mounts(), f"--ignorefile={PACKAGE}/context.ignore"]
        arguments = {"BASE_IMAGE": image.base.image, "PIP_CERT": os.environ.get("PIP_CERT", "")}
        options += [word for name, value in arguments.items() if value for word in ("--build-arg", f"{name}={value}")]
        options += [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
        log = self.layout.images / "logs" / f"build-{image.short}.log"
        self.call("bud", *options, "-f", CHECKOUT / image.dockerfile, "-t", image.name, CHECKOUT, log=log)

    def run(self, image: Image, errand: Errand, command: Sequence[str]) -> int:
        """Run a command in a throw-away container of an image and return its exit status."""
        container = self.call("from", "--pull-never", image.name)
        user = ROOT if errand.user == OWNER else errand.user
        options = [*ISOLATION, *_mounts(), "--workingdir", errand.folder, "--user", user]
        options += [word for mount in errand.mounts for word in ("-v", mount)]
        options += [word for name, value in errand.env.items() for word in ("-e", f"{name}={value}")]
        # Chroot brings no process namespace, so what the command leaves running is found by a mark in its environment.
        mark = f"{MARK}={uuid.uuid4()}"
        options += ["-e", mark]
        try:
            return subprocess.run([*self._argv("run"), *options, container, "--", *command], check=False).returncode
        finally:
            processes.kill(processes.with_environment(mark))
            self.call("rm", container)

    def push(self, image: Image, target: str) -> None:
        """Push an image, its layers uncompressed, to a registry without TLS."""
        self.call("push", "--tls-verify=false", "--disable-compression", image.name, target)

    def archive(self, image: Image, name: str, path: Path) -> None:
        """Save an image as a docker-archive, under a name of its own."""
        path.unlink(missing_ok=True)  # one that is there isn't overwritten
        identity = self.call("images", "--quiet", image.name)  # by its name, the archive would have that name too
        self.call("push", identity, f"docker-archive:{path}:{name}")

    def call(self, command: str, *arguments: str | Path, log: Path | None = None) -> str:
        """Run one buildah command and return what it prints."""
        return run([*self._argv(command), *arguments], log=log).strip()

    def _argv(self, command: str) -> list[str]:
        store, scratch = self.layout.images / "storage", self.layout.images / "run"
        return ["buildah", "--root", str(store), "--runroot", str(scratch), "--storage-driver", "overlay", command]

    def _ensure_base(self, base: Base) -> None:
        if self.has(base.image):
            return
        archive = make_archive(self.layout, base)
        with step(f"image of that base ({base.name})"):
            container = self.call("from", "scratch")
            try:
                self.call("add", container, archive, "/")
                self.call("commit", container, base.image)
            finally:
                self.call("rm", container)
        archive.unlink()


def _mounts() -> list[str]:
    return [word for path in HOST_SETTINGS if path.exists() for word in ("-v", f"{path}:{path}:ro")]
