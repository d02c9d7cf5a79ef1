"""A copy of each live request goes to another server, and its answer is compared: off unless MIRROR_URL is set.

No live request waits for it, or fails by it: copies wait in a bounded queue, one at a time is asked, and what doesn't
fit is dropped. While nothing answers at the URL, nothing is copied.
"""

import asyncio
import json
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from prometheus_client import CollectorRegistry, Counter

from refit_serving.background import end
from refit_serving.mirrored_labels import IsRight, MirroredLabels

WAITING = 100  # copies
HELD_BYTES = 8 << 20  # of the bodies of all copies that wait
MAX_ANSWER = 1 << 20  # bytes of the other server's answer
GONE_SECONDS = 300  # without another server, until its answers that wait for labels are forgotten
LONGEST_DIGEST = 80
HEADER = "X-Refit-Mirrored"  # a request that has it is a copy, and isn't copied again
TIMING = "Server-Timing"  # of the answer to a copy: how long the other server took, without the way there and back
SHARED = re.compile(r"(?:^|,)\s*shared\s*(?:[,;]|$)")  # in it: the time says nothing, other requests were there
DURATION = re.compile(r"\btotal;dur=(\d{1,9}(?:\.\d{1,9})?)(?![\w.])")
Agrees = Callable[[Any, Any], bool]
Answers = Sequence[tuple[str, Any]]
"""Each input's id, and what it was answered with."""
log = logging.getLogger(__name__)


class MirrorMetrics:
    """What is exported of copies: of the model that answers them now, by its digest."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.answers = Counter(
            "refit_mirror_answers", "Inputs copied to another server.", ["digest", "result"], registry=registry
        )
        self.seconds = Counter(
            "refit_mirror_seconds",
            "Time of requests that both servers answered, each while it had no other.",
            ["digest", "side"],
            registry=registry,
        )
        self.dropped = Counter("refit_mirror_dropped", "Requests not copied: too many waited.", registry=registry)
        self.found: str | None = None

    def begin(self, digest: str) -> bool:
        """Export another model's counters from zero on, and those of the one before no longer; False: it's the same."""
        if digest == self.found:
            return False
        self.found = digest
        self.answers.clear()
        self.seconds.clear()
        for result in ("agreed", "differed", "failed"):
            self.answers.labels(digest, result)
        for side in ("served", "mirrored"):
            self.seconds.labels(digest, side)
        return True


@dataclass(frozen=True, slots=True)
class MirrorSettings:
    """Where copies go; nowhere without a URL."""

    url: str = ""
    poll_seconds: float = 5
    seconds: float = 10
    """How long an answer may take."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A request, what it was answered with, and how long that took; None where other requests were there."""

    body: bytes
    answers: Answers
    seconds: float | None


class Unusable(Exception):
    """The other server gave no answer that can be compared."""


class Replaced(Exception):
    """Another model answers there by now."""


