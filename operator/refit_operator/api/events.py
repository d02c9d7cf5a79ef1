"""Events for people: what a look found worth telling. One idea a reason, the numbers in the message."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Note:
    """An event, before it is posted on an object."""

    reason: str
    message: str
    kind: Literal["Normal", "Warning"] = "Normal"
