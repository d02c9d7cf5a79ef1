"""The rendezvous of a run's machines: torchrun's static one, in which the first machine always has rank 0.

Two things differ: its store needs no libuv, and SIGTERM is handled while it waits for the other machines. Rank 0 must
not be left to chance, since the operator reads the reports of the first pod alone.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from torch.distributed import TCPStore
from torch.distributed.elastic.rendezvous import RendezvousParameters
from torch.distributed.elastic.rendezvous.static_tcp_rendezvous import StaticTCPRendezvous

BACKEND = "refit"
"""The name that torchrun knows this rendezvous by."""


class _InterruptibleRendezvous(StaticTCPRendezvous):  # type: ignore[misc]
    _store: Any

    def get_backend(self) -> str:
        """Return the name that it is registered under."""
        return BACKEND

    def next_rendezvous(self) -> Any:
        """Open the store, or connect to it, and wait for all machines."""
        arguments = (self.master_addr, self.master_port, self.world_size, self.rank == 0, self.timeout)
        if not self._store:
            self._store = _interruptibly(lambda: TCPStore(*arguments, multi_tenant=True, use_libuv=False))
        return super().next_rendezvous()


def _interruptibly(call: Callable[[], Any]) -> Any:
    """Return what a call returns that blocks outside Python: it runs in a thread, so that this one handles signals."""
    found = ThreadPoolExecutor(1).submit(call)
    while not found.done():
        wait([found], timeout=0.5)
    return found.result()


def create_rendezvous(parameters: RendezvousParameters) -> Any:
    """Return the rendezvous at the parameters' endpoint."""
    host, _, port = parameters.endpoint.rpartition(":")
    rank, seconds = parameters.config["rank"], parameters.config["timeout"]
    return _InterruptibleRendezvous(host, int(port), rank, parameters.max_nodes, parameters.run_id, seconds)
