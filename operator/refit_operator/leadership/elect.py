"""Become the leader, stay it, and know at once when it is over.

Every exception, whatever it is, means "not renewed". Time is the event loop's, which is monotonic; a renewal counts
from the moment its attempt began, so that we always give up before another process may take over.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Never, Protocol

import structlog

from refit_operator.kubernetes_api.clock import utc_now
from refit_operator.leadership.rules.decide import (
    Document,
    Sighting,
    Timing,
    Wait,
    build_lease,
    build_release,
    decide,
    holder_of,
    sight,
)

log = structlog.get_logger()


class Lock(Protocol):
    """Where the Lease is kept. `write` refuses what changed since it was read."""

    async def read(self) -> Document | None:
        """Return the Lease, None where there is none."""

    async def write(self, lease: Document) -> Document:
        """Create the Lease, or update exactly the one that was read; return what is stored now."""

    async def announce(self, message: str, now: datetime) -> None:
        """Post an Event on the Lease."""


class LeadershipLost(Exception):
    """Another process holds the Lease, or may soon: this one must end."""


@dataclass(frozen=True)
class Held:
    """The Lease is ours as of now."""


@dataclass(frozen=True)
class Taken:
    """Another process holds it."""

    holder: str


@dataclass(frozen=True)
class NotRenewed:
    """The attempt failed, and why."""

    error: str


class Leadership:
    """One process's part in the election."""

    def __init__(self, lock: Lock, me: str, timing: Timing, utc_now: Callable[[], datetime] = utc_now) -> None:
        self._lock, self._me, self._timing, self._utc_now = lock, me, timing, utc_now
        self._seen: Sighting | None = None
        self._renewed = float("-inf")
        self._trouble = ""
        self._before = ""

    async def acquire(self) -> None:
        """Stand by until the Lease is ours."""
        logged: object = None
        while not isinstance(tried := await self._attempt(), Held):
            if tried != logged:
                log.info("standing by", identity=self._me, reason=_describe(tried))
            logged = tried
            await asyncio.sleep(self._timing.retry)
        log.info("elected", identity=self._me, before=self._before)
        await self._announce()

    async def _announce(self) -> None:
        """Report who leads, and who did, for `kubectl describe lease`; an Event that is lost is no reason to wait."""
        message = f"{self._me} became leader" + (f"; {self._before} didn't renew the Lease" if self._before else "")
        try:
            async with asyncio.timeout(1):
                await self._lock.announce(message, self._utc_now())
        except Exception as error:
            log.warning("event lost", error=_name(error))

    async def hold(self) -> Never:
        """Renew until that fails. Raises LeadershipLost."""
        while True:
            await asyncio.sleep(self._timing.retry)
            self._trouble = "the process stood still"
            try:
                async with asyncio.timeout_at(self._renewed + self._timing.renew_deadline):
                    tried = await self._insist()
            except TimeoutError:
                why = f"not renewed for {self._timing.renew_deadline:g} s: {self._trouble}"
                raise LeadershipLost(why) from None
            if isinstance(tried, Taken):
                raise LeadershipLost(_describe(tried))

    async def _insist(self) -> Held | Taken:
        """Try until there is an answer; an attempt that hung is followed by the next at once."""
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            if not isinstance(tried := await self._attempt(), NotRenewed):
                return tried
            log.warning("lease not renewed", error=tried.error)
            self._trouble = tried.error
            await asyncio.sleep(max(0, began + self._timing.retry - clock()))

    async def release(self) -> None:
        """Let go of the Lease, if it is ours still; others would get it by waiting as well."""
        lease = self._seen.lease if self._seen else None
        if not lease or lease["spec"].get("holderIdentity") != self._me:
            return
        try:
            async with asyncio.timeout(1):
                await self._lock.write(build_release(lease, self._utc_now()))
        except Exception as error:
            log.warning("lease not released", error=_name(error))

    async def _attempt(self) -> Held | Taken | NotRenewed:
        clock, began = asyncio.get_running_loop().time, asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._timing.call):
                self._seen = sight(self._seen, await self._lock.read(), clock())
                step = decide(self._seen, self._me, clock(), self._timing.duration)
                if isinstance(step, Wait):
                    return Taken(step.holder)
                self._before = holder_of(self._seen, self._me)
                lease = build_lease(self._seen, self._me, self._utc_now(), self._timing.duration)
                self._seen = sight(None, await self._lock.write(lease), clock())
        except Exception as error:
            return NotRenewed(_name(error))
        self._renewed = began
        return Held()


def _name(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _describe(tried: Held | Taken | NotRenewed) -> str:
    match tried:
        case Held():
            return "the lease is held"
        case Taken(holder):
            return f"{holder} holds the lease"
        case NotRenewed(error):
            return error
