"""Acquire, renew or wait: from a Lease as it was read, and from our own clock alone. Pure.

No time that another machine wrote is ever compared with ours. A holder has lost the Lease once we, by our monotonic
clock, have seen the record unchanged for as long as the holder itself stated; so does client-go's leaderelection.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True)
class Timing:
    """Seconds. What holds the Lease gives up before what stands by may take it: retry < renew_deadline < duration."""

    duration: float = 15
    """How long the record must stand still before another process may take it."""
    renew_deadline: float = 10
    """How long the holder tries to renew before it ends itself."""
    retry: float = 2
    """Between two attempts."""
    call: float = 3
    """What one attempt, a read and a write, may take."""


@dataclass(frozen=True)
class Sighting:
    """A Lease as it was last read (None: there is none), and since when, by our clock, it has been like that."""

    lease: Document | None
    since: float


@dataclass(frozen=True)
class Acquire:
    """No process holds the Lease."""


@dataclass(frozen=True)
class Renew:
    """We hold the Lease."""


@dataclass(frozen=True)
class Wait:
    """Another process holds the Lease."""

    holder: str


Step = Acquire | Renew | Wait


def sight(last: Sighting | None, lease: Document | None, now: float) -> Sighting:
    """Return what is known after a read at `now`: a record that hasn't changed is as old as it was."""
    if last and lease and last.lease and _record(last.lease) == _record(lease):
        return Sighting(lease, last.since)
    return Sighting(lease, now)


def _record(lease: Document) -> object:
    return lease["metadata"].get("uid"), lease.get("spec")


def decide(seen: Sighting, me: str, now: float, duration: float) -> Step:
    """Return the next step; `duration` stands in where the holder gave none."""
    spec = (seen.lease or {}).get("spec") or {}
    holder = spec.get("holderIdentity") or ""
    if holder == me:
        return Renew()
    if holder and now - seen.since < float(spec.get("leaseDurationSeconds") or duration):
        return Wait(holder)
    return Acquire()


def holder_of(seen: Sighting, me: str) -> str:
    """Return who else holds the Lease by its record, empty where nobody does."""
    holder = ((seen.lease or {}).get("spec") or {}).get("holderIdentity") or ""
    return "" if holder == me else str(holder)


def format_time(now: datetime) -> str:
    """Return a MicroTime as the API server reads it: UTC, always six digits."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def build_lease(seen: Sighting, me: str, now: datetime, duration: float) -> Document:
    """Return the Lease that says we hold it: the one that was read, its resourceVersion with it, or a new one."""
    lease = seen.lease or {"metadata": {}}
    old = lease.get("spec") or {}
    ours = old.get("holderIdentity") == me
    spec = {
        "holderIdentity": me,
        "leaseDurationSeconds": round(duration),
        "acquireTime": old.get("acquireTime") if ours else format_time(now),
        "renewTime": format_time(now),
        "leaseTransitions": (old.get("leaseTransitions") or 0) + (0 if ours or not seen.lease else 1),
    }
    return lease | {"spec": spec}


def build_release(lease: Document, now: datetime) -> Document:
    """Return the Lease without a holder, so that another process needn't wait."""
    return lease | {
        "spec": lease["spec"] | {"holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": format_time(now)}
    }
