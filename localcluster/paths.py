"""Where everything of the local cluster lives: one cache folder outside the checkout.

`REFIT_CACHE` moves it (default `~/.cache/refit`). Binaries, image bases and the image store outlive `down`;
`state/` belongs to one cluster.
"""

import os
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGE = Path(__file__).resolve().parent


def cache_root() -> Path:
    """Return the cache folder, from `REFIT_CACHE` or below the home folder."""
    return Path(os.environ.get("REFIT_CACHE") or Path.home() / ".cache" / "refit").absolute()


@dataclass(frozen=True)
class Layout:
    """The folders below one cache root."""

    root: Path

    @property
    def binaries(self) -> Path:
        """Built programs, one folder for each key."""
        return self.root / "bin"

    @property
    def bases(self) -> Path:
        """Root file systems that image builds start from."""
        return self.root / "bases"

    @property
    def images(self) -> Path:
        """buildah's storage, the registry's blobs and the keys of what was built."""
        return self.root / "images"

    @property
    def tests(self) -> Path:
        """Packages that only tests inside an image need."""
        return self.root / "test-packages"

    @property
    def state(self) -> Path:
        """Everything one cluster writes."""
        return self.root / "state"

    @property
    def logs(self) -> Path:
        """One log for each component."""
        return self.state / "logs"

    @property
    def pids(self) -> Path:
        """One file for each running component."""
        return self.state / "pids"

    @property
    def pki(self) -> Path:
        """Keys, certificates and kubeconfigs; kept from one cluster to the next."""
        return self.root / "pki"

    @property
    def config(self) -> Path:
        """Rendered configuration of the components."""
        return self.state / "config"

    @property
    def volumes(self) -> Path:
        """The data of PersistentVolumes."""
        return self.state / "volumes"

    @property
    def containerd(self) -> Path:
        """containerd's root; kept from one cluster to the next, since it holds the loaded images."""
        return self.root / "containerd"

    @property
    def containerd_socket(self) -> Path:
        """The socket of our containerd."""
        return self.state / "run" / "containerd.sock"


def layout() -> Layout:
    """Return the layout below the configured cache root."""
    return Layout(cache_root())
