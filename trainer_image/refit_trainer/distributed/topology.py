"""Which of a run's machines this is, and which of its processes: set by the operator and by torchrun."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from refit_trainer.contract.constants import ENV_NODE_RANK, ENV_NODES
from refit_trainer.contract.errors import BadInput


@dataclass(frozen=True)
class Topology:
    """Machines (nodes) and processes are counted from 0; a single process is rank 0 of a world of one."""

    nodes: int = 1
    node_rank: int = 0
    world_size: int = 1
    """How many processes train together; known only to those that torchrun started."""
    rank: int = 0
    is_worker: bool = False
    """Whether torchrun started this process."""

    @property
    def is_first_node(self) -> bool:
        """Tell whether this machine is the one that publishes, reports and judges."""
        return self.node_rank == 0


def read_topology(environment: Mapping[str, str] | None = None) -> Topology:
    """Return this process's topology; raise BadInput for a variable that is no such number."""
    given = os.environ if environment is None else environment
    nodes, world_size = _number(given, ENV_NODES, 1, least=1), _number(given, "WORLD_SIZE", 1, least=1)
    return Topology(
        nodes=nodes,
        node_rank=_number(given, ENV_NODE_RANK, 0, below=nodes),
        world_size=world_size,
        rank=_number(given, "RANK", 0, below=world_size),
        is_worker="TORCHELASTIC_RUN_ID" in given,
    )


def _number(given: Mapping[str, str], name: str, default: int, least: int = 0, below: int | None = None) -> int:
    text = given.get(name) or str(default)
    if text.isdecimal() and int(text) >= least and (below is None or int(text) < below):
        return int(text)
    bounds = f"from {least}" if below is None else f"from {least} to {below - 1}"
    raise BadInput(f"{name}={text!r}: not a whole number {bounds}")
