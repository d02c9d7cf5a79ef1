"""Requests of a client session, counted by the trace that the operator gives it: answered, refused, and unanswered."""

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import REGISTRY

from refit_operator.kubernetes_api.calls import trace_calls

JOBS = "/apis/batch/v1/namespaces/shop/jobs"


def counted(verb: str, code: str) -> float:
    labels = {"verb": verb, "resource": "jobs", "code": code}
    return REGISTRY.get_sample_value("refit_api_requests_total", labels) or 0.0


def timed(verb: str) -> float:
    return REGISTRY.get_sample_value("refit_api_request_duration_seconds_count", {"verb": verb}) or 0.0


async def test_a_request_is_counted_by_its_answer() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=403 if request.method == "POST" else 200)

    application = web.Application()
    application.router.add_route("*", JOBS, answer)
    before = counted("list", "200"), counted("create", "403"), timed("list")
    async with TestServer(application) as server, aiohttp.ClientSession(trace_configs=[trace_calls()]) as session:
        for method in ("GET", "POST"):
            await (await session.request(method, server.make_url(JOBS))).read()
    assert (counted("list", "200"), counted("create", "403"), timed("list")) == tuple(each + 1 for each in before)


async def test_a_request_without_an_answer_is_counted_as_such() -> None:
    server, before = TestServer(web.Application()), counted("list", "0")
    await server.start_server()
    url = server.make_url(JOBS)
    await server.close()
    async with aiohttp.ClientSession(trace_configs=[trace_calls()]) as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(url)
    assert counted("list", "0") == before + 1
