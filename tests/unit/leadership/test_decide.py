"""Acquire, renew or wait: for each Lease as read and each age by our own clock, the answer; and what is written."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from refit_operator.leadership.rules.decide import (
    Acquire,
    Renew,
    Sighting,
    Step,
    Wait,
    build_lease,
    build_release,
    decide,
    format_time,
    sight,
)

NOW = datetime(2026, 11, 24, 12, 0, 0, 1500, tzinfo=UTC)


def lease(holder: str | None = "other", version: str = "7", **spec: Any) -> dict[str, Any]:
    base = {"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": "2026-11-24T11:59:59.000000Z"}
    return {"metadata": {"uid": "u", "resourceVersion": version, "labels": {"a": "b"}}, "spec": {**base, **spec}}


YEARS_AGO = "2001-01-01T00:00:00.000000Z"
YEARS_AHEAD = "2051-01-01T00:00:00.000000Z"

STEPS: dict[str, tuple[dict[str, Any] | None, float, Step]] = {
    "there is no lease": (None, 0, Acquire()),
    "a lease without a spec": ({"metadata": {}}, 0, Acquire()),
    "nobody holds it": (lease(None), 0, Acquire()),
    "it was released": (lease(""), 0, Acquire()),
    "we hold it": (lease("me"), 0, Renew()),
    "we hold it, long not renewed": (lease("me"), 3600, Renew()),
    "another holds it, seen just now": (lease(), 0, Wait("other")),
    "another holds it, nearly expired": (lease(), 14.99, Wait("other")),
    "another held it, unchanged for its duration": (lease(), 15, Acquire()),
    "the holder's own duration counts": (lease(leaseDurationSeconds=60), 30, Wait("other")),
    "the holder gave none: ours": (lease(leaseDurationSeconds=None), 14, Wait("other")),
    "the holder gave none, ours is over": (lease(leaseDurationSeconds=None), 15, Acquire()),
    "a clock that is years behind doesn't expire it": (lease(renewTime=YEARS_AGO), 1, Wait("other")),
    "a clock that is years ahead doesn't hold it": (lease(renewTime=YEARS_AHEAD), 15, Acquire()),
}


@pytest.mark.parametrize(("read", "age", "want"), STEPS.values(), ids=STEPS)
def test_the_step(read: dict[str, Any] | None, age: float, want: Step) -> None:
    assert decide(Sighting(read, since=100.0), "me", 100.0 + age, duration=15) == want


SIGHTS: dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None, float]] = {
    "the same record is as old as it was": (lease(), lease(), 100),
    "a record renewed is new": (lease(), lease(renewTime=YEARS_AHEAD), 105),
    "a label changes nothing": (lease(), lease(version="8"), 100),
    "a lease made anew is new": (lease(), lease() | {"metadata": {"uid": "v"}}, 105),
    "first seen now": (None, lease(), 105),
    "gone": (lease(), None, 105),
}


@pytest.mark.parametrize(("before", "after", "since"), SIGHTS.values(), ids=SIGHTS)
def test_the_age_of_a_record(before: dict[str, Any] | None, after: dict[str, Any] | None, since: float) -> None:
    assert sight(Sighting(before, 100), after, 105) == Sighting(after, since)


def test_nothing_was_seen_before() -> None:
    assert sight(None, lease(), 105).since == 105


def test_a_new_lease() -> None:
    made = build_lease(Sighting(None, 0), "me", NOW, 15)
    time = "2026-11-24T12:00:00.001500Z"
    assert made["metadata"] == {}
    assert made["spec"] == {
        "holderIdentity": "me",
        "leaseDurationSeconds": 15,
        "acquireTime": time,
        "renewTime": time,
        "leaseTransitions": 0,
    }


def test_a_renewal_keeps_what_was_and_says_which_version_it_read() -> None:
    old = lease("me", acquireTime=YEARS_AGO, leaseTransitions=3)
    made = build_lease(Sighting(old, 0), "me", NOW, 15)
    assert made["metadata"] == old["metadata"]
    assert (made["spec"]["acquireTime"], made["spec"]["leaseTransitions"]) == (YEARS_AGO, 3)
    assert made["spec"]["renewTime"] == "2026-11-24T12:00:00.001500Z"


def test_taking_over_is_a_transition() -> None:
    made = build_lease(Sighting(lease(leaseTransitions=3, acquireTime=YEARS_AGO), 0), "me", NOW, 15)
    assert (made["spec"]["holderIdentity"], made["spec"]["leaseTransitions"]) == ("me", 4)
    assert made["spec"]["acquireTime"] == "2026-11-24T12:00:00.001500Z"


def test_a_released_lease_is_anybodys() -> None:
    released = build_release(lease("me"), NOW)
    assert released["metadata"]["resourceVersion"] == "7"
    assert decide(Sighting(released, 0), "other", 0, 15) == Acquire()


def test_times_are_utc_with_six_digits() -> None:
    elsewhere = datetime(2026, 11, 24, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    assert format_time(elsewhere) == "2026-11-24T12:00:00.000000Z"
