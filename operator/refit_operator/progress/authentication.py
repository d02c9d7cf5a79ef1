"""From a bearer token to the run, within seconds or not at all: a training step may be waiting for the answer.

Answers are kept for a while by the token's hash, refusals and failures too: neither a trainer that reports every five
seconds nor anybody who floods the port puts load on the API server, and one that hangs is waited for once. Callers are
kept apart from refusals, so that a flood of unknown tokens pushes out nobody known.
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
from refit_operator.api.selection import EVERYWHERE, Selection
from refit_operator.kubernetes_api.clock import utc_now
from refit_operator.kubernetes_api.errors import ClusterError
from refit_operator.progress.quota import Quota
from refit_operator.progress.rules.pod_identity import Caller, find_caller, find_job, read_review
from refit_operator.progress.rules.token_claims import is_plausible

log = structlog.get_logger()
Document = dict[str, Any]
API_TIMEOUT = 2.0
"""Seconds to wait for the API server."""
KEPT_SECONDS = 60.0
PAUSE_SECONDS = 20.0
"""How long the API server isn't asked again after it didn't answer."""
MOST_KEPT = 4096


class Refusal(Enum):
    """Why there is no caller."""

    UNAUTHENTICATED = auto()
    NOT_A_RUN = auto()
    NOT_SERVED = auto()
    """A pod of a namespace that this operator doesn't serve; another one may."""
    TOO_MANY = auto()
    """Others' tokens are being reviewed, or too many of this address were refused. Reports of known callers arrive."""
    UNAVAILABLE = auto()
    """The API server doesn't answer: no report could be authenticated."""


@dataclass(frozen=True)
class TokenReviewer:
    """How the API server is asked: the status of a TokenReview, a pod, and the Job that may control it."""

    review: Callable[[str], Awaitable[Document]]
    pod: Callable[[Ref], Awaitable[Document | None]]
    job: Callable[[Ref], Awaitable[Document | None]]


class Kept:
    """Answers by the token's hash, each for so long; the oldest makes room."""

    def __init__(self) -> None:
        self._answers: OrderedDict[bytes, tuple[float, Caller | Refusal]] = OrderedDict()

    def get(self, key: bytes) -> Caller | Refusal | None:
        """Return an answer that still holds."""
        until, answer = self._answers.get(key, (0.0, None))
        return answer if asyncio.get_running_loop().time() < until else None

    def put(self, key: bytes, answer: Caller | Refusal, seconds: float) -> None:
        """Keep an answer for so many seconds."""
        self._answers[key] = (asyncio.get_running_loop().time() + seconds, answer)
        self._answers.move_to_end(key)
        if len(self._answers) > MOST_KEPT:
            self._answers.popitem(last=False)


class Authenticator:
    """Which run a token belongs to. Tokens of namespaces that aren't served are refused."""

    def __init__(self, reviewer: TokenReviewer, served: Selection = EVERYWHERE) -> None:
        self._reviewer = reviewer
        self._served = served
        self._callers = Kept()
        self._refusals = Kept()
        self._quota = Quota()

    async def authenticate(self, token: str, address: str) -> Caller | Refusal:
        """Return the caller that sent a token from an address, or why there is none, within seconds."""
        key = hashlib.sha256(token.encode()).digest()
        known = self._callers.get(key) or self._refusals.get(key)
        if known is not None:
            return known
        if not is_plausible(token, utc_now()):
            return Refusal.UNAUTHENTICATED
        if not self._quota.allows(address):
            return Refusal.TOO_MANY
        with self._quota.review(address):
            answer = await self._ask(token)
        self._keep(key, answer, address)
        return answer

    def _keep(self, key: bytes, answer: Caller | Refusal, address: str) -> None:
        if isinstance(answer, Caller):
            return self._callers.put(key, answer, KEPT_SECONDS)
        if answer is Refusal.UNAVAILABLE:
            return self._refusals.put(key, answer, PAUSE_SECONDS)
        self._quota.note_refusal(address)
        return self._refusals.put(key, answer, KEPT_SECONDS)

    async def _ask(self, token: str) -> Caller | Refusal:
        try:
            async with asyncio.timeout(API_TIMEOUT):
                return await self._look_up(token)
        except (ClusterError, TimeoutError) as error:
            log.warning("progress report not authenticated", error=str(error) or type(error).__name__)
            return Refusal.UNAVAILABLE

    async def _look_up(self, token: str) -> Caller | Refusal:
        identity = read_review(await self._reviewer.review(token))
        if identity is None:
            return Refusal.UNAUTHENTICATED
        if identity.ref.namespace not in self._served:
            log.warning("progress report of a namespace that isn't served", pod=str(identity.ref))
            return Refusal.NOT_SERVED
        pod = await self._reviewer.pod(identity.ref)
        job = find_job(identity, pod)
        if pod is None or job is None:
            return Refusal.NOT_A_RUN
        return find_caller(identity, pod, await self._reviewer.job(job)) or Refusal.NOT_A_RUN
