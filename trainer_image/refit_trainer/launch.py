"""torchrun on this machine: a process for each GPU, or one, that learn together with those of the run's other machines.

Nothing is restarted in place. A machine that loses another ends, the Job makes the pods anew, and all go on from the
state that was saved last: the same way back whatever went wrong, and from whichever machine.
"""

import logging
import os
import signal
import socket
import sys
import time
from typing import Any

from refit_trainer.errors import PEER_LOST, STOPPED, WRONG_INPUT, BadInput, Ended, PeerLost
from refit_trainer.place import Place

PATIENCE = 900  # seconds to wait for the other machines
log = logging.getLogger(__name__)


def launch_workers(place: Place, run: str) -> None:
    """Run this command's workers, and return when they and those of all machines are done.

    Raise Ended with the exit code of one that failed, PeerLost where other machines don't come.
    """
    from torch.distributed import DistError
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.elastic.rendezvous import RendezvousError
    from torch.distributed.launcher.api import elastic_launch

    address = _address()
    log.info("machines.meet machine=%d of=%d at=%s:%d", place.machine, place.machines, *address)
    _wait_for_name(address[0], time.monotonic() + PATIENCE)
    os.environ.setdefault("PYTHONWARNINGS", "ignore")  # of the workers: torch warns of itself a dozen times
    try:
        elastic_launch(_config(place, run, address), sys.executable)("-m", "refit_trainer", "train")
    except ChildFailedError as error:
        raise Ended(pick_code([failure.exitcode for failure in error.failures.values()])) from None
    except SignalException as error:
        raise Ended(STOPPED) from error
    except (DistError, RendezvousError, TimeoutError, ConnectionError) as error:
        raise PeerLost(f"machine {place.machine} of {place.machines}: {error}") from error


def _config(place: Place, run: str, address: tuple[str, int]) -> Any:
    import torch
    from torch.distributed.elastic.rendezvous import rendezvous_handler_registry
    from torch.distributed.launcher.api import LaunchConfig

    from refit_trainer.meeting import NAME, meet

    rendezvous_handler_registry.register(NAME, meet)
    return LaunchConfig(
        min_nodes=place.machines,
        max_nodes=place.machines,
        nproc_per_node=max(1, torch.cuda.device_count()),
        run_id=run,
        rdzv_backend=NAME,
        rdzv_endpoint=f"{address[0]}:{address[1]}",
        rdzv_configs={"rank": place.machine, "timeout": PATIENCE},
        max_restarts=0,
        monitor_interval=0.5,
    )


def _address() -> tuple[str, int]:
    host, port = os.environ.get("MASTER_ADDR", ""), os.environ.get("MASTER_PORT") or "29500"
    if not host:
        raise BadInput("MASTER_ADDR is empty: with NNODES it says where the first machine is")
    if not port.isdecimal():
        raise BadInput(f"MASTER_PORT={port!r}: not a port")
    return host, int(port)


def _wait_for_name(host: str, until: float) -> None:
    """Wait until the first machine's name is known: it is once its pod has an address."""
    while True:
        try:
            socket.getaddrinfo(host, None)
            return
        except OSError as error:
            if time.monotonic() > until:
                raise PeerLost(f"{host}: {error}") from error
            time.sleep(1)


def pick_code(codes: list[int]) -> int:
    """Return the exit code that tells most: wrong input, then a failure of its own, then a peer's."""
    positive = [128 - code if code < 0 else code for code in codes]
    own = [code for code in positive if code not in (PEER_LOST, 128 + signal.SIGTERM)]
    return WRONG_INPUT if WRONG_INPUT in own else (own or positive or [1])[0]