class Mirror:
    """Sends copies to another server, and counts where it answers the same."""

    def __init__(
        self, settings: MirrorSettings, agrees: Agrees, is_right: IsRight, registry: CollectorRegistry
    ) -> None:
        self.labels = MirroredLabels(is_right, registry)
        self._url = settings.url.rstrip("/")
        self._poll_seconds = settings.poll_seconds
        self._timeout = aiohttp.ClientTimeout(total=settings.seconds)
        self._agrees = agrees
        self._metrics = MirrorMetrics(registry)
        self._digest = ""
        """Of the model that answers there; empty while none does."""
        self._seen = 0.0
        """When one did last, by the monotonic clock."""
        self._waiting: deque[Copy] = deque()
        self._held_bytes = 0
        self._has_work = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look for the other server."""
        if self._url:
            self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Copy nothing more."""
        self._digest = ""
        await end(self._task)

    def offer(self, body: bytes, answers: Answers, seconds: float | None) -> None:
        """Keep a copy of a request that has been answered, unless nothing answers there, or too many wait.

        `seconds`: how long its answer took; None where other requests were there, so that it may have waited for them.
        """
        if not self._digest:
            return
        if len(self._waiting) >= WAITING or self._held_bytes + len(body) > HELD_BYTES:
            self._metrics.dropped.inc()
            return
        self._waiting.append(Copy(body, answers, seconds))
        self._held_bytes += len(body)
        self._has_work.set()

    async def _work(self) -> None:
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(timeout=self._timeout, cookie_jar=jar, trust_env=False) as session:
            while True:
                try:
                    await self._follow(session)
                except Exception:
                    log.exception("mirror.failed")
                self._rest()
                await asyncio.sleep(self._poll_seconds)

    def _rest(self) -> None:
        """Copy nothing while nothing answers there, and forget what it answered once it is gone for good."""
        now = time.monotonic()
        if self._digest:
            self._seen = now
        elif now - self._seen >= GONE_SECONDS:
            self.labels.forget()
        self._digest = ""
        self._waiting.clear()
        self._held_bytes = 0

    async def _follow(self, session: aiohttp.ClientSession) -> None:
        """Copy requests for as long as one model answers there."""
        digest = await self._find(session)
        if not digest:
            return
        if self._metrics.begin(digest):
            self.labels.begin(digest)
        self._digest = digest
        log.info("mirror.begun digest=%s", digest)
        while await self._compare(session, await self._next()):
            pass
        log.info("mirror.ended digest=%s", digest)

    async def _find(self, session: aiohttp.ClientSession) -> str:
        """Return the digest of the model that answers there, empty where none does."""
        try:
            async with session.get(f"{self._url}/v1/model", allow_redirects=False) as reply:
                document = json.loads(await _read(reply))
        except (aiohttp.ClientError, OSError, ValueError, RecursionError, Unusable):
            return ""
        digest = document.get("digest") if isinstance(document, dict) else None
        return digest if isinstance(digest, str) and len(digest) <= LONGEST_DIGEST else ""

    async def _next(self) -> Copy:
        while not self._waiting:
            self._has_work.clear()
            await self._has_work.wait()
        copy = self._waiting.popleft()
        self._held_bytes -= len(copy.body)
        return copy

    async def _compare(self, session: aiohttp.ClientSession, copy: Copy) -> bool:
        """Count one copy, and return whether to go on."""
        try:
            found, seconds = await self._ask(session, copy)
        except Replaced:
            return False
        except Exception as error:
            self._count("failed", len(copy.answers))
            log.debug("mirror.unanswered error=%r", error)
            return not isinstance(error, aiohttp.ClientConnectionError)
        if copy.seconds is not None and seconds is not None:
            self._metrics.seconds.labels(self._digest, "served").inc(copy.seconds)
            self._metrics.seconds.labels(self._digest, "mirrored").inc(seconds)
        for (key, answer), other in zip(copy.answers, found, strict=True):
            self._count(self._result(answer, other))
            self.labels.keep(key, other)
        return True

    def _result(self, answer: Any, other: Any) -> str:
        try:
            return "agreed" if self._agrees(answer, other) else "differed"
        except Exception as error:
            log.debug("mirror.incomparable error=%r", error)
            return "failed"

    def _count(self, result: str, inputs: int = 1) -> None:
        self._metrics.answers.labels(self._digest, result).inc(inputs)

    async def _ask(self, session: aiohttp.ClientSession, copy: Copy) -> tuple[list[Any], float | None]:
        """Return the other model's answers and how long it took; raise Replaced, or whatever went wrong."""
        started = time.perf_counter()
        headers = {HEADER: "true", "Content-Type": "application/json"}
        address = f"{self._url}/v1/predict"
        async with session.post(address, data=copy.body, headers=headers, allow_redirects=False) as reply:
            document = json.loads(await _read(reply))
            seconds = _seconds(reply, time.perf_counter() - started)
        replies = document.get("predictions", [document])
        if any(one["model"] != self._digest for one in replies):
            raise Replaced
        if len(replies) != len(copy.answers):
            raise Unusable(f"{len(replies)} answers to {len(copy.answers)} inputs")
        return [one["label"] for one in replies], seconds


def timing(seconds: float, was_alone: bool = True) -> dict[str, str]:
    """Return the header that says how long an answer took, and whether other requests were there."""
    return {TIMING: f"total;dur={seconds * 1000:.3f}{'' if was_alone else ', shared'}"}


def _seconds(reply: aiohttp.ClientResponse, round_trip: float) -> float | None:
    """Return how long an answer took by the server's own word, else by the round trip, which is the most it can be.

    None: by its own word, other requests were there.
    """
    header = reply.headers.get(TIMING, "")
    if SHARED.search(header):
        return None
    said = DURATION.search(header)
    return min(float(said[1]) / 1000, round_trip) if said else round_trip


async def _read(reply: aiohttp.ClientResponse) -> bytes:
    if reply.status != 200:
        raise Unusable(f"status {reply.status}")
    content = b""
    async for piece in reply.content.iter_chunked(64 << 10):
        content += piece
        if len(content) > MAX_ANSWER:
            raise Unusable(f"more than {MAX_ANSWER} bytes")
    return content
