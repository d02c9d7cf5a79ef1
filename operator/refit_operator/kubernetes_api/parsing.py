"""From a document to one of our objects. One that doesn't parse, as another version may have stored it, spoils what
rests on it and nothing else, and the message names object and fields, not their values.
"""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from refit_operator.api.monitor import ModelMonitor
from refit_operator.kubernetes_api.errors import Permanent

Kind = TypeVar("Kind", bound=BaseModel)
MONITOR_BYTES = 65_536
"""The most that a monitor's names and values may be: the policy refit-monitor-size (manifests/base) refuses more."""


def parse(kind: type[Kind], document: dict[str, Any]) -> Kind:
    """Return the object. Raises Permanent where it doesn't parse."""
    name = f"{kind.__name__} {document['metadata']['name']}"
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise Permanent(f"{name} doesn't parse: {wrong}") from error
    except RecursionError as error:
        raise Permanent(f"{name} doesn't parse: it is nested too deeply") from error


def parse_monitor(document: dict[str, Any]) -> ModelMonitor:
    """Return the monitor. Raises Permanent where it doesn't parse, or is larger than a monitor may be."""
    name = f"ModelMonitor {document['metadata']['name']}"
    try:
        size = _count_bytes(document.get("spec"))
    except RecursionError as error:
        raise Permanent(f"{name} doesn't parse: it is nested too deeply") from error
    if size > MONITOR_BYTES:
        raise Permanent(f"{name} has a spec of {size:,} bytes, and may have {MONITOR_BYTES:,}: make it smaller")
    return parse(ModelMonitor, document)


def _count_bytes(node: Any) -> int:
    """Return the bytes of names and values alone: never more than the policy counts, quotes and braces included."""
    if isinstance(node, dict):
        return sum(len(key.encode()) + _count_bytes(value) for key, value in node.items())
    if isinstance(node, list):
        return sum(map(_count_bytes, node))
    return len(str(node).encode())
