"""Collective operations among the processes of one training. In a single process each is trivial, and needs no torch.

Every process must call the same functions in the same order: one that doesn't leaves the others waiting.
"""

import os
import re
from datetime import timedelta
from typing import Any

from refit_trainer.contract.constants import ENV_MASTER_ADDR, ENV_MASTER_PORT
from refit_trainer.distributed.topology import read_topology

TIMEOUT = timedelta(minutes=30)
"""How long a process waits for another, for example while rank 0 publishes."""
LOST = re.compile(r"gloo|nccl|TCPStore|connection (was )?(closed|reset)|broken pipe", re.IGNORECASE)
"""What the backends say when the other end is gone; gloo raises no exception type of its own."""


def world_size() -> int:
    """Return how many processes train together."""
    return read_topology().world_size


def is_rank_zero() -> bool:
    """Tell whether this process is the one that writes."""
    return read_topology().rank == 0


def rank() -> int:
    """Return this process's number among those that train together."""
    return read_topology().rank


def init_process_group() -> None:
    """Join the process group: gloo on a CPU, NCCL on GPUs. torchrun's variables say where its store is."""
    if world_size() == 1:
        return
    import torch
    from torch import distributed

    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    # init_method="env://" opens the store with libuv, which not every build of torch has; Debian's has none.
    topology, address = read_topology(), (os.environ[ENV_MASTER_ADDR], int(os.environ[ENV_MASTER_PORT]))
    store = distributed.TCPStore(*address, topology.world_size, is_master=False, timeout=TIMEOUT, use_libuv=False)
    group = {"rank": topology.rank, "world_size": topology.world_size, "timeout": TIMEOUT}
    distributed.init_process_group(backend, store=distributed.PrefixStore("workers", store), **group)


def broadcast(value: Any) -> Any:
    """Return rank 0's value in every process; the other processes' own values are ignored."""
    if world_size() == 1:
        return value
    from torch import distributed

    held = [value]
    distributed.broadcast_object_list(held, src=0, device=_cpu())
    return held[0]


def all_gather(value: Any) -> list[Any]:
    """Return the values of all processes, in the order of their ranks."""
    if world_size() == 1:
        return [value]
    from torch import distributed

    found: list[Any] = [None] * world_size()
    distributed.all_gather_object(found, value)
    return found


def any_rank(flag: bool) -> bool:
    """Tell whether the flag is set in at least one process."""
    if world_size() == 1:
        return flag
    import torch
    from torch import distributed

    raised = torch.tensor(float(flag))
    distributed.all_reduce(raised, op=distributed.ReduceOp.MAX)
    return bool(raised)


def barrier() -> None:
    """Wait until every process has reached this call."""
    any_rank(False)


def is_peer_loss(error: Exception) -> bool:
    """Tell whether an error means that another process is gone."""
    if world_size() == 1:
        return False
    from torch.distributed import DistError

    return isinstance(error, DistError) or (isinstance(error, RuntimeError) and bool(LOST.search(str(error))))


def _cpu() -> Any:
    import torch

    return torch.device("cpu")
