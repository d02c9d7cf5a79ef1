"""The time, as long as the API server agrees.

Deadlines, cooldowns and readings hold this host's clock against times that the API server and Prometheus wrote. By a
clock a day ahead, a deadline that is far is over; by one behind, yesterday's readings are today's. Which of the two is
wrong can't be known: nothing is decided until they agree. Every answer of the API server says its time (`Date`).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import aiohttp

from refit_operator.kubernetes_api.errors import Transient
from refit_operator.observability.metrics import CLOCK_AHEAD

TOLERANCE = timedelta(seconds=30)
"""`Date` counts in seconds, and an answer takes up to ten."""


def utc_now() -> datetime:
    """Return what this host's clock says."""
    return datetime.now(UTC)


def _whole_second(time: datetime) -> datetime:
    """Round up: what is recorded as done at a time was done by then."""
    return time if time.microsecond == 0 else time.replace(microsecond=0) + timedelta(seconds=1)


class Clock:
    """This host's clock, held against the API server's at each answer."""

    def __init__(self, utc_now: Callable[[], datetime] = utc_now) -> None:
        self._utc_now = utc_now
        self._ahead = timedelta(0)

    def observe_date(self, date: str | None) -> None:
        """Note the `Date` of an answer that has just come; one without says nothing."""
        if date:
            self._ahead = self._utc_now() - parsedate_to_datetime(date)
            CLOCK_AHEAD.set(self._ahead.total_seconds())

    def now(self) -> datetime:
        """Return the time in whole seconds, as Kubernetes writes times. Raises Transient while the clocks disagree."""
        if abs(self._ahead) > TOLERANCE:
            off, side = abs(self._ahead).total_seconds(), "ahead of" if self._ahead > TOLERANCE else "behind"
            raise Transient(f"this host's clock is {off:.0f} s {side} the API server's; nothing is decided meanwhile")
        return _whole_second(self._utc_now())

    def server_time(self) -> datetime:
        """Return the API server's time by its newest answer, whatever this host's clock says."""
        return self._utc_now() - self._ahead

    def trace(self) -> aiohttp.TraceConfig:
        """Return the trace by which a client session shows its answers."""

        async def answered(
            _: aiohttp.ClientSession, __: SimpleNamespace, request: aiohttp.TraceRequestEndParams
        ) -> None:
            self.observe_date(request.response.headers.get("Date"))

        trace: aiohttp.TraceConfig = aiohttp.TraceConfig()
        trace.on_request_end.append(answered)
        return trace
