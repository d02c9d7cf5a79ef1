"""When a row was made: by what its value means, whether a format gave it as a number, as text or as a date."""

import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

END = 253_402_300_800.0
"""10000-01-01 in seconds since 1970. Beyond it are milliseconds, and years that no date has."""
COMPACT_DATE = re.compile(r"(19[7-9]\d|2\d{3})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")


class NoTime(ValueError):
    """Why a value is no time."""

    def __init__(self, problem: str, is_meant: bool = False) -> None:
        super().__init__(problem)
        self.is_meant = is_meant
        """It is a number or a date, and so was meant as a time."""


def parse_time(value: Any) -> float:
    """Return a time in seconds since 1970; raise NoTime where the value is none.

    It is a date or a moment in ISO 8601 (UTC where it names no zone), or a number of seconds, as a number or as text.
    """
    number = _number(value)
    seconds = _moment(value) if number is None else _seconds(number)
    if not 0 <= seconds < END:
        raise NoTime("not a time from 1970 to 9999", is_meant=True)
    return seconds


def write_utc(seconds: float) -> str:
    """Return a time in ISO 8601, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(value: Any) -> float | None:
    """Return the number that a value is or writes, None where it is none."""
    is_number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    if not is_number and (not isinstance(value, str) or "_" in value):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf
    except ValueError:
        return None


def _seconds(number: float) -> float:
    if not math.isfinite(number):
        raise NoTime("not a finite number of seconds", is_meant=True)
    if number >= END:
        raise NoTime("not seconds from 1970 to 9999: milliseconds or smaller units must be converted", is_meant=True)
    if number.is_integer() and COMPACT_DATE.fullmatch(str(int(number))):
        raise NoTime("a date or a number of seconds: write it as YYYY-MM-DD", is_meant=True)
    return number


def _moment(value: Any) -> float:
    if not isinstance(value, (str, date)):  # a datetime is a date
        raise NoTime("not a time")
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise NoTime("not a time") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
