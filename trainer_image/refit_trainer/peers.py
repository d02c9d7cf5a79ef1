"""What the processes of one training tell each other. Alone, each function answers by itself, and needs no torch.

Every process calls the same functions in the same order: one that doesn't leaves the others waiting.
"""

import os
import re
from datetime import timedelta
from typing import Any

from refit_trainer.place import read_place

LONGEST = timedelta(minutes=30)
"""How long a process waits for another, such as for the first one's publishing."""
LOST = re.compile(r"gloo|nccl|TCPStore|connection (was )?(closed|reset)|broken pipe", re.IGNORECASE)
"""What the libraries underneath say when the other end is gone; gloo raises no type of its own."""


def count() -> int:
    """Return how many processes learn together."""
    return read_place().processes


def is_first() -> bool:
    """Tell whether this process is the one that writes."""
    return read_place().process == 0


def join() -> None:
    """Meet the others, by gloo on a CPU, on GPUs by NCCL; torchrun's variables say where."""
    if count() == 1:
        return
    import torch
    from torch import distributed

    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    # torch's own way to this store asks for a library that not every torch is built with; Debian's isn't.
    place, where = read_place(), (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
    store = distributed.TCPStore(*where, place.processes, is_master=False, timeout=LONGEST, use_libuv=False)
    group = {"rank": place.process, "world_size": place.processes, "timeout": LONGEST}
    distributed.init_process_group(backend, store=distributed.PrefixStore("workers", store), **group)


def share(value: Any) -> Any:
    """Return what the first process has; the others' value is of no account."""
    if count() == 1:
        return value
    from torch import distributed

    held = [value]
    distributed.broadcast_object_list(held, src=0, device=_cpu())
    return held[0]


def gather(value: Any) -> list[Any]:
    """Return what each process has, in their order."""
    if count() == 1:
        return [value]
    from torch import distributed

    found: list[Any] = [None] * count()
    distributed.all_gather_object(found, value)
    return found


def any_of(flag: bool) -> bool:
    """Tell whether the flag is up in one of the processes."""
    if count() == 1:
        return flag
    import torch
    from torch import distributed

    raised = torch.tensor(float(flag))
    distributed.all_reduce(raised, op=distributed.ReduceOp.MAX)
    return bool(raised)


def wait() -> None:
    """Wait until every process is here."""
    any_of(False)


def is_loss(error: Exception) -> bool:
    """Tell whether an error means that another process is gone."""
    if count() == 1:
        return False
    from torch.distributed import DistError

    return isinstance(error, DistError) or (isinstance(error, RuntimeError) and bool(LOST.search(str(error))))


def _cpu() -> Any:
    import torch

    return torch.device("cpu")
