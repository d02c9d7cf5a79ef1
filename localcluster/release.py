"""`python -m localcluster.release`: what a release consists of, in dist/.

The two images as archives that `docker load` and `ctr images import` read, install.yaml (the CRDs and the operator),
and SHA256SUMS over these and the bills of materials that `make sbom` wrote there. The version is pyproject.toml's.
"""

import hashlib
import sys
import tomllib
from pathlib import Path

from localcluster import provider
from localcluster.commands import Failed, run
from localcluster.delivery import build_all
from localcluster.images import OPERATOR, TRAINER
from localcluster.paths import CHECKOUT
from localcluster.progress import step

DIST = CHECKOUT / "dist"
REGISTRY = "ghcr.io/refit"
IMAGES = (OPERATOR, TRAINER)


def version() -> str:
    """Return the project's version as tags have it, with a v."""
    return f"v{tomllib.loads((CHECKOUT / 'pyproject.toml').read_text())['project']['version']}"


def install_yaml(kubectl: Path) -> str:
    """Return the CRDs and the operator, as one file to apply."""
    return run([kubectl, "kustomize", CHECKOUT / "manifests" / "base"])


def sums(folder: Path) -> str:
    """Return the lines of SHA256SUMS for every other file of a folder."""
    files = sorted(path for path in folder.iterdir() if path.name != "SHA256SUMS")
    return "".join(f"{_digest(path)}  {path.name}\n" for path in files)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> int:
    """Write the archives, install.yaml and the sums."""
    cluster = provider.choose()
    DIST.mkdir(exist_ok=True)
    try:
        cluster.install()
        cluster.compile()
        (DIST / "install.yaml").write_text(install_yaml(cluster.programs() / "kubectl"))
        build_all(cluster, IMAGES)
        for image in IMAGES:
            with step(f"archive of {image.short}"):
                tag = f"{REGISTRY}/{image.short}:{version()}"
                cluster.builder().archive(image, tag, DIST / f"{image.short}-{version()}.tar")
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    (DIST / "SHA256SUMS").write_text(sums(DIST))
    return 0


if __name__ == "__main__":
    sys.exit(main())
