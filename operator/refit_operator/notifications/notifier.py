"""Send notifications beside everything else: nothing waits for a receiver, and one that is down holds up no other.

At least once: a receiver is recorded on an episode's run only after it was notified. Of a process that ends between the
two, the next one notifies it again, with the same id.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
"""Called with a monitor of whose run a receiver was notified, so that this is recorded."""

TIMEOUT = 10.0
"""Seconds that a receiver may take."""
FIRST_BACKOFF = 5.0
LONGEST_BACKOFF = 600.0
MOST_WAITING = 1000
"""Episodes that are sent, or sent again later; others are offered again by their monitor's next reconciliation."""
SIDE_BY_SIDE = 8
"""Requests to each receiver at once."""
TRIED_AGAIN = frozenset([407, 408, 425, 429])
"""Refusals that may be over soon; 407 is a proxy's, whose password may have changed."""


@dataclass(frozen=True)
class Told:
    """Who was notified of an episode."""

    names: frozenset[str]
    is_all: bool
    """Whether nobody else is to be."""


@dataclass
class _Sending:
    """An episode, and the names of the receivers that were notified, and that are yet to be."""

    episode: Episode
    told: set[str]
    left: set[str]


class Notifier:
    """The episodes that are being sent, and those that were and aren't recorded yet."""

    def __init__(self, receivers: Sequence[Receiver], now: Callable[[], datetime]) -> None:
        self._receivers, self._now = {receiver.name: receiver for receiver in receivers}, now
        self._sendings: dict[str, _Sending] = {}
        self._offered: asyncio.Queue[_Sending] = asyncio.Queue()
        self._turns = {name: asyncio.Semaphore(SIDE_BY_SIDE) for name in self._receivers}

    def told(self, id: str) -> Told | None:
        """Return who was notified of an episode; None where it isn't being sent."""
        sending = self._sendings.get(id)
        return None if sending is None else Told(frozenset(sending.told), not sending.left)

    def forget(self, id: str) -> None:
        """Forget an episode that is recorded."""
        self._sendings.pop(id, None)

    def offer(self, episode: Episode, notified: Sequence[str] = ()) -> None:
        """Send it soon to all who want it and aren't `notified`; one that is being sent already isn't sent twice."""
        told = self._receivers.keys() & set(notified)
        left = {name for name, receiver in self._receivers.items() if receiver.wants(episode)} - told
        if not left or episode.id in self._sendings:
            return
        if self._waiting() >= MOST_WAITING:
            NOTIFICATIONS.labels("Deferred").inc()
            return
        sending = self._sendings[episode.id] = _Sending(episode, told, left)
        self._offered.put_nowait(sending)
        NOTIFICATIONS_WAITING.set(self._waiting())

    async def run(self, enqueue: Enqueue) -> Never:
        """Send what is offered, for ever. Each receiver's requests are bounded, so their connections needn't be."""
        connector = aiohttp.TCPConnector(limit=0, ssl=ssl.create_default_context())
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        session = aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False)
        async with session, asyncio.TaskGroup() as tasks:
            while True:
                sending = await self._offered.get()
                for name in sorted(sending.left):
                    tasks.create_task(self._tell(self._receivers[name], sending, session, enqueue))

    async def _tell(
        self, receiver: Receiver, sending: _Sending, session: aiohttp.ClientSession, enqueue: Enqueue
    ) -> None:
        episode = sending.episode
        told = self._send_to(receiver, episode, session)
        for lost in await asyncio.gather(told, return_exceptions=True):
            if isinstance(lost, Exception):  # whatever it is, it must not end the operator
                log.error("notification not sent", run=episode.run, error=type(lost).__name__)
        sending.left.discard(receiver.name)
        sending.told.add(receiver.name)
        self._let_go()
        NOTIFICATIONS_WAITING.set(self._waiting())
        enqueue(episode.monitor)

    def _waiting(self) -> int:
        return sum(1 for sending in self._sendings.values() if sending.left)

    def _let_go(self) -> None:
        """Forget what is sent and is no news any more: nobody records it, as with runs that are pruned."""
        now = self._now()
        over = [id for id, one in self._sendings.items() if not one.left and now - one.episode.ended >= SENT_FOR]
        for id in over:
            del self._sendings[id]

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
                self._turns[receiver.name],
                session.post(
                    receiver.address(),
                    json=receiver.body(episode),
                    headers=receiver.headers(),
                    allow_redirects=False,
                    proxy=receiver.way(),
                ) as reply,
            ):
                return _judged(reply.status)
        except aiohttp.ClientHttpProxyError as error:
            return f"its proxy answered {error.status}", False
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return type(error).__name__, False


def _judged(status: int) -> tuple[str, bool]:
    if 200 <= status < 300:
        return "", False
    return f"it answered {status}", 300 <= status < 500 and status not in TRIED_AGAIN
