"""What a kind of cluster can do, and the one that this machine has or gets."""

import os
from pathlib import Path
from typing import Protocol

from localcluster import choice
from localcluster.assembled import Assembled
from localcluster.builder import Builder, Image
from localcluster.choice import Choice
from localcluster.commands import Failed
from localcluster.kind import Kind
from localcluster.paths import Layout, layout


class Provider(Protocol):
    """A way to get a cluster."""

    @property
    def layout(self) -> Layout:
        """Return where everything lies."""

    def install(self) -> None:
        """Install what the machine has to offer for the rest."""

    def fetch(self) -> None:
        """Have what only starting needs and can't be built; the first to fail, since it fails at once."""

    def compile(self) -> None:
        """Get the programs the cluster needs."""

    def start(self) -> None:
        """Start the cluster, or repair it."""

    def down(self) -> None:
        """Stop the cluster and leave nothing running."""

    def status(self) -> tuple[list[str], bool]:
        """Return lines to print, and whether everything works."""

    def builder(self) -> Builder:
        """Return what builds images here."""

    def load(self, image: Image, wanted: str) -> None:
        """Make the newest build of an image, whose key is `wanted`, known to the cluster."""

    def programs(self) -> Path:
        """Return the folder of the cluster's own programs, kubectl among them."""

    def environment(self) -> dict[str, str]:
        """Return the variables that point programs at the cluster."""


def chosen() -> Choice:
    """Return the kind of cluster that this machine has or gets."""
    return choice.choose(os.environ.get("REFIT_CLUSTER", ""), choice.look, choice.remembered(layout()))


def choose() -> Provider:
    """Return the provider for this machine."""
    return provide(chosen(), layout())


def provide(made: Choice, where: Layout) -> Provider:
    """Return the provider of a choice."""
    if made.cluster == choice.NODE:
        return Assembled(where)
    if made.engine is None:
        raise Failed("a kind cluster needs docker or podman")
    return Kind(where, made.engine)


def environment() -> dict[str, str]:
    """Return what points programs at the cluster: KUBECONFIG, PATH, REFIT_PROMETHEUS_URL, REFIT_CLUSTER."""
    return choose().environment()
