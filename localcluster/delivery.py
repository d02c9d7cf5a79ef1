"""From the checkout into the cluster: build what has changed, load what was built."""

from collections.abc import Sequence

from localcluster.builder import Image
from localcluster.images import build
from localcluster.locks import exclusive
from localcluster.provider import Provider


def build_all(cluster: Provider, images: Sequence[Image]) -> None:
    """Build the images that have changed."""
    with exclusive(cluster.layout, "images"):
        for image in images:
            build(cluster.builder(), image)


def load_all(cluster: Provider, images: Sequence[Image]) -> None:
    """Build the images that have changed and load those the cluster has not."""
    with exclusive(cluster.layout, "images"):
        for image in images:
            cluster.load(image, build(cluster.builder(), image))
