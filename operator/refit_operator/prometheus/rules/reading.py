"""A reading of the metric: a value, or exactly one reason why there is none.

Only a `Value` can breach, recover or condemn; every other reading holds. So a reading is a closed union, and each
`match` over it is checked to be exhaustive. Pure: times are aware UTC and come from the caller.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import assert_never

from refit_operator.prometheus.rules.interval import interval


class FailureKind(StrEnum):
    """Why a query gave no answer at all."""

    Refused = "Refused"  # no connection, no such host, or the connection broke
    Timeout = "Timeout"
    Tls = "Tls"
    Unauthorized = "Unauthorized"
    BadQuery = "BadQuery"  # Prometheus itself refused the query; only this one is the query's fault
    ServerError = "ServerError"
    TooLarge = "TooLarge"
    Redirect = "Redirect"
    Partial = "Partial"  # it answered, and says that it doesn't know all of the data
    Malformed = "Malformed"  # it answered, but not as Prometheus does
    # It wasn't asked at all:
    Forbidden = "Forbidden"  # that server may not be asked, or that Secret not be read
    BadSecret = "BadSecret"  # a Secret or key isn't there, or is of no use
    NoValue = "NoValue"  # a variable of the query has no value yet
    CircuitOpen = "CircuitOpen"  # it timed out several times in a row


@dataclass(frozen=True)
class Counts:
    """Outcomes: `good` of `total` are those that the metric is the share of. Raises ValueError for what can't be."""

    good: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.good <= self.total:
            raise ValueError(f"{self.good} of {self.total} outcomes can't be")


@dataclass(frozen=True)
class Value:
    """A finite number within bounds."""

    value: float
    time: datetime
    counts: Counts | None = None
    """The outcomes that it is the share of; None where they aren't known."""


@dataclass(frozen=True)
class NoData:
    """The query returned nothing."""

    time: datetime


@dataclass(frozen=True)
class NotANumber:
    """NaN, an infinity, a string or a histogram."""

    time: datetime


@dataclass(frozen=True)
class OutOfRange:
    """A number the metric can't have."""

    value: float
    time: datetime


@dataclass(frozen=True)
class MultipleSeries:
    """More than one series had a value, so there is no telling which is meant."""

    count: int
    time: datetime


@dataclass(frozen=True)
class Stale:
    """The newest sample behind the value is too old; `age` is None where it's older than was asked for."""

    age: timedelta | None
    time: datetime


@dataclass(frozen=True)
class TooFewSamples:
    """Too few judged predictions stand behind the value."""

    samples: float
    time: datetime


@dataclass(frozen=True)
class QueryFailed:
    """The query gave no answer; `message` never holds credentials."""

    kind: FailureKind
    message: str
    time: datetime


Reading = Value | NoData | NotANumber | OutOfRange | MultipleSeries | Stale | TooFewSamples | QueryFailed


Bounds = tuple[float | None, float | None]
"""The least and the greatest value the metric can have, both allowed; None is no bound."""

UNBOUNDED: Bounds = (None, None)


def is_within(value: float, bounds: Bounds) -> bool:
    """Say whether the metric can have this value."""
    least, greatest = bounds
    return (least is None or value >= least) and (greatest is None or value <= greatest)


def read_number(value: float, time: datetime, bounds: Bounds) -> Reading:
    """Turn the one number a query gave into a reading."""
    if not isfinite(value):
        return NotANumber(time)
    return Value(value, time) if is_within(value, bounds) else OutOfRange(value, time)


def reason_of(reading: Reading) -> str:
    """Name the reading as the reason of a condition: "Value", "NoData", "QueryFailed"…"""
    return type(reading).__name__


def describe(reading: Reading) -> str:
    """Say in one sentence, with its numbers, what the reading is."""
    match reading:
        case Value(value, _, counts):
            return f"the value is {value:.6g}{_of_outcomes(counts)}"
        case NoData():
            return "no data: the query returned nothing"
        case NotANumber():
            return "not a number: the query returned NaN, an infinity, a string or a histogram"
        case OutOfRange(value):
            return f"out of range: {value:.6g} is outside the metric's bounds"
        case MultipleSeries(count):
            return f"multiple series: the query returned {count} series, and one is needed; aggregate them"
        case Stale(age):
            return f"stale: {_newest_sample(age)}"
        case TooFewSamples(samples):
            if samples == 0:
                return "no outcomes: the series are there, and none was counted"
            return f"too few samples: only {samples:.6g} stand behind the value"
        case QueryFailed(kind, message):
            return f"the query failed ({kind}): {message}"
        case _:
            assert_never(reading)


def _of_outcomes(counts: Counts | None) -> str:
    if counts is None:
        return ""
    low, high = interval(counts.good, counts.total)
    return f", {counts.good:,} of {counts.total:,} outcomes (95 % interval {low:.3g} to {high:.3g})"


def _newest_sample(age: timedelta | None) -> str:
    if age is None:
        return "there is no recent sample behind the value"
    return f"the newest sample behind the value is {age.total_seconds():.0f} s old"
