"""Which kind of cluster this machine gets: kind where a container engine runs, else the assembled node."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from localcluster.assembled import Assembled
from localcluster.builder import Builder, Image
from localcluster.commands import Failed
from localcluster.engine import find_engine
from localcluster.kind import Kind, can_get_node_image
from localcluster.paths import Layout, layout


class Provider(Protocol):
    """A way to get a cluster."""

    @property
    def layout(self) -> Layout:
        """Return where everything lies."""

    def install(self) -> None:
        """Install what the machine has to offer for the rest."""

    def compile(self) -> None:
        """Build the programs the cluster needs."""

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


def choose() -> Provider:
    """Return the provider for this machine."""
    engine = find_engine()
    if choose_name(os.environ.get("REFIT_CLUSTER", ""), engine, can_get_node_image) == "kind":
        if engine is None:
            raise Failed("REFIT_CLUSTER is kind, but neither docker nor podman answers here")
        return Kind(layout(), engine)
    return Assembled(layout())


def choose_name(wanted: str, engine: str | None, can_get_image: Callable[[str], bool]) -> str:
    """Return `kind` or `node`: the override, else kind if an engine answers and the node image can be had."""
    if wanted in {"kind", "node"}:
        return wanted
    if wanted:
        raise Failed(f"REFIT_CLUSTER is {wanted!r}; it may be kind or node")
    return "kind" if engine is not None and can_get_image(engine) else "node"


def environment() -> dict[str, str]:
    """Return what points programs at the cluster: KUBECONFIG, PATH, REFIT_PROMETHEUS_URL, REFIT_CLUSTER."""
    return choose().environment()
