"""kopf's way to the API server, with an ear on it: each watch that the API server accepts is noted."""

from types import SimpleNamespace

import aiohttp
import kopf

from refit_operator.controller.watchdog import Streams
from refit_operator.target.rules.kinds import KINDS


def open_session(info: kopf.ConnectionInfo, streams: Streams) -> kopf.AiohttpSession:
    """Return kopf's own kind of session, traced. Call it inside the event loop.

    No connection is used twice: after a half-open one, the next from a pool would be as dead.
    """
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, force_close=True, ssl=info.as_ssl_context()),
        headers=info.as_http_headers(),
        proxy=info.proxy_url,
        trust_env=info.trust_env,
        trace_configs=[_trace(streams)],
    )
    return kopf.AiohttpSession(
        server=info.server,
        default_namespace=info.default_namespace,
        expiration=info.expiration,
        aiohttp_session=session,
    )


TARGETS = frozenset(kind.plural for kind in KINDS.values())
METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
"""The Accept header by which the API server answers with no more than metadata."""


def _trace(streams: Streams) -> aiohttp.TraceConfig:
    async def asks(_: aiohttp.ClientSession, __: SimpleNamespace, request: aiohttp.TraceRequestStartParams) -> None:
        """Watch no more than metadata of what may be a target: most are nobody's target, and a target is read afresh.

        They are listed whole: an empty list of metadata has null for its items, for which kopf isn't prepared.
        """
        if request.url.name in TARGETS and request.url.query.get("watch") == "true":
            request.headers["Accept"] = METADATA_ONLY

    async def answered(_: aiohttp.ClientSession, __: SimpleNamespace, request: aiohttp.TraceRequestEndParams) -> None:
        if request.url.query.get("watch") == "true" and request.response.status == 200:
            streams.opened(request.url.name)

    trace: aiohttp.TraceConfig = aiohttp.TraceConfig()
    trace.on_request_start.append(asks)
    trace.on_request_end.append(answered)
    return trace
