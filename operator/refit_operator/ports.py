"""What reconcilers reach the world through."""

from dataclasses import dataclass

from refit_operator.cluster.client import Cluster
from refit_operator.readings import Readings


@dataclass(frozen=True)
class Ports:
    """The API server and Prometheus."""

    cluster: Cluster
    readings: Readings
