"""The HTTP surface: parse, delegate, reply."""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from refit_serving import bodies
from refit_serving.batching import ModelFailed, Overloaded, Unanswerable
from refit_serving.documents import InvalidRequest, parse_feedback, parse_instances
from refit_serving.drain import Drain
from refit_serving.service import Service

MAX_BODY = 4 << 20  # bytes
Endpoint = Callable[[Request], Awaitable[Response]]
log = logging.getLogger(__name__)


class Endpoints:
    """The handlers, bound to one service."""

    def __init__(self, service: Service, drain: Drain) -> None:
        self._service = service
        self._drain = drain

    async def predict(self, request: Request) -> Response:
        """Predict for an input, or for each of `instances`."""
        document = await _read(request)
        instances = parse_instances(document, self._service.task)
        try:
            replies = await self._service.predict(instances)
        except Overloaded:
            raise HTTPException(503, "too many requests are waiting") from None
        except ModelFailed as error:
            log.error("model.failed error=%s", error)
            raise HTTPException(503, "the model failed") from None
        except Unanswerable as error:
            raise InvalidRequest(f"{self._service.task.input} {error}") from None
        return JSONResponse({"predictions": replies} if "instances" in document else replies[0])

    async def feedback(self, request: Request) -> Response:
        """Take a true label."""
        feedback = parse_feedback(await _read(request), self._service.task, self._service.labels)
        try:
            return JSONResponse(asdict(self._service.take_feedback(feedback)))
        except OSError as error:
            log.error("feedback.not_stored error=%s", error)
            raise HTTPException(503, f"the row couldn't be stored: {error}") from error

    async def is_alive(self, request: Request) -> Response:
        """Say that the process answers."""
        return PlainTextResponse("ok\n")

    async def is_ready(self, request: Request) -> Response:
        """Say whether new requests should come here."""
        if self._drain.is_draining:
            return PlainTextResponse("draining\n", status_code=503)
        return PlainTextResponse("ready\n")

    async def metrics(self, request: Request) -> Response:
        """Return the metrics in Prometheus's text format."""
        return Response(generate_latest(self._service.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    def timed(self, path: str, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint with its time measured."""
        seconds = self._service.metrics.seconds.labels(path)

        async def answer(request: Request) -> Response:
            started = time.perf_counter()
            try:
                return await endpoint(request)
            finally:
                seconds.observe(time.perf_counter() - started)

        return answer


def build_app(service: Service, drain: Drain) -> Starlette:
    """Return the ASGI application."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await service.batcher.start()
        yield
        await service.batcher.stop()

    endpoints = Endpoints(service, drain)
    posts = {"/v1/predict": endpoints.predict, "/v1/feedback": endpoints.feedback}
    gets = {"/healthz": endpoints.is_alive, "/readyz": endpoints.is_ready, "/metrics": endpoints.metrics}
    routes = [Route(path, endpoints.timed(path, call), methods=["POST"]) for path, call in posts.items()]
    routes += [Route(path, call) for path, call in gets.items()]
    return Starlette(
        routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _explain, InvalidRequest: _refuse}
    )


async def _explain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, status_code=error.status_code)


async def _refuse(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=422)


async def _read(request: Request) -> Any:
    """Return the JSON document of a request of bounded size."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413, f"a request has at most {MAX_BODY} bytes")
    try:
        return bodies.parse(bytes(body))
    except bodies.NotJson as error:
        raise HTTPException(400, f"not JSON: {error}") from None
