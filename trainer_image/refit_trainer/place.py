"""Which of a run's machines this is, and which of its processes: the operator says the one, torchrun the other."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from refit_trainer.errors import BadInput


@dataclass(frozen=True)
class Place:
    """Machines and processes are counted from 0; alone, it is the first of one."""

    machines: int = 1
    machine: int = 0
    processes: int = 1
    """How many learn together; known to those that torchrun started."""
    process: int = 0
    is_worker: bool = False
    """Whether torchrun started it."""

    @property
    def is_first_machine(self) -> bool:
        """Tell whether this machine is the one that publishes, reports and judges."""
        return self.machine == 0


def read_place(environment: Mapping[str, str] | None = None) -> Place:
    """Return this process's place; raise BadInput for a variable that is no such number."""
    given = os.environ if environment is None else environment
    machines, processes = _number(given, "NNODES", 1, least=1), _number(given, "WORLD_SIZE", 1, least=1)
    return Place(
        machines=machines,
        machine=_number(given, "NODE_RANK", 0, below=machines),
        processes=processes,
        process=_number(given, "RANK", 0, below=processes),
        is_worker="TORCHELASTIC_RUN_ID" in given,
    )


def _number(given: Mapping[str, str], name: str, default: int, least: int = 0, below: int | None = None) -> int:
    text = given.get(name) or str(default)
    if text.isdecimal() and int(text) >= least and (below is None or int(text) < below):
        return int(text)
    bounds = f"from {least}" if below is None else f"from {least} to {below - 1}"
    raise BadInput(f"{name}={text!r}: not a whole number {bounds}")
