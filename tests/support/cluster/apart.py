"""An operator that a test stops and starts at will, in a namespace that the installed one leaves alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.cluster.hosted import Hosted, hosted_settings, operators
from tests.support.cluster.kubectl import Space


class Apart:
    """The namespace, and the folder of its operators' logs."""

    def __init__(self, space: Space, folder: Path) -> None:
        self.space, self._folder, self._settings = space, folder, hosted_settings(folder)

    @property
    def kubeconfig(self) -> str:
        """What its operators reach the API server by."""
        return self._settings["KUBECONFIG"]

    @contextmanager
    def operator(self, **settings: str) -> Iterator[Hosted]:
        """Have an operator while it lasts; at its end it is killed."""
        log = self._folder / f"operator-{len(list(self._folder.glob('*.log')))}.log"
        with operators(Hosted(self.space, log, **self._settings | settings)) as (operator,):
            yield operator
