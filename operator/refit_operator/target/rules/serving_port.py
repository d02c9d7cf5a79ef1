"""The port at which a pod answers: the one that is named `http`, or the first. Pure."""

from collections.abc import Iterable
from typing import Any

from refit_operator.api.pointer import value_at

Document = dict[str, Any]
PORT_NAME = "http"
"""The container port that is meant, where there are several."""


def port_among(containers: Iterable[Document]) -> int | None:
    """Return the port of these containers; None where they name none."""
    ports = [port for container in containers for port in container.get("ports") or ()]
    named = (port["containerPort"] for port in ports if port.get("name") == PORT_NAME)
    return next(named, ports[0]["containerPort"] if ports else None)


def port_of_pods(workload: Document) -> int | None:
    """Return the port of a workload's pods; None where no container names one."""
    return port_among(value_at(workload, ("spec", "template", "spec", "containers")) or ())
