"""Which kind of cluster this machine gets: kind where a container engine runs, else the assembled node."""

import os
from typing import Protocol

from localcluster import engine
from localcluster.commands import Failed
from localcluster.images import Image
from localcluster.kind import Kind, can_get_node_image
from localcluster.assembled import Assembled
from localcluster.paths import layout


class Provider(Protocol):
    """A way to get a cluster."""

    def up(self) -> None:
        """Start the cluster, or repair it."""

    def down(self) -> None:
        """Stop the cluster and leave nothing running."""

    def status(self) -> tuple[list[str], bool]:
        """Return lines for a person, and whether everything works."""

    def load(self, image: Image) -> None:
        """Make the newest build of an image known to the cluster."""

    def environment(self) -> dict[str, str]:
        """Return the variables that point programs at the cluster."""


def choose() -> Provider:
    """Return the provider for this machine."""
    if choose_name(os.environ.get("REFIT_CLUSTER", ""), engine.name(), can_get_node_image) == "kind":
        return Kind(layout(), engine.name() or "docker")
    return Assembled(layout())


def choose_name(wanted: str, engine_name: str | None, can_get_image: "CanGet") -> str:
    """Return `kind` or `node`: the override, else kind if an engine answers and the node image can be had."""
    if wanted in {"kind", "node"}:
        return wanted
    if wanted:
        raise Failed(f"REFIT_CLUSTER is {wanted!r}; it may be kind or node")
    return "kind" if engine_name is not None and can_get_image(engine_name) else "node"


class CanGet(Protocol):
    """Says whether an engine has or can pull kind's node image."""

    def __call__(self, engine_name: str) -> bool:
        """Return whether it can."""


def environment() -> dict[str, str]:
    """Return the variables that point programs at the cluster: KUBECONFIG, PATH, REFIT_PROMETHEUS_URL, REFIT_CLUSTER."""
    return choose().environment()
