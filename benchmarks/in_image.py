"""A benchmark's part inside the trainer image: what it leaves in a file is what was measured."""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from localcluster import provider
from localcluster.images import IMAGES
from localcluster.run_image import run_image

ANSWERS = "/answers/records.jsonl"
"""The file to write to, as the image sees it."""


def run_in_image(module: str, *words: str, mounts: Mapping[str, Path]) -> str:
    """Run a module of the checkout with folders mounted by the path inside; return what it wrote to ANSWERS."""
    cluster = provider.choose()
    with tempfile.TemporaryDirectory() as answers:
        Path(answers).chmod(0o1777)
        volumes = [f"{folder}:{inside}:ro" for inside, folder in mounts.items()]
        volumes.append(f"{answers}:{Path(ANSWERS).parent}")
        command = ["python", "-m", module, *words]
        if run_image(cluster.layout, cluster.builder(), IMAGES["trainer"], command, volumes) != 0:
            sys.exit(f"{module} {' '.join(words)} failed")
        return Path(answers, Path(ANSWERS).name).read_text()
