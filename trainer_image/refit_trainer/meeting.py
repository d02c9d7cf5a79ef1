"""Where the machines of a run meet: torchrun's static rendezvous, whose first machine is the first of all.

Only its store differs: it is one that every torch has, and while it waits for the others SIGTERM is heeded. Which
machine comes first mustn't be left to chance, since the operator reads the reports of the first pod alone.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from torch.distributed import TCPStore
from torch.distributed.elastic.rendezvous import RendezvousParameters
from torch.distributed.elastic.rendezvous.static_tcp_rendezvous import StaticTCPRendezvous

NAME = "refit"


class _Meeting(StaticTCPRendezvous):  # type: ignore[misc]
    _store: Any

    def get_backend(self) -> str:
        """Return the name that it is registered under."""
        return NAME

    def next_rendezvous(self) -> Any:
        """Open or reach the store, and wait for all machines."""
        place = (self.master_addr, self.master_port, self.world_size, self.rank == 0, self.timeout)
        if not self._store:
            self._store = _wait_heedfully(lambda: TCPStore(*place, multi_tenant=True, use_libuv=False))
        return super().next_rendezvous()


def _wait_heedfully(wait_blindly: Callable[[], Any]) -> Any:
    """Return what a call gives that doesn't come back to Python: it has a thread, so that this one hears signals."""
    found = ThreadPoolExecutor(1).submit(wait_blindly)
    while not found.done():
        wait([found], timeout=0.5)
    return found.result()


def meet(parameters: RendezvousParameters) -> Any:
    """Return the rendezvous at the parameters' endpoint."""
    host, _, port = parameters.endpoint.rpartition(":")
    rank, seconds = parameters.config["rank"], parameters.config["timeout"]
    return _Meeting(host, int(port), rank, parameters.max_nodes, parameters.run_id, seconds)
