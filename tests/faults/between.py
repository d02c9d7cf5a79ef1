"""A proxy between the operator and a real Prometheus, which does damage to some answers while it is told to."""

from contextlib import suppress
from urllib.parse import parse_qs

from aiohttp import ClientSession, ClientTimeout, web

from tests.faults.background import Background
from tests.faults.damage import Damage, Reply, is_batch

FORM = "application/x-www-form-urlencoded"


class Between(Background):
    """Serves on a port of this host what the server at `upstream` says."""

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self.upstream = upstream
        self.damage: Damage | None = None
        self.harmed = 0
        """Answers that were damaged."""
        self.batches = 0
        """Queries of several monitors that were asked."""

    @property
    def address(self) -> str:
        """Return where it serves."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self) -> None:
        """Pass on what comes."""
        async with ClientSession(timeout=ClientTimeout(total=30)) as self._session:
            await self.answer(self._handle, most_bytes=2**20)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body, damage = await request.read(), self.damage
        query = parse_qs(body.decode()).get("query", [""])[0] or request.query.get("query", "")
        self.batches += is_batch(query)
        url, headers = self.upstream + request.path_qs, {"Content-Type": FORM} if body else {}
        async with self._session.request(request.method, url, data=body or None, headers=headers) as answer:
            reply = Reply(answer.status, await answer.read())
        if damage and damage.concerns(query):
            self.harmed += 1
            reply = damage.harm(reply)
        return await _say(request, reply)


async def _say(request: web.Request, reply: Reply) -> web.StreamResponse:
    """Send it; what promises more than it has breaks off."""
    if reply.promised is None:
        return web.Response(status=reply.status, body=reply.body, content_type="application/json")
    said = web.StreamResponse(status=reply.status, headers={"Content-Length": str(reply.promised)})
    with suppress(ConnectionError):
        await said.prepare(request)
        await said.write(reply.body)
    if request.transport:
        request.transport.close()
    return said
