"""What happened to monitors and runs, from the node's etcd: it still knows where the API server has forgotten.

An API server that takes in a change of a CRD begins that kind anew, and can't say what happened meanwhile (410).
"""

import base64
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientSession

from localcluster import addresses

Event = dict[str, Any]
CUSTOM = re.compile(r"apis/(refit\.dev)/[^/]+/\{\}(\w+)")
"""Of the kinds that are watched, those of a CRD, which etcd has as JSON."""
WATCH = f"http://127.0.0.1:{addresses.ETCD}/v3/watch"
CHANGES = {"PUT": "MODIFIED", "DELETE": "DELETED"}


class Gone(Exception):
    """The API server no longer knows what came after a version."""


def request(kind: str, namespace: str, after: int) -> dict[str, object]:
    """Return what etcd is asked: everything under the kind's prefix after that version, for ever."""
    custom = CUSTOM.fullmatch(kind)
    if custom is None:
        raise ValueError(f"{kind} isn't a kind of ours, and can't be read from etcd")
    group, plural = custom.groups()
    prefix = "/".join(["/registry", group, plural, *filter(None, [namespace]), ""]).encode()
    end = prefix[:-1] + bytes([prefix[-1] + 1])
    key, range_end = (base64.b64encode(part).decode() for part in (prefix, end))
    wanted = {"key": key, "range_end": range_end, "start_revision": str(after + 1), "prev_kv": True}
    return {"create_request": wanted}


def parse(event: Event) -> Event:
    """Return the event as a watch of the API server tells it."""
    change = CHANGES[event.get("type", "PUT")]
    stored = event["kv"] if change == "MODIFIED" else event["prev_kv"]
    document = json.loads(base64.b64decode(stored["value"]))
    document["metadata"]["resourceVersion"] = event["kv"]["mod_revision"]
    return {"type": change, "object": document}


async def events_after(session: ClientSession, kind: str, namespace: str, after: int) -> AsyncIterator[Event]:
    """Yield what happened to a kind after a version, and what happens from now on; without a namespace, in all."""
    async with session.post(WATCH, json=request(kind, namespace, after)) as answer:
        answer.raise_for_status()
        async for line in answer.content:
            result = json.loads(line)["result"]
            if result.get("canceled"):
                raise ValueError(result)
            for event in result.get("events", ()):
                yield parse(event)
