"""Reports over real TLS, by the client that the Hugging Face callback uses: Python's own.

The API server behind the endpoint is a stand-in of two tokens; the cluster's tests have a real one.
"""

import asyncio
import gc
import json
import ssl
import urllib.error
import urllib.request
from asyncio.sslproto import SSLProtocol
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.api.selection import parse_selection
from refit_operator.kubernetes_api.errors import Transient
from refit_operator.progress import listener
from refit_operator.progress.authentication import Authenticator, TokenReviewer
from refit_operator.progress.cache import ProgressCache
from refit_operator.progress.certificates import make_bundle, make_context
from refit_operator.progress.listener import MOST_CONNECTIONS, MOST_OF_ONE_ADDRESS
from refit_operator.progress.quota import MOST_REFUSED
from refit_operator.progress.rules.payload import LARGEST_BODY
from refit_operator.progress.server import WRITTEN_AFTER, ProgressServer, serve_progress
from tests.support.local import free_port, until
from tests.support.pods import BAD, GOOD, JOB, POD, REVIEW, RUN, make_token

BUNDLE = make_bundle("localhost", datetime.now(UTC))
REPORT = json.dumps({"trainerStatus": {"progressPercentage": 41, "metrics": [{"name": "loss", "value": "3.89"}]}})


async def review(token: str) -> dict[str, Any]:
    return REVIEW if token == GOOD else {"authenticated": False}


async def pod(_: Ref) -> dict[str, Any] | None:
    return POD


async def job(_: Ref) -> dict[str, Any] | None:
    return JOB


async def review_is_away(_: str) -> dict[str, Any]:
    raise Transient("away")


async def other_pod(_: Ref) -> dict[str, Any] | None:
    return None


class Served:
    """An endpoint on a port of its own, and what it did."""

    def __init__(self, find_pod: Any = pod, ask: Any = review, namespaces: str = "") -> None:
        self.latest, self.woken = ProgressCache(), list[tuple[Ref, timedelta]]()
        authenticator = Authenticator(TokenReviewer(ask, find_pod, job), parse_selection(namespaces))
        self.endpoint = ProgressServer(authenticator, self.latest, self.wake)
        self.port, self.words = free_port(), ""

    def wake(self, ref: Ref, after: timedelta) -> None:
        self.woken.append((ref, after))

    async def start(self) -> "Served":
        await serve_progress(self.endpoint, self.port, make_context(BUNDLE))
        return self

    async def post(self, body: str, **headers: str) -> int:
        return await asyncio.to_thread(self._post, body, headers)

    def _post(self, body: str, headers: dict[str, str]) -> int:
        url = f"https://localhost:{self.port}/anything"
        request = urllib.request.Request(url, body.encode(), headers, method="POST")
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=BUNDLE.authority)),
        )
        try:
            with opener.open(request, timeout=5) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            self.words = error.read().decode()
            return error.code


async def test_a_report_is_kept_and_wakes_the_monitor_at_once_only_the_first_time() -> None:
    served = await Served().start()
    assert [await served.post(REPORT, Authorization=f"Bearer {GOOD}") for _ in range(3)] == [200] * 3
    kept = served.latest.of(Ref("shop", RUN))
    assert kept is not None
    assert (kept.percentage, kept.metrics) == (41, {"loss": "3.89"})
    monitor = Ref("shop", "reviews")
    assert served.woken == [(monitor, timedelta(0)), (monitor, WRITTEN_AFTER), (monitor, WRITTEN_AFTER)]


REFUSED: dict[str, tuple[int, str, dict[str, str]]] = {
    "no token": (401, REPORT, {}),
    "another scheme": (401, REPORT, {"Authorization": "Basic Z29vZA=="}),
    "an empty token": (401, REPORT, {"Authorization": "Bearer "}),
    "a bad token": (401, REPORT, {"Authorization": f"Bearer {BAD}"}),
    "a token that is none": (401, REPORT, {"Authorization": "Bearer unheard-of"}),
    "nonsense": (400, "{", {"Authorization": f"Bearer {GOOD}"}),
    "too large": (413, REPORT + " " * LARGEST_BODY, {"Authorization": f"Bearer {GOOD}"}),
}


@pytest.mark.parametrize(("status", "body", "headers"), REFUSED.values(), ids=REFUSED)
async def test_what_is_refused(status: int, body: str, headers: dict[str, str]) -> None:
    served = await Served().start()
    assert await served.post(body, **headers) == status
    assert (served.latest.of(Ref("shop", RUN)), served.woken) == (None, [])


async def test_a_pod_of_no_run() -> None:
    served = await Served(other_pod).start()
    assert await served.post(REPORT, Authorization=f"Bearer {GOOD}") == 403


