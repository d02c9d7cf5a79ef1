"""Every event that the invariants speak of, watched as the cluster's administrator, not through the proxy."""

import asyncio
import json
import ssl

from aiohttp import ClientSession, ClientTimeout, TCPConnector

from tests.faults.background import Background
from tests.faults.invariants import Seen, is_active

KINDS = ("apis/refit.dev/v1alpha1/{}/retrainruns", "apis/batch/v1/{}/jobs", "apis/apps/v1/{}/deployments")
FROM_NOW = "watch=1&resourceVersion=0&timeoutSeconds=3600"
"""What the API server's cache has, and everything that comes, for longer than a loop lasts."""
LONGEST_LINE = 2**22


class Observer(Background):
    """Notes what each watch says, in the order of each."""

    def __init__(self, server: str, trust: ssl.SSLContext, namespace: str) -> None:
        super().__init__()
        self.server, self.trust, self.namespace = server, trust, namespace
        self.seen: list[Seen] = []
        self.problems: list[str] = []
        self.has_finished = False
        """Whether a run has ended."""
        self._open = 0

    async def serve(self) -> None:
        """Watch all kinds side by side."""
        session = ClientSession(
            connector=TCPConnector(ssl=self.trust, limit=0),
            timeout=ClientTimeout(total=None),
            read_bufsize=LONGEST_LINE,
        )
        async with session:
            watches = [asyncio.create_task(self._watch(session, kind)) for kind in KINDS]
            await self.down.wait()
            for watch in watches:
                watch.cancel()
            await asyncio.gather(*watches, return_exceptions=True)

    async def _watch(self, session: ClientSession, kind: str) -> None:
        """Start with what there is and stay; to see only a part would prove nothing, so an end is a problem."""
        url = f"{self.server}/{kind.format(f'namespaces/{self.namespace}')}?{FROM_NOW}"
        try:
            async with session.get(url) as answer:
                answer.raise_for_status()
                self._open += 1
                if self._open == len(KINDS):
                    self.up.set()
                async for line in answer.content:
                    self._note(json.loads(line))
        except Exception as error:
            self.problems.append(f"the observer's watch of {kind} broke: {error!r}")
        else:
            self.problems.append(f"the observer's watch of {kind} ended")

    def _note(self, event: dict[str, object]) -> None:
        document = event["object"]
        assert isinstance(document, dict), event
        if event["type"] == "ERROR":
            raise ValueError(document.get("message"))
        self.seen.append(Seen(str(event["type"]), document))
        self.has_finished |= document["kind"] == "RetrainRun" and not is_active(document)
