"""Requests to the API server, counted and timed."""

from time import monotonic
from types import SimpleNamespace

import aiohttp

from refit_operator.observability.metrics import API_REQUESTS, API_SECONDS

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
NO_ANSWER = "0"


def verb_and_resource(method: str, path: str) -> tuple[str, str]:
    """Return the request's verb and resource as RBAC names them, such as `pods/log`; anything else is discovery.

    What stands before `/api` or `/apis` is the way to the API server.
    """
    parts = path.strip("/").split("/")
    root = next((index for index, part in enumerate(parts) if part in ("api", "apis")), len(parts))
    parts = parts[root + (3 if parts[root : root + 1] == ["apis"] else 2) :]
    if parts[0:1] == ["namespaces"] and len(parts) > 2:
        parts = parts[2:]
    if not parts:
        return "get", "discovery"
    verb = _VERBS.get(method) or ("get" if len(parts) > 1 else "list")
    return verb, "/".join(parts[0:1] + parts[2:3])


def trace_calls() -> aiohttp.TraceConfig:
    """Return the trace by which a client session counts its requests."""

    async def asks(_: aiohttp.ClientSession, call: SimpleNamespace, __: aiohttp.TraceRequestStartParams) -> None:
        call.began = monotonic()

    async def answered(_: aiohttp.ClientSession, call: SimpleNamespace, end: aiohttp.TraceRequestEndParams) -> None:
        _count(call, end.method, end.url.path, str(end.response.status))

    async def failed(_: aiohttp.ClientSession, call: SimpleNamespace, end: aiohttp.TraceRequestExceptionParams) -> None:
        _count(call, end.method, end.url.path, NO_ANSWER)

    trace: aiohttp.TraceConfig = aiohttp.TraceConfig()
    trace.on_request_start.append(asks)
    trace.on_request_end.append(answered)
    trace.on_request_exception.append(failed)
    return trace


def _count(call: SimpleNamespace, method: str, path: str, code: str) -> None:
    verb, resource = verb_and_resource(method, path)
    API_REQUESTS.labels(verb, resource, code).inc()
    API_SECONDS.labels(verb).observe(monotonic() - call.began)
