"""Many requests to the API server at the same time, as the administrator: to prepare, to clear, and raw POSTs."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any

import aiohttp

from tests.support.cluster.hosted import admin_config, trust_as_user

AT_A_TIME = 50
Request = tuple[str, str, Any]
"""Method, path and body."""
MERGE = "application/merge-patch+json"


async def send(requests: Iterable[Request], at_a_time: int = AT_A_TIME) -> Counter[int]:
    """Send them, so many at a time; return how many answers had which status."""
    config = admin_config()
    address, trust = config["clusters"][0]["cluster"]["server"], trust_as_user(config)
    found, rest = Counter[int](), iter(requests)
    connector = aiohttp.TCPConnector(limit=at_a_time, ssl=trust)
    async with aiohttp.ClientSession(address, connector=connector) as session:

        async def work() -> None:
            for method, path, body in rest:
                headers = {"Content-Type": MERGE} if method == "PATCH" else {}
                async with session.request(method, path, json=body, headers=headers) as reply:
                    await reply.read()
                    found[reply.status] += 1

        await asyncio.gather(*(work() for _ in range(at_a_time)))
    return found


def send_all(requests: Iterable[Request], *expected: int) -> None:
    """Send them; each answer must have one of these statuses."""
    found = asyncio.run(send(requests))
    others = {status: count for status, count in found.items() if status not in (expected or (200, 201))}
    assert not others, f"answers by status: {others}"
