"""`python -m localcluster.release`: what a release consists of, in dist/.

The two images as archives that `docker load` and `ctr images import` read, the manifests as single files to apply, the
Helm chart, and SHA256SUMS over these and the bills of materials that `make sbom` wrote there. The version is
pyproject.toml's. `REFIT_REGISTRY` names another registry than the project's, in all of them.
"""

import hashlib
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

from localcluster import provider
from localcluster.binaries import HELM, ensure_binaries
from localcluster.commands import Failed, run
from localcluster.delivery import build_all
from localcluster.images import OPERATOR, TRAINER
from localcluster.paths import CHECKOUT, Layout
from localcluster.progress import step

DIST = CHECKOUT / "dist"
REGISTRY = "ghcr.io/refit"
IMAGES = (OPERATOR, TRAINER)
MANIFESTS: Mapping[str, str] = {
    "install.yaml": "manifests/base",
    "namespace-install.yaml": "manifests/overlays/namespaced",
    "crds.yaml": "crds",
}
"""Files to apply, and the folder that kustomize makes each of."""
CHART = "charts/refit"


def version() -> str:
    """Return the project's version as tags have it, with a v."""
    return f"v{tomllib.loads((CHECKOUT / 'pyproject.toml').read_text())['project']['version']}"


def registry() -> str:
    """Return the registry that the release is for, as REFIT_REGISTRY names it. Raises Failed."""
    named = os.environ.get("REFIT_REGISTRY", "") or REGISTRY
    if named != named.lower() or named.endswith("/") or "://" in named:
        raise Failed(f"REFIT_REGISTRY is {named!r}: name host and path in lower case, such as registry.example/refit")
    return named


def in_registry(text: str, named: str) -> str:
    """Return a text with the project's images in another registry."""
    return text.replace(f"{REGISTRY}/", f"{named}/")


def manifest(kubectl: Path, folder: str, named: str = REGISTRY) -> str:
    """Return what kustomize makes of a folder, as one file to apply."""
    return in_registry(run([kubectl, "kustomize", CHECKOUT / folder]), named)


def package_chart(helm: str, named: str, into: Path) -> None:
    """Have the Helm chart in a folder, as refit-VERSION.tgz."""
    with tempfile.TemporaryDirectory() as folder:
        chart = shutil.copytree(CHECKOUT / CHART, Path(folder, "refit"))
        values = chart / "values.yaml"
        values.write_text(in_registry(values.read_text(), named))
        run([helm, "package", chart, "--destination", into])


def helm_program(layout: Layout) -> str:
    """Return the Helm to call: the machine's, or else one that is built."""
    found = shutil.which(HELM.name)
    if not found:
        ensure_binaries(layout, [HELM])
    return found or str(HELM.output(layout) / HELM.name)


def sums(folder: Path) -> str:
    """Return the lines of SHA256SUMS for every other file of a folder."""
    files = sorted(path for path in folder.iterdir() if path.name != "SHA256SUMS")
    return "".join(f"{_digest(path)}  {path.name}\n" for path in files)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(cluster: provider.Provider, named: str, into: Path) -> None:
    """Write the manifests, the chart and the images. Raises Failed."""
    cluster.install()
    cluster.compile()
    for file, folder in MANIFESTS.items():
        (into / file).write_text(manifest(cluster.programs() / "kubectl", folder, named))
    package_chart(helm_program(cluster.layout), named, into)
    build_all(cluster, IMAGES)
    for image in IMAGES:
        with step(f"archive of {image.short}"):
            tag = f"{named}/{image.short}:{version()}"
            cluster.builder().archive(image, tag, into / f"{image.short}-{version()}.tar")


def main() -> int:
    """Write the release and its sums."""
    DIST.mkdir(exist_ok=True)
    try:
        write(provider.choose(), registry(), DIST)
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    (DIST / "SHA256SUMS").write_text(sums(DIST))
    return 0


if __name__ == "__main__":
    sys.exit(main())
