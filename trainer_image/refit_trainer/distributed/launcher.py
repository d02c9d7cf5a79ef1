"""torchrun on this machine: one process for each GPU, or one, that trains with those of the run's other machines.

Nothing is restarted in place. A machine that loses another one ends, the Job recreates the pods, and all of them resume
from the state that was saved last: the same recovery for every failure, on whichever machine.
"""

import logging
import os
import socket
import sys
import time
from typing import Any

from refit_trainer.contract.constants import (
    ENV_MASTER_ADDR,
    ENV_MASTER_PORT,
    EXIT_BAD_INPUT,
    EXIT_FAILED,
    EXIT_PEER_LOST,
    EXIT_TERMINATED,
    RENDEZVOUS_PORT,
)
from refit_trainer.contract.errors import BadInput, PeerLost, WorkerExited
from refit_trainer.contract.termination_message import clear_message
from refit_trainer.distributed.topology import Topology

RENDEZVOUS_TIMEOUT = 900  # seconds to wait for the other machines
ALONE = "127.0.0.1"
log = logging.getLogger(__name__)


def count_gpus() -> int:
    """Return how many GPUs this machine has for the training."""
    import torch

    return int(torch.cuda.device_count())


def keep_one_gpu() -> None:
    """Hide all GPUs but the first from this process, which would train on all of them by threads."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES") or "0"
    os.environ["CUDA_VISIBLE_DEVICES"] = given.split(",")[0]


def launch_workers(topology: Topology, run: str) -> None:
    """Run this command's workers, and return when they and those of all machines are done.

    Raise WorkerExited with the exit code of one that failed, PeerLost where other machines don't come.
    """
    from torch.distributed import DistError
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.elastic.rendezvous import RendezvousError
    from torch.distributed.launcher.api import elastic_launch

    address = _address(topology)
    clear_message()
    log.info("rendezvous.start machine=%d of=%d at=%s:%d", topology.node_rank, topology.nodes, *address)
    _wait_for_dns(address[0], time.monotonic() + RENDEZVOUS_TIMEOUT)
    os.environ.setdefault("PYTHONWARNINGS", "ignore")  # of the workers: torch warns of itself a dozen times
    try:
        elastic_launch(_config(topology, run, address), sys.executable)("-m", "refit_trainer", "train")
    except ChildFailedError as error:
        raise WorkerExited(pick_exit_code([failure.exitcode for failure in error.failures.values()])) from None
    except SignalException as error:
        raise WorkerExited(EXIT_TERMINATED) from error
    except (DistError, RendezvousError, TimeoutError, ConnectionError) as error:
        raise PeerLost(f"machine {topology.node_rank} of {topology.nodes}: {error}") from error


def _config(topology: Topology, run: str, address: tuple[str, int]) -> Any:
    from torch.distributed.elastic.rendezvous import rendezvous_handler_registry
    from torch.distributed.launcher.api import LaunchConfig

    from refit_trainer.distributed.rendezvous import BACKEND, create_rendezvous

    rendezvous_handler_registry.register(BACKEND, create_rendezvous)
    return LaunchConfig(
        min_nodes=topology.nodes,
        max_nodes=topology.nodes,
        nproc_per_node=max(1, count_gpus()),
        run_id=run,
        rdzv_backend=BACKEND,
        rdzv_endpoint=f"{address[0]}:{address[1]}",
        rdzv_configs={"rank": topology.node_rank, "timeout": RENDEZVOUS_TIMEOUT},
        max_restarts=0,
        monitor_interval=0.5,
    )


def _address(topology: Topology) -> tuple[str, int]:
    """Return where the processes meet: at the first machine, or on this one at a free port where it is the only one."""
    if topology.nodes == 1:
        with socket.socket() as tried:
            tried.bind((ALONE, 0))
            return ALONE, int(tried.getsockname()[1])
    host, port = os.environ.get(ENV_MASTER_ADDR, ""), os.environ.get(ENV_MASTER_PORT) or str(RENDEZVOUS_PORT)
    if not host:
        raise BadInput(f"{ENV_MASTER_ADDR} is empty: with NNODES it says where the first machine is")
    if not port.isdecimal():
        raise BadInput(f"{ENV_MASTER_PORT}={port!r}: not a port")
    return host, int(port)


def _wait_for_dns(host: str, until: float) -> None:
    """Wait until the first machine's name resolves, which it does once its pod has an address."""
    while True:
        try:
            socket.getaddrinfo(host, None)
            return
        except OSError as error:
            if time.monotonic() > until:
                raise PeerLost(f"{host}: {error}") from error
            time.sleep(1)


def pick_exit_code(codes: list[int]) -> int:
    """Return the most telling exit code: bad input first, then a failure of a worker's own, then a lost peer."""
    positive = [128 - code if code < 0 else code for code in codes]
    own = [code for code in positive if code not in (EXIT_PEER_LOST, EXIT_TERMINATED)]
    return EXIT_BAD_INPUT if EXIT_BAD_INPUT in own else (own or positive or [EXIT_FAILED])[0]
