"""What may happen to answers of Prometheus between it and the operator, batch by batch. Pure: an answer, and the harm.

A stand-in: a Prometheus doesn't lose half of an answer on demand; a proxy, a frontend or a store that is gone does.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from refit_operator.prometheus.rules.batch import TAG

LONGEST = 420
"""Characters up to which a query is answered that may be too long; none of a monitor's own is longer here."""


@dataclass(frozen=True)
class Reply:
    """An answer on its way."""

    status: int
    body: bytes
    promised: int | None = None
    """Bytes that its header promises, where they aren't those that are sent."""


@dataclass(frozen=True)
class Damage:
    """What is done to which answers."""

    mode: str
    at: str
    concerns: Callable[[str], bool]
    """Whether it is done to the answer of a query."""
    harm: Callable[[Reply], Reply]


def is_batch(query: str) -> bool:
    """Return whether a query asks for several monitors."""
    return TAG in query


def is_long(query: str) -> bool:
    """Return whether a query is longer than this proxy lets through."""
    return len(query) > LONGEST


def half_of_the_series(reply: Reply) -> Reply:
    """Leave every second series out."""
    return _with_series(reply, lambda series: series[::2])


def without_good_counts(reply: Reply) -> Reply:
    """Leave out what ratios count as good, and leave their totals."""
    return _with_series(reply, lambda series: [one for one in series if not _is_good_count(one, series)])


def _is_good_count(one: Any, series: list[Any]) -> bool:
    group, _, part = tag_of(one).partition("/")
    return part == "0" and any(tag_of(other) == f"{group}/1" for other in series)


def tag_of(series: Any) -> str:
    """Return which part of a batch a series answers."""
    return str(series["metric"].get(TAG, ""))


def half_said_to_be_partial(reply: Reply) -> Reply:
    """Leave every second series out, and say so, as Thanos and a remote read do."""
    answer = json.loads(half_of_the_series(reply).body)
    return replace(reply, body=_body(answer | {"warnings": ["no answer of store 10.0.0.2:10901: connection refused"]}))


def half_of_the_bytes(reply: Reply) -> Reply:
    """Cut the answer in half, as if that were all."""
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def broken_off(reply: Reply) -> Reply:
    """Promise the whole answer, and break off in its midst."""
    return replace(half_of_the_bytes(reply), promised=len(reply.body))


def refused_by_prometheus(reply: Reply) -> Reply:
    """Answer as Prometheus does to a query that it won't evaluate."""
    return Reply(422, _body({"status": "error", "errorType": "execution", "error": "query is too long"}))


def refused_by_the_proxy(reply: Reply) -> Reply:
    """Answer as a proxy does, without a word of Prometheus."""
    return Reply(422, b"<html>Unprocessable</html>")


def unavailable(reply: Reply) -> Reply:
    """Answer as a balancer does that finds no server."""
    return Reply(503, b"no healthy upstream")


def _with_series(reply: Reply, keep: Callable[[list[Any]], list[Any]]) -> Reply:
    answer = json.loads(reply.body)
    return replace(reply, body=_body(answer | {"data": answer["data"] | {"result": keep(answer["data"]["result"])}}))


def _body(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode()


EACH_BATCH, EACH_LONG = "queries of several monitors", f"queries of more than {LONGEST} characters"
DAMAGES = (
    Damage("half of the series left out", EACH_BATCH, is_batch, half_of_the_series),
    Damage("good counts of ratios left out", EACH_BATCH, is_batch, without_good_counts),
    Damage("half of the series left out, with a warning", EACH_BATCH, is_batch, half_said_to_be_partial),
    Damage("half of the bytes, as if they were all", EACH_BATCH, is_batch, half_of_the_bytes),
    Damage("connection broken off halfway", EACH_BATCH, is_batch, broken_off),
    Damage("422 of Prometheus", EACH_LONG, is_long, refused_by_prometheus),
    Damage("422 of a proxy", EACH_LONG, is_long, refused_by_the_proxy),
    Damage("503", EACH_LONG, is_long, unavailable),
)
