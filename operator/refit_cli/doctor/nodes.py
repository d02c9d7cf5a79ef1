"""Whether any node could take the pod of a run: by labels, taints and what it has in all. What is free isn't asked."""

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

from refit_cli.doctor.checks import Document, Examined, fail, ok
from refit_operator.api.monitor import ModelMonitor
from refit_operator.target.rules.room import parse_quantity

NAME = "nodes"
REPELLING = ("NoSchedule", "NoExecute")


def examine_nodes(monitor: ModelMonitor, nodes: list[Document]) -> Iterator[Examined]:
    """Yield whether nodes are open to the pod, and for each thing that it asks for whether one of these has enough."""
    asked, tolerated = _labels(monitor), monitor.spec.training.pod_template.tolerations
    tolerations = [each.to_json() for each in tolerated]
    fitting = [node for node in nodes if _has(node, asked)]
    if not fitting:
        wanted = ", ".join(f"{key}={value}" for key, value in asked.items())
        yield fail(NAME, f"none of {len(nodes)} has the labels of training.podTemplate.nodeSelector: {wanted}")
        return
    refusals = {_name(node): why for node in fitting if (why := _refusal(node, tolerations))}
    where = [node for node in fitting if _name(node) not in refusals]
    if not where:
        named = "; ".join(f"{name} {why}" for name, why in list(refusals.items())[:3])
        yield fail(NAME, f"none of {len(fitting)} takes the pod: {named}")
        return
    yield ok(NAME, f"{len(where)} of {len(nodes)} may take the pod of a run, by labels and taints")
    for name, amount in sorted(needs_of(monitor).items()):
        with suppress(ValueError):  # what is no quantity the API server refuses, with the pod of a run
            yield _enough(name, amount, where)


def _labels(monitor: ModelMonitor) -> dict[str, str]:
    return monitor.spec.training.pod_template.node_selector


def _name(node: Document) -> str:
    return str(node["metadata"]["name"])


def _has(node: Document, asked: dict[str, str]) -> bool:
    return asked.items() <= (node["metadata"].get("labels") or {}).items()


def _refusal(node: Document, tolerations: list[dict[str, Any]]) -> str:
    """Return why a node takes no such pod; empty where nothing is known."""
    if (node.get("spec") or {}).get("unschedulable"):
        return "is cordoned"
    taints = [each for each in (node.get("spec") or {}).get("taints") or () if each["effect"] in REPELLING]
    repelling = next((each for each in taints if not any(_tolerates(one, each) for one in tolerations)), None)
    if repelling is None:
        return ""
    value = f"={repelling['value']}" if repelling.get("value") else ""
    return f"has taint {repelling['key']}{value}:{repelling['effect']}, which training.podTemplate doesn't tolerate"


def _tolerates(toleration: dict[str, Any], taint: Document) -> bool:
    if toleration.get("effect") not in (None, taint["effect"]):
        return False
    if toleration.get("key") is None:
        return toleration.get("operator") == "Exists"
    if toleration["key"] != taint["key"]:
        return False
    return toleration.get("operator") == "Exists" or (toleration.get("value") or "") == (taint.get("value") or "")


def needs_of(monitor: ModelMonitor) -> dict[str, str]:
    """Return what a pod of a run asks for: its requests, and its limits where it has no such request."""
    resources = monitor.spec.training.resources
    return {name: str(amount) for name, amount in {**resources.limits, **resources.requests}.items()}


def _enough(name: str, asked: str, nodes: list[Document]) -> Examined:
    has = {_name(node): _amount(node, name) for node in nodes}
    enough = [node for node, amount in has.items() if amount >= parse_quantity(asked)]
    if not enough:
        most = max(nodes, key=lambda node: _amount(node, name))
        given = (most["status"].get("allocatable") or {}).get(name, "0")
        return fail(name, f"a pod asks for {asked}, and no node that may take it has more than {given}")
    return ok(name, f"{len(enough)} of {len(nodes)} have {asked} or more; whether it is free the scheduler knows")


def _amount(node: Document, name: str) -> Decimal:
    return parse_quantity((node["status"].get("allocatable") or {}).get(name, "0"))
