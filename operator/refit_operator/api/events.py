"""Events, before they are posted. One idea a reason, the numbers in the message."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Event:
    """An Event of Kubernetes, before it is posted on an object."""

    reason: str
    message: str
    type: Literal["Normal", "Warning"] = "Normal"
