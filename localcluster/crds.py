"""CustomResourceDefinitions of others, as they are published: no controller of theirs, and nothing is built."""

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from localcluster.binaries import go_program
from localcluster.commands import Failed, run
from localcluster.paths import Layout


@dataclass(frozen=True)
class Published:
    """A CustomResourceDefinition in a Go module, pinned by the module's checksum."""

    module: str
    version: str
    checksum: str
    """As go.sum has it."""
    file: str


TARGETS = (
    Published(
        "github.com/argoproj/argo-rollouts",
        "v1.8.3",
        "h1:blbtQva4IK9r6gFh+dWkCrLnFdPOWiv9ubQYu36qeaA=",
        "manifests/crds/rollout-crd.yaml",
    ),
    Published(
        "github.com/kserve/kserve",
        "v0.16.0",
        "h1:kDkcAU5VMiZf4zhdDXH+UdAIgzXhs10GMv0d9r4qvTs=",
        "config/crd/full/serving.kserve.io_inferenceservices.yaml",
    ),
)
"""The kinds of targets that a cluster need not serve."""


def fetch(layout: Layout, published: tuple[Published, ...] = TARGETS) -> Path:
    """Return a folder with the files. Raises Failed where a module isn't the one that is pinned."""
    layout.binaries.mkdir(parents=True, exist_ok=True)
    folder = layout.binaries / "-".join(["crds", *(each.version for each in published)])
    if folder.exists():
        return folder
    unfinished = Path(tempfile.mkdtemp(dir=layout.binaries))
    try:
        for each in published:
            shutil.copyfile(_download(layout, each) / each.file, unfinished / Path(each.file).name)
        unfinished.chmod(0o755)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _download(layout: Layout, published: Published) -> Path:
    """Return the module's folder. It is asked for outside of any module, so that nothing that it needs is fetched."""
    name = f"{published.module}@{published.version}"
    with tempfile.TemporaryDirectory() as outside:
        found = json.loads(run([go_program(layout), "mod", "download", "-json", name], cwd=Path(outside)))
    if found["Sum"] != published.checksum:
        raise Failed(f"{name} has checksum {found['Sum']}, and {published.checksum} is pinned")
    return Path(found["Dir"])
