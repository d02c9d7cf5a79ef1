"""Notifications over HTTP: sent once, tried again, refused for good, and by nobody held up."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from refit_operator.api.metadata import Ref
from refit_operator.api.run import Outcome
from refit_operator.notifications import notifier as module
from refit_operator.notifications.notifier import SIDE_BY_SIDE, Notifier, Told
from refit_operator.notifications.receivers import Receiver
from refit_operator.notifications.rules.episode import SENT_FOR, Episode, episode_of
from tests.support.local import free_port
from tests.support.monitors import finished
from tests.support.prometheus.fakes import self_signed
from tests.support.proxy import Proxy, proxying
from tests.support.samples import NOW


class Channel:
    """Receives requests, and answers each with the next of its statuses, the last of them for ever."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.bodies: list[dict[str, Any]] = []
        self.types: list[str] = []
        self._news = asyncio.Condition()

    async def answer(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        self.types.append(request.content_type)
        async with self._news:
            self._news.notify_all()
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})

    async def came(self, count: int) -> None:
        """Wait for so many requests."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.bodies) >= count)


def episode(number: int = 1) -> Episode:
    found = episode_of(finished(10, "Failed", number, status={"message": "out of memory"}))
    assert found
    return found


@asynccontextmanager
async def serving(channel: Channel, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_post("/hook", channel.answer)
    server = TestServer(application, scheme="https" if tls else "http", host="127.0.0.1")
    await server.start_server(ssl=tls)
    try:
        yield str(server.make_url("/hook")).replace("127.0.0.1", "localhost" if tls else "127.0.0.1")
    finally:
        await server.close()


def receiver(url: str, name: str = "ml", **more: Any) -> Receiver:
    return Receiver.model_validate({"name": name, "format": "Slack", "url": url} | more)


class Sending:
    """A notifier at work, and the monitors that it had enqueued."""

    def __init__(self, receivers: Sequence[Receiver], now: datetime = NOW) -> None:
        self.notifier = Notifier(receivers, lambda: now)
        self.enqueued: asyncio.Queue[Ref] = asyncio.Queue()

    async def __aenter__(self) -> "Sending":
        self._task = asyncio.create_task(self.notifier.run(self.enqueued.put_nowait))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def until_sent(self) -> Ref:
        async with asyncio.timeout(20):
            return await self.enqueued.get()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_BACKOFF", 0.01)


async def test_each_receiver_gets_it_once_in_its_own_format() -> None:
    slack, events = Channel(200), Channel(202)
    async with serving(slack) as one, serving(events) as other:
        receivers = receiver(one), receiver(other, "broker", format="CloudEvents")
        async with Sending(receivers) as sending:
            for _ in range(3):
                sending.notifier.offer(episode())
            assert await sending.until_sent() == Ref("shop", "reviews")
            await sending.until_sent()
            assert sending.notifier.told(episode().id) == Told(frozenset({"ml", "broker"}), True)
            sending.notifier.offer(episode())
            sending.notifier.offer(episode(2))
            for _ in receivers:
                await sending.until_sent()
    assert [body["id"] for body in events.bodies] == ["run-1-uid", "run-2-uid"]
    assert events.types == ["application/cloudevents+json"] * 2
    assert len(slack.bodies) == 2 and "out of memory" in slack.bodies[0]["text"]


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_receiver_that_cannot_now_is_tried_again(status: int) -> None:
    channel = Channel(status, status, 200)
    async with serving(channel) as url, Sending([receiver(url)]) as sending:
        sending.notifier.offer(episode())
        await sending.until_sent()
    assert len(channel.bodies) == 3


@pytest.mark.parametrize("status", [302, 400, 403, 404])
async def test_a_receiver_that_refuses_or_leads_elsewhere_is_not_asked_again(status: int) -> None:
    channel = Channel(status)
    async with serving(channel) as url, Sending([receiver(url)]) as sending:
        sending.notifier.offer(episode())
        await sending.until_sent()
        await asyncio.sleep(0.1)
    assert len(channel.bodies) == 1


async def test_one_that_is_down_is_waited_for_and_given_up_after_a_day() -> None:
    channel, down = Channel(200), f"http://127.0.0.1:{free_port()}/hook"
    async with serving(channel) as url, Sending([receiver(down, "down"), receiver(url)]) as sending:
        sending.notifier.offer(episode())
        await sending.until_sent()
        assert sending.notifier.told("run-1-uid") == Told(frozenset({"ml"}), False)
        sending.notifier.offer(replace(episode(2), ended=NOW - SENT_FOR - timedelta(minutes=1)))
        for _ in range(2):
            await sending.until_sent()
        assert sending.notifier.told("run-2-uid") is None, "nobody records what is given up: it is let go"


async def test_one_that_swallows_connections_holds_up_no_other() -> None:
    swallowed, channel = asyncio.Event(), Channel(200)

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        swallowed.set()
        await reader.read(-1)
        writer.close()

    async with await asyncio.start_server(swallow, "127.0.0.1", 0) as silent, serving(channel) as url:
        silent_url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/hook"
        receivers = receiver(silent_url, "a-silent", outcomes=["Promoted"]), receiver(url)
        async with Sending(receivers) as sending:
            for number in range(SIDE_BY_SIDE):
                sending.notifier.offer(replace(episode(number + 2), outcome=Outcome.PROMOTED))
            await swallowed.wait()
            async with asyncio.timeout(module.TIMEOUT / 2):
                sending.notifier.offer(episode())
                await channel.came(SIDE_BY_SIDE + 1)


async def test_a_restart_sends_only_to_those_that_are_not_done() -> None:
    one, other = Channel(200), Channel(200)
    async with (
        serving(one) as url,
        serving(other) as other_url,
        Sending([receiver(url), receiver(other_url, "broker")]) as sending,
    ):
        sending.notifier.offer(episode(), ["ml", "of-before"])
        await sending.until_sent()
        assert sending.notifier.told("run-1-uid") == Told(frozenset({"ml", "broker"}), True)
    assert one.bodies == [] and len(other.bodies) == 1


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    channel = Channel(200)
    async with serving(channel) as url, Sending([receiver(url)]) as sending:
        sending.notifier.offer(episode())
        await sending.until_sent()
    assert len(channel.bodies) == 1


async def test_a_receiver_is_reached_by_the_proxy_that_it_names_and_another_without_one(tmp_path: Path) -> None:
    (tmp_path / "proxy").write_text("")
    near, far = Channel(200), Channel(200)
    async with serving(near) as url, serving(far) as far_url, proxying(Proxy(login="refit:word")) as proxy:
        (tmp_path / "proxy").write_text(proxy.url.replace("//", "//refit:word@"))
        by_proxy = receiver(far_url, "far", proxyFile=tmp_path / "proxy")
        async with Sending([receiver(url), by_proxy]) as sending:
            sending.notifier.offer(episode())
            for _ in range(2):
                await sending.until_sent()
    assert proxy.asked == [f"POST {far_url}"]
    assert len(near.bodies) == len(far.bodies) == 1


async def test_over_tls_the_proxy_only_tunnels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSL_CERT_FILE, of the operator's container, is how an authority of one's own is trusted."""
    context, _ = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    channel = Channel(200)
    async with (
        serving(channel, context) as url,
        proxying(Proxy()) as proxy,
        Sending([receiver(url, proxy=proxy.url)]) as sending,
    ):
        sending.notifier.offer(episode())
        await sending.until_sent()
    assert proxy.asked == [f"CONNECT {url.removeprefix('https://').removesuffix('/hook')}"]
    assert len(channel.bodies) == 1


