"""Root file systems for image builds, made from Debian packages where no registry can be reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localcluster.commands import run
from localcluster.keys import key
from localcluster.paths import Layout
from localcluster.progress import step


@dataclass(frozen=True)
class Base:
    """A Debian suite and the packages on top of its minimal set."""

    name: str
    suite: str
    packages: tuple[str, ...]

    @property
    def image(self) -> str:
        """The image's name; the tag is the key of suite and packages."""
        return f"localhost/refit-base-{self.name}:{key(self.suite, *self.packages)}"


OPERATOR_BASE = Base("operator", "bookworm", ("python3", "python3-venv", "ca-certificates"))
# OpenBLAS is named: without it Debian's torch multiplies fp32 matrices twenty times slower.
TRAINER_BASE = Base(
    "trainer",
    "trixie",
    ("python3-torch", "python3-pip", "python3-venv", "libopenblas0-pthread", "ca-certificates"),
)


def make_archive(layout: Layout, base: Base) -> Path:
    """Make the root file system as a tar archive and return where it lies."""
    archive = layout.bases / f"{base.name}.tar"
    archive.parent.mkdir(parents=True, exist_ok=True)
    log = layout.images / "logs" / f"base-{base.name}.log"
    with step(f"base of {base.name} from Debian {base.suite}"):
        make_root(base.suite, base.packages, archive, log=log)
    return archive


def make_root(
    suite: str, packages: Sequence[str], target: Path, hooks: Sequence[str] = (), log: Path | None = None
) -> None:
    """Write Debian's minimal set and some packages to a tar archive; the hooks are mmdebstrap's customize hooks.

    What mmdebstrap says goes to the log, by default a file beside the archive.
    """
    options = [f"--customize-hook={hook}" for hook in hooks]
    if packages:
        options.append(f"--include={','.join(packages)}")
    run(["mmdebstrap", "--variant=minbase", *options, suite, target], log=log or target.with_suffix(".log"))
