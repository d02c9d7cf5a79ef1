"""Tracing a token in a clock that jumps: soon or not at all, and seldom.

The API server is a stand-in that counts and hangs as told: a real one can't be made to hang for a token.
"""

import asyncio

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.api.selection import parse_selection
from refit_operator.kubernetes_api.errors import Permanent, Transient
from refit_operator.progress.authentication import MOST_KEPT, Authenticator, Document, Refusal, TokenReviewer
from refit_operator.progress.quota import MOST_AT_ONCE, MOST_OF_ONE_ADDRESS, MOST_REFUSED, PERIOD_SECONDS
from refit_operator.progress.rules.pod_identity import Caller
from tests.hostile.reports import IMPLAUSIBLE
from tests.support.jumping import clock, play, since
from tests.support.pods import BAD, GOOD, IDENTITY, JOB, POD, REVIEW, RUN, make_token

CALLER = Caller(Ref("shop", RUN), Ref("shop", "reviews"), IDENTITY.ref.name)


class Server:
    """Answers a review after so long, or raises."""

    def __init__(self, seconds: float = 0, error: Exception | None = None) -> None:
        self.seconds, self.error, self.asked, self.read = seconds, error, 0, 0

    async def review(self, token: str) -> Document:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.error:
            raise self.error
        return REVIEW if token == GOOD else {"authenticated": False}

    async def pod(self, ref: Ref) -> Document | None:
        self.read += 1
        return POD if ref.name == POD["metadata"]["name"] else None

    async def job(self, ref: Ref) -> Document | None:
        self.read += 1
        return JOB if ref.name == RUN else None


def tracer(server: Server) -> Authenticator:
    return Authenticator(TokenReviewer(server.review, server.pod, server.job))


@pytest.mark.parametrize(("token", "want"), [(GOOD, CALLER), (BAD, Refusal.UNAUTHENTICATED)])
def test_the_same_token_is_asked_for_once_a_minute(token: str, want: object) -> None:
    async def story() -> None:
        server = Server()
        trace = tracer(server).authenticate
        for _ in range(24):
            assert await trace(token, "10.0.0.1") == want
            await asyncio.sleep(5)
        assert server.asked == 2

    play(story())


def test_a_server_that_hangs_is_waited_for_two_seconds_and_then_not_asked_for_a_while() -> None:
    async def story() -> None:
        server = Server(seconds=3600)
        trace, began = tracer(server).authenticate, clock()
        assert [await trace(GOOD, "10.0.0.1") for _ in range(100)] == [Refusal.UNAVAILABLE] * 100
        assert (server.asked, round(since(began))) == (1, 2)
        server.seconds = 0
        await asyncio.sleep(21)
        assert await trace(GOOD, "10.0.0.1") == CALLER

    play(story())


@pytest.mark.parametrize(
    ("text", "want"), [("shop", CALLER), ("", CALLER), ("elsewhere", Refusal.NOT_SERVED), ("!shop", Refusal.NOT_SERVED)]
)
def test_an_operator_knows_nobody_of_a_namespace_that_it_doesnt_serve(text: str, want: object) -> None:
    async def story() -> None:
        server = Server()
        served = Authenticator(TokenReviewer(server.review, server.pod, server.job), parse_selection(text))
        assert await served.authenticate(GOOD, "10.0.0.1") == want
        assert server.read == (2 if want == CALLER else 0)

    play(story())


@pytest.mark.parametrize("error", [Transient("overloaded"), Permanent("may not review tokens")])
def test_a_server_that_refuses(error: Exception) -> None:
    async def story() -> None:
        assert await tracer(Server(error=error)).authenticate(GOOD, "10.0.0.1") is Refusal.UNAVAILABLE

    play(story())


async def strangers(trace: Authenticator, count: int, addresses: int) -> list[object]:
    """Send so many tokens that nobody knows, all at once, from so many addresses in turn."""
    sent = (trace.authenticate(make_token(str(n)), f"10.0.0.{n % addresses}") for n in range(count))
    return list(await asyncio.gather(*sent))


@pytest.mark.parametrize(("addresses", "asked"), [(1, MOST_OF_ONE_ADDRESS), (100, MOST_AT_ONCE)])
def test_a_flood_of_strangers_asks_no_more_than_so_many_at_once(addresses: int, asked: int) -> None:
    async def story() -> None:
        server = Server(seconds=1)
        answers = await strangers(tracer(server), 1000, addresses)
        assert (server.asked, answers.count(Refusal.TOO_MANY)) == (asked, 1000 - asked)

    play(story())


def test_an_address_that_sends_strangers_is_asked_for_no_more_for_a_minute() -> None:
    async def story() -> None:
        server = Server()
        trace = tracer(server).authenticate
        for number in range(100):
            await trace(make_token(str(number)), "10.0.0.1")
        assert server.asked == MOST_REFUSED
        assert await trace(GOOD, "10.0.0.2") == CALLER
        await asyncio.sleep(PERIOD_SECONDS)
        assert await trace(GOOD, "10.0.0.1") == CALLER

    play(story())


def test_no_flood_of_strangers_pushes_out_who_is_known() -> None:
    async def story() -> None:
        server = Server()
        trace = tracer(server)
        assert await trace.authenticate(GOOD, "10.0.0.200") == CALLER
        for number in range(MOST_KEPT + 1):
            await trace.authenticate(make_token(str(number)), f"10.1.{number % 250}.{number % 251}")
        asked = server.asked
        assert await trace.authenticate(GOOD, "10.0.0.200") == CALLER
        assert server.asked == asked

    play(story())


@pytest.mark.parametrize("token", IMPLAUSIBLE.values(), ids=IMPLAUSIBLE)
def test_a_token_that_can_be_no_pods_costs_no_request(token: str) -> None:
    async def story() -> None:
        server = Server()
        assert await tracer(server).authenticate(token, "10.0.0.1") is Refusal.UNAUTHENTICATED
        assert server.asked == 0

    play(story())
