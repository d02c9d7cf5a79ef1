"""Whether a rolling update finds room in the quotas of its namespace, where it may take no pod away first. Pure.

Only what is sure counts: what the template states, by quotas for all pods. What LimitRanges and admission add isn't
known, and whether a node has room the scheduler alone knows.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from math import floor
from typing import Any

Document = dict[str, Any]
Amounts = dict[str, Decimal]
DEFAULT_SHARE = "25%"
"""What a rolling update may take away where it doesn't say."""
FOR_SERVERS = {"NotTerminating"}
"""Scopes of quotas that hold for every pod without a deadline; others depend on the pod."""
UNITS = {
    **{unit: Decimal(10) ** power for unit, power in {"n": -9, "u": -6, "m": -3, "": 0}.items()},
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", start=1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", start=1)},
}
QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?")


def may_miss_none(bounds: Document, replicas: int) -> bool:
    """Return whether a rolling update with these bounds may take no pod away, so that it starts with one more."""
    return _count(bounds.get("maxUnavailable", DEFAULT_SHARE), replicas) == 0


def _count(allowed: int | str, replicas: int) -> int:
    """Return how many pods may be missing; a share is rounded down."""
    if isinstance(allowed, str) and allowed.endswith("%"):
        return floor(int(allowed[:-1]) * replicas / 100)
    return int(allowed)


def lack_of_room(workload: Document, quotas: Iterable[Document]) -> str:
    """Return which quota allows no more pod of the workload, and of what; empty where all allow it."""
    needed = _needs_of(workload["spec"]["template"]["spec"])
    lacks = (_lack(quota, needed) for quota in quotas if _is_for_servers(quota))
    return next((lack for lack in lacks if lack), "")


def _is_for_servers(quota: Document) -> bool:
    spec = quota.get("spec") or {}
    return not spec.get("scopeSelector") and set(spec.get("scopes") or ()) <= FOR_SERVERS


def _lack(quota: Document, needed: Amounts) -> str:
    status = quota.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    for name in sorted(hard):
        need, taken = needed.get(name, Decimal(0)), used.get(name, "0")
        if need and parse_quantity(taken) + need > parse_quantity(hard[name]):
            what = f"ResourceQuota {quota['metadata']['name']!r} has {taken} of {hard[name]} {name} in use"
            return f"{what}, and one more pod needs {need.normalize():f}"
    return ""


def _needs_of(pod: Document) -> Amounts:
    """Return what one pod counts for in a quota, by the names that quotas have for it."""
    requests, limits = _sum(pod, _requests), _sum(pod, _limits)
    return {
        "pods": Decimal(1),
        "count/pods": Decimal(1),
        **requests,
        **{f"requests.{name}": amount for name, amount in requests.items()},
        **{f"limits.{name}": amount for name, amount in limits.items()},
    }


def _requests(container: Document) -> Amounts:
    """Return what a container asks for; where it has a limit alone, that is what it asks for."""
    resources = container.get("resources") or {}
    return _limits(container) | _parsed(resources.get("requests") or {})


def _limits(container: Document) -> Amounts:
    return _parsed((container.get("resources") or {}).get("limits") or {})


def _parsed(texts: Mapping[str, str]) -> Amounts:
    return {name: parse_quantity(str(text)) for name, text in texts.items()}


def _sum(pod: Document, amounts_of: Callable[[Document], Amounts]) -> Amounts:
    """Return a pod's amounts: containers and sidecars together, or what one init container needs where that is more."""
    before = pod.get("initContainers") or ()
    sidecars = [container for container in before if container.get("restartPolicy") == "Always"]
    beside = [amounts_of(container) for container in (*(pod.get("containers") or ()), *sidecars)]
    alone = [amounts_of(container) for container in before if container.get("restartPolicy") != "Always"]
    names = {name for amounts in (*beside, *alone) for name in amounts}
    zero = Decimal(0)
    return {
        name: max(sum((each.get(name, zero) for each in beside), zero), *(each.get(name, zero) for each in alone), zero)
        for name in names
    }


def parse_quantity(text: str) -> Decimal:
    """Return a quantity of Kubernetes as a number: 500m, 2, 16Gi, 1e3. Raises ValueError for anything else."""
    found = QUANTITY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no quantity")
    number, unit = found.groups(default="")
    return Decimal(number) * UNITS[unit]
