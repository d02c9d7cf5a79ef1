"""Send notifications beside everything else: nothing waits for a receiver, and one that is down holds up no other.

At least once: an episode is recorded on its run only after it was sent. Of a process that ends between the two, the
next one sends it again, with the same id.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Never

import aiohttp
import structlog

from refit_operator.api.metadata import Ref
from refit_operator.notifications.receivers import Receiver
from refit_operator.notifications.rules.episode import SENT_FOR, Episode
from refit_operator.observability.metrics import NOTIFICATIONS, NOTIFICATIONS_WAITING

log = structlog.get_logger()
Enqueue = Callable[[Ref], None]
"""Called with a monitor whose run's notification was sent, so that this is recorded."""

TIMEOUT = 10.0
"""Seconds that a receiver may take."""
FIRST_BACKOFF = 5.0
LONGEST_BACKOFF = 600.0
MOST_WAITING = 1000
"""Episodes that are sent, or sent again later; others are offered again by their monitor's next reconciliation."""
SIDE_BY_SIDE = 8
TRIED_AGAIN = frozenset([408, 425, 429])


class Notifier:
    """The episodes that are being sent, and those that were and aren't recorded yet."""

    def __init__(self, receivers: Sequence[Receiver], now: Callable[[], datetime]) -> None:
        self._receivers, self._now = receivers, now
        self._waiting: dict[str, Episode] = {}
        self._sent: set[str] = set()
        self._offered: asyncio.Queue[Episode] = asyncio.Queue()
        self._turns = asyncio.Semaphore(SIDE_BY_SIDE)

    def was_sent(self, id: str) -> bool:
        """Return whether it is only to be recorded."""
        return id in self._sent

    def forget(self, id: str) -> None:
        """Forget an episode that is recorded."""
        self._sent.discard(id)

    def offer(self, episode: Episode) -> None:
        """Send it to all who want it, soon; one that is being sent already isn't sent twice."""
        is_wanted = any(receiver.wants(episode) for receiver in self._receivers)
        if not is_wanted or episode.id in self._waiting or episode.id in self._sent:
            return
        if len(self._waiting) >= MOST_WAITING:
            NOTIFICATIONS.labels("Deferred").inc()
            return
        self._waiting[episode.id] = episode
        self._offered.put_nowait(episode)
        NOTIFICATIONS_WAITING.set(len(self._waiting))

    async def run(self, enqueue: Enqueue) -> Never:
        """Send what is offered, for ever."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as tasks:
            while True:
                episode = await self._offered.get()
                tasks.create_task(self._send(episode, session, enqueue))

    async def _send(self, episode: Episode, session: aiohttp.ClientSession, enqueue: Enqueue) -> None:
        wanted = [receiver for receiver in self._receivers if receiver.wants(episode)]
        sending = (self._send_to(receiver, episode, session) for receiver in wanted)
        for lost in await asyncio.gather(*sending, return_exceptions=True):
            if isinstance(lost, Exception):  # whatever it is, it must not end the operator
                log.error("notification not sent", run=episode.run, error=type(lost).__name__)
        self._sent.add(episode.id)
        del self._waiting[episode.id]
        NOTIFICATIONS_WAITING.set(len(self._waiting))
        enqueue(episode.monitor)

    async def _send_to(self, receiver: Receiver, episode: Episode, session: aiohttp.ClientSession) -> None:
        """Try until it is sent or refused for good, or is no news any more."""
        backoff = FIRST_BACKOFF
        while True:
            problem, is_final = await self._attempt(receiver, episode, session)
            if not problem:
                NOTIFICATIONS.labels("Sent").inc()
                return
            is_late = self._now() - episode.ended >= SENT_FOR
            about = {"receiver": receiver.name, "run": episode.run, "error": problem}
            if is_final or is_late:
                NOTIFICATIONS.labels("Refused" if is_final else "GivenUp").inc()
                log.error("notification not sent", **about)
                return
            log.warning("notification not sent yet", backoff=backoff, **about)
            await asyncio.sleep(backoff)
            backoff = min(LONGEST_BACKOFF, 2 * backoff)

    async def _attempt(self, receiver: Receiver, episode: Episode, session: aiohttp.ClientSession) -> tuple[str, bool]:
        """Return what went wrong, empty where nothing did, and whether another attempt is in vain.

        No address is quoted: that of a webhook is a secret.
        """
        try:
            async with (
                self._turns,
                session.post(
                    receiver.address(),
                    json=receiver.body(episode),
                    headers=receiver.headers(),
                    allow_redirects=False,
                ) as reply,
            ):
                return _judged(reply.status)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return type(error).__name__, False


def _judged(status: int) -> tuple[str, bool]:
    if 200 <= status < 300:
        return "", False
    return f"it answered {status}", 300 <= status < 500 and status not in TRIED_AGAIN
