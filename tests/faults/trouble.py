"""What a fault of the surroundings is: what stands around the operator, and what happens to it at which stage."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext

from tests.faults.life import Life
from tests.faults.observer import Observer
from tests.faults.proxy import Fault, Proxy
from tests.faults.record import Record
from tests.faults.scenarios import SLOW, Scenario
from tests.support.cluster.kubectl import Space

ELECTED = {"REFIT_LEADER_ELECTION": "true"}


@dataclass
class Loop:
    """One loop under way: what a trouble may touch."""

    space: Space
    record: Record
    proxy: Proxy
    observer: Observer
    folder: Path
    lives: list[Life] = field(default_factory=list)


class Trouble:
    """One fault, played once."""

    scenario: Scenario = SLOW
    starts: tuple[int, ...] = (1,)
    """How often each operator has to be started; there are as many operators."""

    def __init__(self, mode: str, at: str) -> None:
        self.mode, self.at = mode, at
        """What is done, and at which stage of the run; other words: as soon as there is an operator."""
        self.environment: dict[str, str] = {}
        """What each operator is told."""
        self.server = ""
        """The API server that the operator speaks to; empty: the node's own."""
        self.fault: Fault | None = None
        """What the proxy does at one call."""

    def surround(self, stack: ExitStack, folder: Path, trust: SSLContext) -> None:
        """Set up what the fault needs, before there is an operator."""

    def prepare(self, loop: Loop) -> None:
        """Do what must be so when the operator comes."""

    def play(self, loop: Loop) -> str:
        """Do harm and say in a clause what came of it; return once all is well again.

        `loop.record.fell` is the time from which on the operator should work again.
        """
        raise NotImplementedError


class AtCall(Trouble):
    """A fault at one call, or none: it is the proxy's business alone."""

    def __init__(self, fault: Fault | None) -> None:
        super().__init__(fault.mode if fault else "", "")
        self.fault = fault
        self.starts = fault.starts if fault else (1,)

    def play(self, loop: Loop) -> str:
        return ""
