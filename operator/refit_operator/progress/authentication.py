"""From a bearer token to the run, within seconds or not at all: a training step may be waiting for the answer.

Answers are kept for a while by the token's hash, refusals and failures too: neither a trainer that reports every five
seconds nor anybody who floods the port puts load on the API server, and one that hangs is waited for once.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import structlog

from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.errors import ClusterError
from refit_operator.progress.rules.pod_identity import Caller, find_caller, find_job, read_review

log = structlog.get_logger()
Document = dict[str, Any]
API_TIMEOUT = 2.0
"""Seconds to wait for the API server."""
KEPT_SECONDS = 60.0
PAUSE_SECONDS = 20.0
"""How long the API server isn't asked again after it didn't answer."""
MOST_KEPT = 4096
MOST_AT_ONCE = 8


class Refusal(Enum):
    """Why there is no caller."""

    UNAUTHENTICATED = auto()
    NOT_A_RUN = auto()
    UNAVAILABLE = auto()


@dataclass(frozen=True)
class TokenReviewer:
    """How the API server is asked: the status of a TokenReview, a pod, and the Job that may control it."""

    review: Callable[[str], Awaitable[Document]]
    pod: Callable[[Ref], Awaitable[Document | None]]
    job: Callable[[Ref], Awaitable[Document | None]]


class Authenticator:
    """Which run a token belongs to. With a namespace, tokens of other namespaces are refused."""

    def __init__(self, reviewer: TokenReviewer, namespace: str = "") -> None:
        self._reviewer = reviewer
        self._namespace = namespace
        self._kept: OrderedDict[bytes, tuple[float, Caller | Refusal]] = OrderedDict()
        self._under_way = 0

    async def authenticate(self, token: str) -> Caller | Refusal:
        """Return the caller, or why there is none, within seconds."""
        key, now = hashlib.sha256(token.encode()).digest(), asyncio.get_running_loop().time()
        until, answer = self._kept.get(key, (0.0, Refusal.UNAVAILABLE))
        if now < until:
            return answer
        if self._under_way >= MOST_AT_ONCE:
            return Refusal.UNAVAILABLE
        answer = await self._ask(token)
        seconds = PAUSE_SECONDS if answer is Refusal.UNAVAILABLE else KEPT_SECONDS
        self._kept[key] = (asyncio.get_running_loop().time() + seconds, answer)
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return answer

    async def _ask(self, token: str) -> Caller | Refusal:
        self._under_way += 1
        try:
            async with asyncio.timeout(API_TIMEOUT):
                return await self._look_up(token)
        except (ClusterError, TimeoutError) as error:
            log.warning("progress report not authenticated", error=str(error) or type(error).__name__)
            return Refusal.UNAVAILABLE
        finally:
            self._under_way -= 1

    async def _look_up(self, token: str) -> Caller | Refusal:
        identity = read_review(await self._reviewer.review(token))
        if identity is None:
            return Refusal.UNAUTHENTICATED
        if self._namespace not in ("", identity.ref.namespace):
            return Refusal.NOT_A_RUN
        pod = await self._reviewer.pod(identity.ref)
        job = find_job(identity, pod)
        if pod is None or job is None:
            return Refusal.NOT_A_RUN
        return find_caller(identity, pod, await self._reviewer.job(job)) or Refusal.NOT_A_RUN