@pytest.mark.parametrize("is_tls", [True, False])
async def test_a_proxy_that_refuses_is_tried_again_and_never_gone_round(
    is_tls: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, _ = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    channel = Channel(200)
    async with (
        serving(channel, context if is_tls else None) as url,
        proxying(Proxy(refuses="407 Who")) as proxy,
        Sending([receiver(url, proxy=proxy.url)]) as sending,
    ):
        with capture_logs() as lines:
            sending.notifier.offer(episode())
            await proxy.was_asked(3)
        assert channel.bodies == []
        proxy.refuses = ""
        await sending.until_sent()
    assert len(channel.bodies) == 1
    assert {line["error"] for line in lines} == {"its proxy answered 407" if is_tls else "it answered 407"}


async def test_what_nobody_wants_is_not_sent() -> None:
    channel = Channel(200)
    async with serving(channel) as url, Sending([receiver(url, outcomes=["Promoted"])]) as sending:
        sending.notifier.offer(episode())
        await asyncio.sleep(0.1)
        assert sending.enqueued.empty() and channel.bodies == []


async def test_so_many_wait_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    channel = Channel(200)
    async with serving(channel) as url:
        sending = Sending([receiver(url)])
        for number in range(1, 6):
            sending.notifier.offer(episode(number))
        async with sending:
            for _ in range(3):
                await sending.until_sent()
            sending.notifier.offer(episode(5))
            await sending.until_sent()
    assert [body["text"].count("Run reviews-") for body in channel.bodies] == [1] * 4


async def test_what_nobody_foresaw_ends_neither_the_others_nor_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    body = Receiver.body

    def broken(self: Receiver, episode: Episode) -> dict[str, Any]:
        if self.name == "broken":
            raise KeyError("a mistake of ours")
        return body(self, episode)

    monkeypatch.setattr(Receiver, "body", broken)
    channel = Channel(200)
    async with serving(channel) as url, Sending([receiver(url, "broken"), receiver(url)]) as sending:
        for number in (1, 2):
            sending.notifier.offer(episode(number))
            for _ in range(2):
                await sending.until_sent()
    assert len(channel.bodies) == 2
