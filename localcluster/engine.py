"""The container engine of this machine, where there is one: it builds and runs images for a kind cluster."""

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from localcluster.bases import Base
from localcluster.builder import OWNER, ROOT, Errand, Image
from localcluster.commands import Failed, output, run, succeeds
from localcluster.paths import CHECKOUT, Layout
from localcluster.progress import step

ENGINES = ("docker", "podman")
# An attestation is one more manifest in the image's index, and archives may lack what it names.
NO_ATTESTATIONS = {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


@functools.cache
def find_engine() -> str | None:
    """Return `docker` or `podman`, whichever answers first; None where neither does."""
    answering = next((name for name in ENGINES if succeeds([name, "info"])), None)
    # podman-docker is podman under docker's name, and kind has to know.
    return "podman" if answering == "docker" and "podman" in output(["docker", "--version"]).lower() else answering


def installed_engines() -> tuple[str, ...]:
    """Return the engines whose program is on PATH, whether they answer or not."""
    return tuple(name for name in ENGINES if shutil.which(name))


def complaint(program: str) -> str:
    """Return the last line that an engine writes instead of an answer, such as that the user may not use its socket."""
    lines = subprocess.run([program, "info"], capture_output=True, check=False, text=True).stderr.split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


@dataclass(frozen=True)
class Size:
    """What an engine may use; on macOS that is its virtual machine's."""

    cpus: int
    memory_gib: float


@dataclass(frozen=True)
class Engine:
    """docker or podman."""

    layout: Layout
    program: str

    def has(self, name: str) -> bool:
        """Return whether the engine holds an image of that name."""
        return succeeds([self.program, "image", "inspect", name])

    def label(self, name: str, label: str) -> str:
        """Return a label of an image; empty where there is none."""
        form = f'{{{{index .Config.Labels "{label}"}}}}'
        return output([self.program, "image", "inspect", "--format", form, name]).strip()

    def pull(self, name: str) -> None:
        """Pull an image."""
        with step(f"pull {name.partition('@')[0]}"):
            run([self.program, "pull", name])

    def size(self) -> Size:
        """Return what containers may use together."""
        form = "{{.NCPU}} {{.MemTotal}}" if self.program == "docker" else "{{.Host.CPUs}} {{.Host.MemTotal}}"
        cpus, memory = run([self.program, "info", "--format", form]).split()
        return Size(int(cpus), int(memory) / 2**30)

    def build(self, image: Image, labels: Mapping[str, str]) -> None:
        """Build an image on its Debian base, the same as the assembled node's, making that first unless it is there."""
        self._ensure_base(image.base)
        log = self.layout.images / "logs" / f"build-{image.short}.log"
        words = ["-f", str(CHECKOUT / image.dockerfile), "-t", image.name]
        words += [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
        words += ["--build-arg", f"BASE_IMAGE={image.base.image}", str(CHECKOUT)]
        run([self.program, "build", *words], env=NO_ATTESTATIONS, log=log)

    def run(self, image: Image, errand: Errand, command: Sequence[str]) -> int:
        """Run a command in a throw-away container of an image and return its exit status."""
        # Mounted folders keep their labels: SELinux would otherwise have every file of the checkout labelled again.
        options = ["--rm", "--network", "host", "--security-opt", "label=disable", "--workdir", errand.folder]
        options += ["--user", self._owner() if errand.user == OWNER else errand.user, "--entrypoint", ""]
        options += [word for mount in errand.mounts for word in ("-v", mount)]
        options += [word for name, value in errand.env.items() for word in ("-e", f"{name}={value}")]
        return subprocess.run([self.program, "run", *options, image.name, *command], check=False).returncode

    def archive(self, image: Image, name: str, path: Path) -> None:
        """Save an image as a docker-archive, under a name of its own."""
        run([self.program, "tag", image.name, name])
        self.save(name, path)

    def save(self, name: str, path: Path) -> None:
        """Save an image as a docker-archive."""
        path.unlink(missing_ok=True)  # podman adds to one that is there
        run([self.program, "save", "-o", path, name])

    def _owner(self) -> str:
        """Return the user in a container whose files belong to the user outside."""
        rootless = "rootless" if self.program == "docker" else "true"
        form = "{{.SecurityOptions}}" if self.program == "docker" else "{{.Host.Security.Rootless}}"
        is_rootless = rootless in output([self.program, "info", "--format", form])
        return ROOT if is_rootless else f"{os.geteuid()}:{os.getegid()}"

    def _ensure_base(self, base: Base) -> None:
        if self.has(base.image):
            return
        with step(f"base of {base.name} from Debian {base.suite}"), tempfile.TemporaryDirectory() as context:
            certificates = os.environ.get("PIP_CERT")
            if certificates:
                shutil.copy(certificates, Path(context, "ca.crt"))
            Path(context, "Dockerfile").write_text(base_dockerfile(base, bool(certificates)))
            log = self.layout.images / "logs" / f"base-{base.name}.log"
            run([self.program, "build", "-t", base.image, context], env=NO_ATTESTATIONS, log=log)


def base_dockerfile(base: Base, has_certificates: bool) -> str:
    """Return the Dockerfile of a base; behind a proxy that opens TLS, pip inside needs the outside's certificates."""
    install = f"apt-get install -y --no-install-recommends {' '.join(base.packages)}"
    lines = [
        f"FROM docker.io/library/debian:{base.suite}-slim",
        f"RUN apt-get update && {install} && rm -rf /var/lib/apt/lists/*",
    ]
    if has_certificates:
        lines += [f"COPY ca.crt {CERTIFICATES}", f"ENV PIP_CERT={CERTIFICATES}"]
    return "\n".join(lines) + "\n"


def reason(failure: Failed) -> str:
    """Return the last line of what a failed command wrote: where engines put the cause."""
    return str(failure).splitlines()[-1].strip()
