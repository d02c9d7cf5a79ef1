"""What happened to runs, from the node's etcd: it still knows where the API server has forgotten.

An API server that takes in a change of a CRD begins that kind anew, and can't say what happened meanwhile (410).
"""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientSession

from localcluster import addresses

Event = dict[str, Any]
WATCH = f"http://127.0.0.1:{addresses.ETCD}/v3/watch"
CHANGES = {"PUT": "MODIFIED", "DELETE": "DELETED"}


class Gone(Exception):
    """The API server no longer knows what came after a version."""


def request(namespace: str, after: int) -> dict[str, object]:
    """Return what etcd is asked: everything under the runs' prefix after that version, for ever."""
    prefix = f"/registry/refit.dev/retrainruns/{namespace}/".encode()
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


async def run_events(session: ClientSession, namespace: str, after: int) -> AsyncIterator[Event]:
    """Yield what happened to a namespace's runs after a version, and what happens from now on."""
    async with session.post(WATCH, json=request(namespace, after)) as answer:
        answer.raise_for_status()
        async for line in answer.content:
            result = json.loads(line)["result"]
            if result.get("canceled"):
                raise ValueError(result)
            for event in result.get("events", ()):
                yield parse(event)
