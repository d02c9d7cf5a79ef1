"""Ask a Prometheus server for a range: by its address, or through the API server's proxy to its Service."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import urllib3

from refit_cli.cluster import TIMEOUT, Cluster
from refit_cli.exits import Exit, Failed

MOST_POINTS = 5000
"""Of one question; Prometheus refuses more than 11,000."""
Get = Callable[[str, dict[str, str]], bytes]
"""Fetches a path of the server, with a query. Raises Refused for an answer that is an error, Failed for none."""
Headers = dict[str, str]
OBJECT = re.compile(r"^HTTPS?Connection\(.*?\): ")
"""What urllib3 begins its messages with."""


class Refused(Failed):
    """The server answers, and not with what was asked for."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(Exit.UNREACHABLE, f"Prometheus says: {words}")
        self.status, self.words = status, words


def by_address(url: str, headers: Headers | None = None, timeout: float = TIMEOUT) -> Get:
    """Return how a server is asked at an address that this machine reaches; redirects aren't followed."""
    pool = urllib3.PoolManager(retries=False, timeout=timeout, headers=headers)

    def get(path: str, query: dict[str, str]) -> bytes:
        try:
            answer = pool.request("GET", f"{url.rstrip('/')}{path}?{urlencode(query)}", redirect=False)
        except urllib3.exceptions.HTTPError as error:
            reason = OBJECT.sub("", str(getattr(error, "reason", None) or error))
            raise Failed(Exit.UNREACHABLE, f"no answer from Prometheus at {url}: {reason}") from None
        return _checked(answer.status, answer.data)

    return get


def by_service(cluster: Cluster, service: str, headers: Headers | None = None, prefix: str = "") -> Get:
    """Return how a server is asked through the API server, as `namespace/service:port`. Raises Failed."""
    namespace, slash, name = service.partition("/")
    if not slash or not name:
        raise Failed(Exit.USAGE, f"{service!r}: write namespace/service:port, such as monitoring/prometheus:9090")
    root = f"/api/v1/namespaces/{namespace}/services/{name}/proxy{prefix}"
    return lambda path, query: _checked(*cluster.fetch(f"{root}{path}", query, headers))


def _checked(status: int, data: bytes) -> bytes:
    if status == 200:
        return data
    try:
        words = json.loads(data).get("error") or f"HTTP {status}"
    except (ValueError, AttributeError):
        words = f"HTTP {status}"
    raise Refused(status, words)


@dataclass(frozen=True)
class Answer:
    """One stretch of a range: its times, and the result as Prometheus gives it."""

    times: tuple[datetime, ...]
    result: Any


def ask_range(get: Get, query: str, times: list[datetime], step: timedelta) -> list[Answer]:
    """Return the query's result at evenly spaced times, in stretches that the server answers. Raises Failed."""
    stretches = [tuple(times[start : start + MOST_POINTS]) for start in range(0, len(times), MOST_POINTS)]
    return [Answer(stretch, _ask(get, query, stretch, step)) for stretch in stretches]


def _ask(get: Get, query: str, times: tuple[datetime, ...], step: timedelta) -> Any:
    start, end = f"{times[0].timestamp():.3f}", f"{times[-1].timestamp():.3f}"
    asked = {"query": query, "start": start, "end": end, "step": f"{step.total_seconds():.3f}"}
    try:
        return json.loads(get("/api/v1/query_range", asked))["data"]["result"]
    except (ValueError, KeyError, TypeError):
        raise Failed(Exit.UNREACHABLE, "what answers isn't Prometheus: there is no data in the answer") from None
