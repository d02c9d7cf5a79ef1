"""What reconcilers reach the world through."""

from dataclasses import dataclass, field

from refit_operator.kubernetes_api.client import Cluster
from refit_operator.kubernetes_api.clock import Clock
from refit_operator.progress.cache import Latest
from refit_operator.progress.rules.pod_env import Reporting
from refit_operator.prometheus.reader import Readings
from refit_operator.prometheus.rules.mass_breach import Board


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
