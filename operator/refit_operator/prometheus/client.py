"""Ask a Prometheus server. The only module that reaches the network for a reading; every failure is a `QueryFailed`.

prometheus-api-client speaks the API, over a session of ours that trusts neither the address nor the answer. It
blocks, so each question runs in a thread.
"""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from prometheus_api_client.prometheus_connect import PrometheusConnect

from refit_operator.observability.metrics import QUERIES, QUERY_SECONDS
from refit_operator.prometheus.errors import EXPECTED, explain
from refit_operator.prometheus.rules.batch import Batch, Readings
from refit_operator.prometheus.rules.manner import Manner
from refit_operator.prometheus.rules.reading import UNBOUNDED, Bounds, QueryFailed, Reading
from refit_operator.prometheus.rules.responses import milliseconds, read_matrix, read_matrix_parts, read_result
from refit_operator.prometheus.rules.window import Window
from refit_operator.prometheus.session import KEPT, HardenedSession, room_for_answers

DEADLINE = timedelta(seconds=10)
# What the session can't bound, a name's resolution and a TLS handshake, is left behind in its thread after this.
_GRACE = timedelta(seconds=2)

# Made as needed. asyncio's own are six on two cores: as many questions to a server that hangs would let all others wait
# past their deadlines. Sixteen reconciliations side by side, each with up to eight guards, ask less than this at once.
_THREADS = ThreadPoolExecutor(max_workers=256, thread_name_prefix="prometheus")

T = TypeVar("T")


class PrometheusServer:
    """One server with the credentials of one monitor.

    `auth` is a user and a password, `ca` PEM text that replaces the public CAs. Raises ValueError for an address that
    isn't plain http(s), or has credentials in it: an address is shown in messages, so they belong in `auth`.
    """

    def __init__(
        self,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        ca: str | None = None,
        deadline: timedelta = DEADLINE,
        kept: int = KEPT,
    ) -> None:
        self.name = _name_of(address)
        self.deadline = deadline
        self.secrets = _secrets_of(headers or {}, auth)
        self.manner = Manner()
        credentials: Any = auth  # annotated there as never None, which is its default
        self._session = _open_session(deadline.total_seconds(), ca, kept)
        self._client, self._posting = (
            PrometheusConnect(
                address.rstrip("/"),
                headers=dict(headers or {}),
                auth=credentials,
                session=self._session,
                method=method,
            )
            for method in ("GET", "POST")
        )
        self._session.mount_only_ours()

    def __repr__(self) -> str:
        return f"PrometheusServer({self.name!r})"

    def close(self) -> None:
        """Close the connections that are kept open between questions."""
        self._session.close()

    def query_range(self, query: str, times: Sequence[datetime], in_body: bool = False) -> object:
        """Ask for the query's value at evenly spaced times; blocks.

        The client rounds its start and end to seconds, so the exact ones go in as parameters.
        """
        client = self._posting if in_body else self._client
        step = times[1] - times[0] if len(times) > 1 else timedelta(seconds=1)
        exact = {"start": _seconds(times[0]), "end": _seconds(times[-1])}
        width = f"{step.total_seconds():.3f}"
        return client.custom_query_range(query, times[0], times[-1], width, exact | self._limits())

    def query_instant(self, query: str, time: datetime) -> object:
        """Ask for the query's value at one time; blocks."""
        return self._client.custom_query(query, {"time": _seconds(time)} | self._limits())

    def _limits(self) -> dict[str, Any]:
        """Have the server stop, too, when its answer is no longer awaited."""
        return {"timeout": f"{self.deadline.total_seconds():.3f}"}


async def read_window(
    server: PrometheusServer, query: str, times: Sequence[datetime], bounds: Bounds = UNBOUNDED
) -> tuple[Reading, ...] | QueryFailed:
    """Read the query at every one of the grid's `times`, oldest first, by one range query."""
    if not times:
        return ()
    return await _ask(server, times[-1], lambda: read_matrix(server.query_range(query, times), times, bounds))


async def read_parts(
    server: PrometheusServer, query: str, times: Sequence[datetime], label: str, parts: Sequence[str]
) -> tuple[Window, ...] | QueryFailed:
    """Read the parts of an answer, told apart by a label, at every one of the grid's `times`, by one range query."""
    return await _ask(
        server, times[-1], lambda: read_matrix_parts(server.query_range(query, times), times, label, parts)
    )


async def read_batch(server: PrometheusServer, batch: Batch, time: datetime) -> list[Readings] | QueryFailed:
    """Read all of a batch at one time: a single query as ever, several in a request's body."""
    in_body = server.manner.in_body and not batch.is_one
    return await _ask(server, time, lambda: batch.read(server.query_range(batch.query, (time,), in_body), time))


async def read_instant(server: PrometheusServer, query: str, time: datetime, bounds: Bounds = UNBOUNDED) -> Reading:
    """Read the query at one time."""
    return await _ask(server, time, lambda: read_result(server.query_instant(query, time), time, bounds))


async def _ask(server: PrometheusServer, time: datetime, ask: Callable[[], T]) -> T | QueryFailed:
    try:
        async with asyncio.timeout((server.deadline + _GRACE).total_seconds()):
            with QUERY_SECONDS.time():
                found = await asyncio.get_running_loop().run_in_executor(_THREADS, _with_room, ask)
    except EXPECTED as error:
        kind, sentence = explain(error, server.secrets)
        QUERIES.labels(kind.value).inc()
        return QueryFailed(kind, f"{server.name}: {sentence}", time)
    QUERIES.labels("Success").inc()
    return found


def _with_room(ask: Callable[[], T]) -> T:
    with room_for_answers():
        return ask()


def _open_session(seconds: float, ca: str | None, kept: int) -> HardenedSession:
    try:
        return HardenedSession(seconds, ca, kept)
    except OSError:
        raise ValueError("the CA isn't a PEM certificate") from None


def _name_of(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError("a Prometheus address is http:// or https:// with a host, and without credentials")
    return parts.netloc


def _secrets_of(headers: Mapping[str, str], auth: tuple[str, str] | None) -> frozenset[str]:
    """Gather what must never be quoted; short words, such as a tenant's or a user's name, aren't secrets."""
    named = [word for value in headers.values() for word in (value, *value.split())]
    whole = [auth[1], b64encode(":".join(auth).encode()).decode()] if auth else []
    return frozenset([*whole, *(word for word in (*named, *(auth or ())) if len(word) > len("Bearer "))])


def _seconds(time: datetime) -> str:
    stamp = milliseconds(time)
    return f"{stamp // 1000}.{stamp % 1000:03d}"
