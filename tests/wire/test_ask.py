"""Pods asked over real HTTP which model they answer with: what they say, and what a hostile one may answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from refit_operator.target import ask
from refit_operator.target.ask import MAX_ANSWER, ask_pods
from refit_operator.target.rules.pod_models import PodModel

SAID = {"pointer": "file:///a@sha256:1", "digest": "sha256:1", "wanted": "file:///b@sha256:2", "state": "failed"}
FAILED = SAID | {"reason": "refused", "error": "it has the digest\n x", "attempts": 2, "kept": None}


def pod(name: str, address: str | None = "127.0.0.1") -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"podIP": address} if address else {}}


def reply(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def server(answer: bytes, hangs: bool = False) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Answer every connection with these bytes, and hold it open until the end where it hangs."""
    heads, is_over = list[bytes](), asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        if hangs:
            await is_over.wait()
        writer.close()
        await writer.wait_closed()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with listener:
        yield listener.sockets[0].getsockname()[1], heads
        is_over.set()
        await asyncio.sleep(0.05)  # for the connection that hung to be closed


async def test_what_a_pod_says_is_read() -> None:
    async with server(reply(json.dumps(FAILED).encode())) as (port, heads):
        found = await ask_pods([pod("a"), pod("b")], port)
    words = "it has the digest x"
    assert found == tuple(
        PodModel(name, SAID["pointer"], SAID["wanted"], "failed", "refused", words, 2) for name in ("a", "b")
    )
    assert all(head.startswith(b"GET /v1/model HTTP/1.1\r\n") for head in heads) and len(heads) == 2


HOSTILE = {
    "no JSON": (reply(b"<html>"), "isn't as docs/contract.md has it: the answer"),
    "a list": (reply(b"[]"), "isn't as docs/contract.md has it"),
    "without a field": (reply(b'{"pointer": "", "state": "serving"}'), "wanted: Field required"),
    "a number for a text": (reply(json.dumps(SAID | {"pointer": 1}).encode()), "pointer: "),
    "attempts below 0": (reply(json.dumps(SAID | {"attempts": -1}).encode()), "attempts: "),
    "too long a pointer": (reply(json.dumps(SAID | {"pointer": "x" * 5000}).encode()), "pointer: "),
    "no end": (reply(json.dumps(SAID | {"more": "x" * MAX_ANSWER}).encode()), f"more than {MAX_ANSWER} bytes"),
    "another path": (reply(b"{}", "302 Found", Location="http://169.254.169.254/"), "answers 302"),
    "not found": (reply(b"", "404 Not Found"), "GET /v1/model at port"),
    "no HTTP": (b"hello\r\n\r\n", ""),
    "cut off": (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", ""),
}


@pytest.mark.parametrize(("answer", "words"), HOSTILE.values(), ids=HOSTILE.keys())
async def test_what_isnt_an_answer_is_silence_and_says_why(answer: bytes, words: str) -> None:
    async with server(answer) as (port, heads):
        (found,) = await ask_pods([pod("a")], port)
    assert found.silence and words in found.silence and (found.pointer, found.wanted) == ("", "")
    assert len(heads) == 1, "a redirect was followed, or the question was repeated"


async def test_a_pod_that_hangs_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "TIMEOUT", 0.2)
    async with server(b"", hangs=True) as (port, _):
        (found,) = await asyncio.wait_for(ask_pods([pod("a")], port), 10)
    assert "within 0.2 s: does a NetworkPolicy keep us out?" in found.silence


async def test_who_cant_be_reached_is_named_and_the_others_are_asked() -> None:
    async with server(reply(json.dumps(SAID).encode())) as (port, _):
        found = await ask_pods([pod("a"), pod("b", address=None)], port)
    assert [one.silence for one in found] == ["", "it has no address yet"]
    (closed,) = await ask_pods([pod("a")], port)
    assert "ClientConnectorError" in closed.silence
    assert (await ask_pods([pod("a")], None))[0].silence == "its container names no port"
