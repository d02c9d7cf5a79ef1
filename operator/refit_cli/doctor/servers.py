"""Where a monitor's Prometheus is, and how this machine may ask it: through the API server's proxy, or directly."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from refit_cli.cluster import Cluster, Document, Resource
from refit_cli.doctor.rights import ACCOUNT, Operator
from refit_cli.exits import Exit, Failed
from refit_cli.prometheus import Get, by_address, by_service
from refit_operator.api.prometheus import PrometheusSpec

DIRECT_S = 5
"""Seconds for an address that this machine may not reach at all."""
OTHERWISE = "name one that this machine reaches: --prometheus URL, or --service namespace/service:port"


@dataclass(frozen=True)
class Way:
    """One way to ask a server."""

    words: str
    get: Get


@dataclass(frozen=True)
class Named:
    """The server that the user named instead; empty for the monitor's own."""

    address: str = ""
    service: str = ""


def address_of(cluster: Cluster, prometheus: PrometheusSpec, operator: Operator) -> str:
    """Return the server's URL as the operator has it. Raises Failed."""
    return prometheus.server_address or _of_the_operator(cluster, operator)


def _of_the_operator(cluster: Cluster, operator: Operator) -> str:
    """Return the server of the operator's own settings, as its Deployment has them."""
    path = Resource("apps/v1", "Deployment", "deployments").path(operator.namespace)
    settings = [_settings(each) for each in cluster.send("GET", path).json()["items"]]
    named = [one for one in settings if one.get("REFIT_LEASE_NAME", ACCOUNT) == operator.name]
    address = next((one["REFIT_PROMETHEUS_URL"] for one in named if one.get("REFIT_PROMETHEUS_URL")), "")
    if not address:
        where = f"no Deployment in {operator.namespace} has the operator's REFIT_PROMETHEUS_URL"
        raise Failed(Exit.NOT_FOUND, where)
    return str(address)


def _settings(deployment: Document) -> dict[str, Any]:
    """Return the environment of a Deployment's containers, as far as it is written there."""
    containers = deployment["spec"]["template"]["spec"]["containers"]
    return {each["name"]: each.get("value") for container in containers for each in container.get("env") or ()}


def service_of(address: str, namespace: str) -> str:
    """Return the Service of an address as `namespace/service:port`, empty where its host isn't named like one.

    A host of one word is a Service in `namespace`, the operator's.
    """
    parts = urlsplit(address)
    match (parts.hostname or "").split("."):
        case [name]:
            where = f"{namespace}/"
        case [name, other] | [name, other, "svc", *_]:
            where = f"{other}/"
        case _:
            return ""
    secure = parts.scheme == "https"
    return f"{where}{'https:' if secure else ''}{name}:{parts.port or (443 if secure else 80)}"


def ways_to(cluster: Cluster, address: str, prometheus: PrometheusSpec, operator: Operator) -> list[Way]:
    """Return the ways to ask a server, the likeliest first. Headers go with a question, credentials never do."""
    headers, service = dict(prometheus.headers), service_of(address, operator.namespace)
    direct = Way("directly", by_address(address, headers, DIRECT_S))
    if not service:
        return [direct]
    prefix = urlsplit(address).path.rstrip("/")
    return [Way("through the API server's proxy", by_service(cluster, service, headers, prefix)), direct]


def ways_named(cluster: Cluster, named: Named, prometheus: PrometheusSpec) -> list[Way]:
    """Return the way to the server that the user named."""
    headers = dict(prometheus.headers)
    if named.service:
        return [Way(f"as {named.service}", by_service(cluster, named.service, headers))]
    return [Way(f"at {named.address}", by_address(named.address, headers, DIRECT_S))]
