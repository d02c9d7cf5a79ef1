"""Every event that the invariants speak of, and what else is asked for, watched as the cluster's administrator."""

import asyncio
import json
import ssl
import time

from aiohttp import ClientSession, ClientTimeout, TCPConnector

from tests.faults.background import Background
from tests.faults.history import Gone, events_after
from tests.faults.invariants import Seen, is_active

MONITORS, RUNS = "apis/refit.dev/v1alpha1/{}modelmonitors", "apis/refit.dev/v1alpha1/{}retrainruns"
KINDS = (MONITORS, RUNS, "apis/batch/v1/{}jobs", "apis/apps/v1/{}deployments")
WATCH = "watch=1&timeoutSeconds=3600&resourceVersion="
"""Everything after a version, for longer than a loop lasts; after 0: what the API server's cache has, too."""
AGAIN = (404, 429, 503)
"""What the API server answers while it takes in a CRD's change."""
LONGEST_LINE = 2**22


class Observer(Background):
    """Notes what each watch says, in the order of each."""

    def __init__(self, server: str, trust: ssl.SSLContext, namespace: str = "", kinds: tuple[str, ...] = KINDS) -> None:
        """Without a namespace, all are watched."""
        super().__init__()
        self.server, self.trust, self.namespace = server, trust, namespace
        self.kinds = kinds
        self.since = "0"
        """The version after which is watched; 0: with what there is."""
        self.seen: list[Seen] = []
        self.problems: list[str] = []
        self.has_finished = False
        """Whether a run has ended."""
        self.stages: list[tuple[str, float]] = []
        """Those that runs came to, and when; at first there is none: the empty string."""
        self._opened: set[str] = set()

    async def serve(self) -> None:
        """Watch all kinds side by side."""
        session = ClientSession(
            connector=TCPConnector(ssl=self.trust, limit=0),
            timeout=ClientTimeout(total=None),
            read_bufsize=LONGEST_LINE,
        )
        async with session:
            watches = [asyncio.create_task(self._watch(session, kind)) for kind in self.kinds]
            await self.down.wait()
            for watch in watches:
                watch.cancel()
            await asyncio.gather(*watches, return_exceptions=True)

    async def _watch(self, session: ClientSession, kind: str) -> None:
        """Start with what there is and stay; to see only a part would prove nothing, so a gap is a problem."""
        try:
            where = f"namespaces/{self.namespace}/" if self.namespace else ""
            await self._follow(session, f"{self.server}/{kind.format(where)}?{WATCH}", kind)
        except Exception as error:
            self.problems.append(f"the observer's watch of {kind} broke: {error!r}")

    async def _follow(self, session: ClientSession, url: str, kind: str) -> None:
        """Go on where a watch ended, as it does where somebody changes the CRD."""
        version = self.since
        try:
            while True:
                async with session.get(url + version) as answer:
                    if answer.status in AGAIN:
                        await asyncio.sleep(0.5)
                        continue
                    answer.raise_for_status()
                    self._opened.add(kind)
                    if len(self._opened) == len(self.kinds):
                        self.up.set()
                    async for line in answer.content:
                        version = self._note(json.loads(line))
        except Gone:
            async for event in events_after(session, kind, self.namespace, int(version)):
                self._note(event)

    def _note(self, event: dict[str, object]) -> str:
        """Take an event in; return its version."""
        document = event["object"]
        assert isinstance(document, dict), event
        if event["type"] == "ERROR":
            raise (Gone if document.get("code") == 410 else ValueError)(document.get("message"))
        self.seen.append(Seen(str(event["type"]), document))
        if document["kind"] == "RetrainRun":
            self.has_finished |= not is_active(document)
            stage = document.get("status", {}).get("stage", "")
            if not self.stages or stage != self.stage:
                self.stages.append((stage, time.monotonic()))
        return str(document["metadata"]["resourceVersion"])

    @property
    def stage(self) -> str | None:
        """The stage of the run that was last heard of; None before there is one."""
        return self.stages[-1][0] if self.stages else None
