"""The HTTP surface: read, parse beside the event loop, delegate, reply."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, TypeVar

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from refit_serving import bodies
from refit_serving.admission import Admission
from refit_serving.batching import ModelFailed, Overloaded, Unanswerable
from refit_serving.documents import Feedback, Instance, has_many, parse_count, parse_feedback, parse_instances
from refit_serving.drain import Drain
from refit_serving.follow import Follower
from refit_serving.labellers import Labellers
from refit_serving.leaving import while_connected
from refit_serving.mirror import HEADER, Mirror, timing
from refit_serving.refusals import InvalidRequest, Refused
from refit_serving.service import Service
from refit_serving.traffic import Traffic

PARSERS = 2  # bodies that are parsed at once
Endpoint = Callable[[Request], Awaitable[Response]]
Parsed = TypeVar("Parsed")
log = logging.getLogger(__name__)


class Endpoints:
    """The handlers, bound to one service."""

    def __init__(
        self,
        service: Service,
        follower: Follower,
        mirror: Mirror,
        admission: Admission,
        labellers: Labellers,
        drain: Drain,
    ) -> None:
        self._service = service
        self._follower = follower
        self._mirror = mirror
        self._admission = admission
        self._labellers = labellers
        self._drain = drain
        self._traffic = Traffic()
        self._parsers = ThreadPoolExecutor(PARSERS, thread_name_prefix="parse")

    async def predict(self, request: Request) -> Response:
        """Predict for an input, or for each of `instances`."""
        async with self._admission.admit(request) as body:
            with self._traffic.follow(self._service.active.batcher.is_free) as is_alone:
                started = time.perf_counter()
                instances, many = await self._beside(self._parse_instances, body)
                replies = await self._predict(request, instances)
                seconds, alone = time.perf_counter() - started, is_alone()
            is_copy = HEADER in request.headers
            if not is_copy:
                self._mirror.offer(body, [(one["id"], one["label"]) for one in replies], seconds if alone else None)
        headers = timing(seconds, alone) if is_copy else None
        return JSONResponse({"predictions": replies} if many else replies[0], headers=headers)

    async def _predict(self, request: Request, instances: list[Instance]) -> list[dict[str, Any]]:
        """Return a reply to each input, or raise the refusal that the client gets."""
        try:
            return await while_connected(request, self._service.predict(instances))
        except Overloaded as error:
            raise Refused(503, f"too many requests are waiting: {error}", retry_after=error.seconds) from None
        except ModelFailed as error:
            log.error("model.failed error=%s", error)
            raise Refused(503, "the model failed", retry_after=1) from None
        except Unanswerable as error:
            raise InvalidRequest(f"{self._service.task.input} {error}") from None

    async def feedback(self, request: Request) -> Response:
        """Take a true label."""
        self._labellers.check(request)
        async with self._admission.admit(request) as body:
            feedback = await self._beside(self._parse_feedback, body)
            try:
                return JSONResponse(asdict(self._service.take_feedback(feedback)))
            except OSError as error:
                log.error("feedback.not_stored error=%s", error)
                raise Refused(503, f"the row couldn't be stored: {error}", retry_after=1) from error

    async def to_label(self, request: Request) -> Response:
        """Hand out rows that are worth a label."""
        self._labellers.check_known(request)
        rows = self._service.hand_out(parse_count(request.query_params.get("count")))
        content = await asyncio.get_running_loop().run_in_executor(self._parsers, bodies.render, {"rows": rows})
        return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})

    async def model(self, request: Request) -> Response:
        """Say which model answers, which one the pointer names, and why a load failed."""
        return JSONResponse(self._follower.describe(), headers={"Cache-Control": "no-store"})

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

    async def _beside(self, parse: Callable[[bytes], Parsed], body: bytes) -> Parsed:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._parsers, parse, body)
        except RecursionError:
            raise InvalidRequest("lists and objects stand too deep in each other") from None

    def _parse_instances(self, body: bytes) -> tuple[list[Instance], bool]:
        document = bodies.parse(body)
        return parse_instances(document, self._service.task, self._service.inputs), has_many(document)

    def _parse_feedback(self, body: bytes) -> Feedback:
        service = self._service
        return parse_feedback(bodies.parse(body), service.task, service.inputs, service.new_labels.check)


def build_app(
    service: Service,
    follower: Follower,
    mirror: Mirror,
    admission: Admission,
    labellers: Labellers,
    drain: Drain,
) -> Starlette:
    """Return the ASGI application."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await service.active.batcher.start()
        follower.start()
        mirror.start()
        yield
        await mirror.stop()
        await follower.stop()
        await service.active.batcher.stop()

    endpoints = Endpoints(service, follower, mirror, admission, labellers, drain)
    posts = {"/v1/predict": endpoints.predict, "/v1/feedback": endpoints.feedback}
    gets = {"/healthz": endpoints.is_alive, "/readyz": endpoints.is_ready, "/metrics": endpoints.metrics}
    gets |= {"/to-label": endpoints.to_label, "/v1/model": endpoints.model}
    routes = [Route(path, endpoints.timed(path, call), methods=["POST"]) for path, call in posts.items()]
    routes += [Route(path, call) for path, call in gets.items()]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _explain, Refused: _refuse})


async def _explain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, status_code=error.status_code)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse({"error": str(error)}, status_code=error.status, headers=error.headers)
