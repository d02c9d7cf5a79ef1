"""Ask the pods of a target which model they answer with: `GET /v1/model` of each, over the pods' network.

A pod's readiness says that it serves, not what. The address is the pod's own, as the API server has it, never one that
a tenant names; the answer may be hostile: bounded, not redirected, read as data alone.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from refit_operator.api.words import clean
from refit_operator.target.rules.pod_models import PodModel

PATH = "/v1/model"
TIMEOUT = 3.0
"""Seconds that a pod may take to say it."""
MAX_ANSWER = 16 * 1024
"""Bytes of an answer."""
AT_ONCE = 16
"""Pods that are asked at once."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    pointer: str = Field(max_length=4096)
    wanted: str = Field(max_length=4096)
    state: str = Field(max_length=64)
    reason: str = Field("", max_length=64)
    error: str = Field("", max_length=4096)
    attempts: int = Field(0, ge=0)


async def ask_pods(pods: Iterable[dict[str, Any]], port: int | None) -> tuple[PodModel, ...]:
    """Return what each pod says, in order; one that gives none, or no valid one, has the reason instead."""
    room = asyncio.Semaphore(AT_ONCE)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(
        timeout=timeout, cookie_jar=jar, trust_env=False, auto_decompress=False
    ) as session:
        return tuple(await asyncio.gather(*(_ask(session, room, pod, port) for pod in pods)))


async def _ask(
    session: aiohttp.ClientSession, room: asyncio.Semaphore, pod: dict[str, Any], port: int | None
) -> PodModel:
    name, address = pod["metadata"]["name"], (pod.get("status") or {}).get("podIP")
    if not address or port is None:
        return PodModel(name, silence="it has no address yet" if port else "its container names no port")
    host = f"[{address}]" if ":" in address else address
    try:
        async with room, session.get(f"http://{host}:{port}{PATH}", allow_redirects=False) as reply:
            if reply.status != 200:
                return PodModel(name, silence=f"GET {PATH} at port {port} answers {reply.status}")
            return _read(name, await _read_bounded(reply))
    except TimeoutError:
        return PodModel(
            name, silence=f"no answer at port {port} within {TIMEOUT:g} s: does a NetworkPolicy keep us out?"
        )
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return PodModel(name, silence=clean(f"{type(error).__name__}: {error}"))


async def _read_bounded(reply: aiohttp.ClientResponse) -> bytes:
    content = b""
    async for piece in reply.content.iter_chunked(MAX_ANSWER):
        content += piece
        if len(content) > MAX_ANSWER:
            raise ValueError(f"more than {MAX_ANSWER} bytes")
    return content


def _read(name: str, content: bytes) -> PodModel:
    try:
        said = _Answer.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the answer"
        return PodModel(name, silence=f"GET {PATH} isn't as docs/contract.md has it: {field}: {first['msg']}")
    words = clean(" ".join(said.error.split()))
    return PodModel(name, said.pointer, said.wanted, said.state, said.reason, words, said.attempts)
