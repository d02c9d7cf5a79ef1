"""From a document to one of our objects. One that doesn't parse, as another version may have stored it, spoils what
rests on it and nothing else, and the message names object and fields, not their values.
"""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from refit_operator.api.monitor import ModelMonitor
from refit_operator.kubernetes_api.errors import Permanent

Kind = TypeVar("Kind", bound=BaseModel)
MONITOR_BYTES = 65_536
"""The most that a monitor's spec may be: the admission policy refit-monitor-size refuses more, where it is installed."""


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
        size = len(json.dumps(document.get("spec"), ensure_ascii=False).encode())
    except RecursionError as error:
        raise Permanent(f"{name} doesn't parse: it is nested too deeply") from error
    if size > MONITOR_BYTES:
        raise Permanent(f"{name} has a spec of {size:,} bytes, and may have {MONITOR_BYTES:,}: make it smaller")
    return parse(ModelMonitor, document)
