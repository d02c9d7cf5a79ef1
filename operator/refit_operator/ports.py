"""What reconcilers reach the world through."""

from dataclasses import dataclass, field

from refit_operator.board import Board
from refit_operator.clock import Clock
from refit_operator.cluster.client import Cluster
from refit_operator.progress.latest import Latest
from refit_operator.progress.reporting import Reporting
from refit_operator.readings import Readings


@dataclass(frozen=True)
class Ports:
    """The API server, Prometheus, what monitors of one server have in common, the time, what training pods reported."""

    cluster: Cluster
    readings: Readings
    board: Board
    clock: Clock = field(default_factory=Clock)
    progress: Latest = field(default_factory=Latest)
    reporting: Reporting | None = None
    """What pods need to report; None where nothing listens."""