async def test_a_pod_of_another_operators_namespace_is_told_so() -> None:
    served = await Served(namespaces="!shop").start()
    assert await served.post(REPORT, Authorization=f"Bearer {GOOD}") == 421
    assert served.words.startswith("this operator doesn't serve the pod's namespace (REFIT_NAMESPACES")
    assert (served.latest.of(Ref("shop", RUN)), served.woken) == (None, [])


LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("ask", "status", "is_anew"), [(review, 200, False), (review_is_away, 503, True)])
async def test_silence_counts_anew_from_a_report_that_could_not_be_traced(ask: Any, status: int, is_anew: bool) -> None:
    served = await Served(ask=ask).start()
    assert served.latest.listening_since is not None
    served.latest.listening_since = LONG_AGO
    assert await served.post(REPORT, Authorization=f"Bearer {GOOD}") == status
    assert (served.latest.listening_since != LONG_AGO) is is_anew


async def test_silence_goes_on_counting_while_strangers_are_turned_away() -> None:
    served = await Served().start()
    served.latest.listening_since = LONG_AGO
    strangers = [
        await served.post(REPORT, Authorization=f"Bearer {make_token(str(n))}") for n in range(MOST_REFUSED + 2)
    ]
    assert strangers == [401] * MOST_REFUSED + [429] * 2
    assert served.latest.listening_since == LONG_AGO


async def open_silently(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("localhost", port)


async def test_connections_beyond_the_bound_are_closed_before_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "HANDSHAKE_SECONDS", 600.0)
    served = await Served().start()
    held = [await open_silently(served.port) for _ in range(MOST_OF_ONE_ADDRESS)]
    reader, writer = await open_silently(served.port)
    with suppress(ConnectionResetError):
        assert await asyncio.wait_for(reader.read(), 10) == b""
    for _, one in [*held, (reader, writer)]:
        one.close()
        with suppress(OSError):
            await one.wait_closed()
    while (answer := await answered(served)) != 200:
        assert answer is None
    assert served.latest.of(Ref("shop", RUN)) is not None


async def answered(served: Served) -> int | None:
    try:
        return await served.post(REPORT, Authorization=f"Bearer {GOOD}")
    except OSError:
        return None


async def test_others_addresses_hold_all_connections_but_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A newcomer takes the place of the oldest connection of the address that has most."""
    monkeypatch.setattr(listener, "HANDSHAKE_SECONDS", 600.0)
    served = await Served().start()
    held = [await open_from(f"127.0.1.{1 + n % 40}", served.port) for n in range(MOST_CONNECTIONS)]
    assert await answered(served) == 200
    ended = [reader.at_eof() or reader.exception() is not None for reader, _ in held]
    assert ended == [True] + [False] * (MOST_CONNECTIONS - 1)
    for _, one in held:
        one.close()


async def test_addresses_with_one_connection_each_lose_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(listener, "HANDSHAKE_SECONDS", 600.0)
    served = await Served().start()
    held = [await open_from(f"127.0.1.{1 + n}", served.port) for n in range(3)]
    assert await answered(served) is None
    assert not any(reader.at_eof() for reader, _ in held)
    for _, one in held:
        one.close()


async def open_from(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))


async def test_a_handshake_that_never_begins_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "HANDSHAKE_SECONDS", 0.1)
    served = await Served().start()
    reader, writer = await open_silently(served.port)
    with suppress(ConnectionResetError):
        assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


async def test_handshakes_that_are_given_up_leave_no_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a buffer of 256 KiB, and the garbage collector comes late."""
    monkeypatch.setattr(listener, "HANDSHAKE_SECONDS", 0.1)
    served = await Served().start()
    gc.collect()
    gc.disable()
    try:
        before = handshakes()
        held = [await open_silently(served.port) for _ in range(MOST_OF_ONE_ADDRESS)]
        for reader, writer in held:
            with suppress(ConnectionResetError):
                await asyncio.wait_for(reader.read(), 10)
            writer.close()
        await asyncio.to_thread(until, lambda: handshakes() <= before, 5, "they are still there")
    finally:
        gc.enable()


def handshakes() -> int:
    return sum(isinstance(one, SSLProtocol) for one in gc.get_objects())


async def test_a_head_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "LONGEST_CONNECTION", 0.1)
    served = await Served().start()
    trust = ssl.create_default_context(cadata=BUNDLE.authority)
    reader, writer = await asyncio.open_connection("localhost", served.port, ssl=trust)
    writer.write(b"POST / HTTP/1.1\r\nHost:")
    with suppress(ConnectionResetError):
        assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


async def test_a_body_that_never_ends_is_given_up() -> None:
    served = await Served().start()
    trust = ssl.create_default_context(cadata=BUNDLE.authority)
    reader, writer = await asyncio.open_connection("localhost", served.port, ssl=trust)
    head = f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {GOOD}\r\nContent-Length: 100\r\n\r\n{{"
    writer.write(head.encode())
    answer = await asyncio.wait_for(reader.readline(), 10)
    assert b" 408 " in answer
    writer.close()
