"""What reconcilers reach the world through."""

from dataclasses import dataclass

from refit_operator.board import Board
from refit_operator.cluster.client import Cluster
from refit_operator.readings import Readings


@dataclass(frozen=True)
class Ports:
    """The API server, Prometheus, and what the monitors of one server have in common."""

    cluster: Cluster
    readings: Readings
    board: Board
