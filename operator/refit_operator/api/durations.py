"""Durations as GEP-2257 strings ("90s", "1h30m"), timedeltas inside.

GEP-2257 is the Gateway API's format: a subset of Go's durations without signs and fractions.
"""

from datetime import timedelta
from typing import Annotated, Any

import durationpy
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

PATTERN = "^([0-9]{1,5}(h|m|s|ms)){1,4}$"


def parse_duration(value: Any) -> Any:
    """Return the timedelta of a GEP-2257 string; leave anything else to pydantic."""
    return durationpy.from_str(value) if isinstance(value, str) else value


def format_duration(value: timedelta) -> str:
    """Return the GEP-2257 string of a timedelta, milliseconds being the finest unit."""
    total = round(value.total_seconds() * 1000)
    parts = []
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, total = divmod(total, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "maxLength": 24}),
]
