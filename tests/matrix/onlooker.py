"""Who sees a row: its monitor and the events, too."""

import asyncio
from ssl import SSLContext

from aiohttp import ClientSession

from tests.faults.observer import KINDS, Observer

EVENTS = "apis/events.k8s.io/v1/{}events"
PASSING = ("too old resource version", "status=429")
"""What the API server says of what was before a CRD was changed, and while it takes the change in."""


class Onlooker(Observer):
    """Goes on with what there is where a CRD is changed meanwhile.

    That may cost a state that lasted for a moment; the fault tests, where each counts, take it for a problem.
    """

    def __init__(self, server: str, trust: SSLContext, namespace: str) -> None:
        super().__init__(server, trust, namespace, (*KINDS, EVENTS))

    async def _watch(self, session: ClientSession, kind: str) -> None:
        while True:
            await super()._watch(session, kind)
            if not any(words in self.problems[-1] for words in PASSING):
                return
            self.problems.pop()
            await asyncio.sleep(1)
