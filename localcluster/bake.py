"""`python -m localcluster.bake`: the images of a release for several architectures, as a file for `docker buildx bake`.

Each is built on the Debian base on which it is tested, which is a target of its own. Debian's torch has no CUDA: for
GPUs the trainer is there a second time, on the base that its Dockerfile names.
"""

import json
import sys
from typing import Any

from localcluster.builder import Image
from localcluster.commands import Failed
from localcluster.engine import base_dockerfile
from localcluster.images import TRAINER
from localcluster.release import IMAGES, registry, version

PLATFORMS = ("linux/amd64", "linux/arm64")
CUDA_PLATFORMS = ("linux/amd64",)
CUDA = "cuda"
BASE = "refit-base"
"""By this name a Dockerfile finds its base, whatever registries have under it."""

Document = dict[str, Any]


def bake_file(named: str, tag: str) -> Document:
    """Return the targets: the images, each with its base."""
    targets = [(_base_name(image), _base(image)) for image in IMAGES]
    images = [(image.short, _target(image, f"{named}/{image.short}:{tag}")) for image in IMAGES]
    images.append((f"{TRAINER.short}-{CUDA}", _for_gpus(TRAINER, f"{named}/{TRAINER.short}:{tag}-{CUDA}")))
    return {"group": {"default": {"targets": [name for name, _ in images]}}, "target": dict(targets + images)}


def _base_name(image: Image) -> str:
    return f"base-{image.short}"


def _base(image: Image) -> Document:
    inline = base_dockerfile(image.base, has_certificates=False)
    return {"context": ".", "dockerfile-inline": inline, "platforms": list(PLATFORMS)}


def _target(image: Image, tag: str) -> Document:
    own = {"contexts": {BASE: f"target:{_base_name(image)}"}, "args": {"BASE_IMAGE": BASE}}
    return _built(image, tag, PLATFORMS) | own


def _for_gpus(image: Image, tag: str) -> Document:
    return _built(image, tag, CUDA_PLATFORMS)


def _built(image: Image, tag: str, platforms: tuple[str, ...]) -> Document:
    return {"context": ".", "dockerfile": image.dockerfile, "platforms": list(platforms), "tags": [tag]}


def main() -> int:
    """Print the file."""
    try:
        print(json.dumps(bake_file(registry(), version()), indent=2))
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
