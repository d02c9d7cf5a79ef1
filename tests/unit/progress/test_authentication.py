"""Tracing a token in a clock that jumps: soon or not at all, and seldom.

The API server is a stand-in that counts and hangs as told: a real one can't be made to hang for a token.
"""

import asyncio

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.errors import Permanent, Transient
from refit_operator.progress.authentication import MOST_AT_ONCE, Authenticator, Document, Refusal, TokenReviewer
from refit_operator.progress.rules.pod_identity import Caller
from tests.support.jumping import clock, play, since
from tests.support.pods import IDENTITY, JOB, POD, REVIEW, RUN

CALLER = Caller(Ref("shop", RUN), Ref("shop", "reviews"), IDENTITY.ref.name)


class Server:
    """Answers a review after so long, or raises."""

    def __init__(self, seconds: float = 0, error: Exception | None = None) -> None:
        self.seconds, self.error, self.asked = seconds, error, 0

    async def review(self, token: str) -> Document:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.error:
            raise self.error
        return REVIEW if token == "good" else {"authenticated": False}

    async def pod(self, ref: Ref) -> Document | None:
        return POD if ref.name == POD["metadata"]["name"] else None

    async def job(self, ref: Ref) -> Document | None:
        return JOB if ref.name == RUN else None


def tracer(server: Server) -> Authenticator:
    return Authenticator(TokenReviewer(server.review, server.pod, server.job))


@pytest.mark.parametrize(("token", "want"), [("good", CALLER), ("bad", Refusal.UNAUTHENTICATED)])
def test_the_same_token_is_asked_for_once_a_minute(token: str, want: object) -> None:
    async def story() -> None:
        server = Server()
        trace = tracer(server).authenticate
        for _ in range(24):
            assert await trace(token) == want
            await asyncio.sleep(5)
        assert server.asked == 2

    play(story())


def test_a_server_that_hangs_is_waited_for_two_seconds_and_then_not_asked_for_a_while() -> None:
    async def story() -> None:
        server = Server(seconds=3600)
        trace, began = tracer(server).authenticate, clock()
        assert [await trace("good") for _ in range(100)] == [Refusal.UNAVAILABLE] * 100
        assert (server.asked, round(since(began))) == (1, 2)
        server.seconds = 0
        await asyncio.sleep(21)
        assert await trace("good") == CALLER

    play(story())


@pytest.mark.parametrize(("namespace", "want"), [("shop", CALLER), ("elsewhere", Refusal.NOT_A_RUN)])
def test_an_operator_of_one_namespace_knows_nobody_of_another(namespace: str, want: object) -> None:
    async def story() -> None:
        server = Server()
        assert (
            await Authenticator(TokenReviewer(server.review, server.pod, server.job), namespace).authenticate("good")
            == want
        )

    play(story())


@pytest.mark.parametrize("error", [Transient("overloaded"), Permanent("may not review tokens")])
def test_a_server_that_refuses(error: Exception) -> None:
    async def story() -> None:
        assert await tracer(Server(error=error)).authenticate("good") is Refusal.UNAVAILABLE

    play(story())


def test_a_flood_of_strangers_asks_no_more_than_so_many_at_once() -> None:
    async def story() -> None:
        server = Server(seconds=1)
        trace = tracer(server).authenticate
        answers = await asyncio.gather(*(trace(f"stranger {number}") for number in range(1000)))
        assert server.asked == MOST_AT_ONCE
        assert answers.count(Refusal.UNAVAILABLE) == 1000 - MOST_AT_ONCE

    play(story())
