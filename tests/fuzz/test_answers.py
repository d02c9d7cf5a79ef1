"""Answers of Prometheus servers: whatever comes back, it is a value only if the server said one number; all else holds.

A stand-in sends what no real server does, over a real connection, to the client that the operator reads with.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from math import isfinite
from socket import socket
from threading import Event
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from refit_operator.prometheus.client import PrometheusServer, read_instant, read_window
from refit_operator.prometheus.rules.reading import QueryFailed, Reading, Value, describe
from refit_operator.prometheus.rules.sentences import LONGEST
from tests.support.prometheus.fakes import Script, Switch, hanging_up, serve, whole

T = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = int(T.timestamp())
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
ODD_TEXTS = ("NaN", "+Inf", "-Inf", "Infinity", "1e999", "1_0", " 1 ", "\u0661", "0x1p-2", "1d", "", "9" * 5000, "true")
TEXTS = st.floats().map(str) | st.sampled_from(ODD_TEXTS) | st.text(max_size=5)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 1e308, STAMP, STAMP + 0.0004, f"{STAMP}"])
    | st.floats()
    | TEXTS
    | st.text(st.characters(exclude_categories=()), max_size=5)
)
"""With halves of characters, unlike hypothesis's own."""
NAMES = ("status", "data", "result", "resultType", "value", "values", "histogram", "histograms", "metric", "error")
MORE = ("errorType", "warnings", "infos", "isPartial", "partialResponse", "stats")
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*NAMES, *MORE]) | st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)
STAMPS = st.sampled_from([STAMP] * 8 + [STAMP + 0.0004, STAMP + 1, f"{STAMP}", True]) | SCALARS
POINTS = st.tuples(STAMPS, TEXTS | SCALARS).map(list) | st.lists(JSON, max_size=3)
SERIES = st.fixed_dictionaries(
    {},
    optional={
        "metric": JSON,
        "value": POINTS | JSON,
        "values": st.lists(POINTS, max_size=3) | JSON,
        "histogram": POINTS,
        "histograms": st.lists(POINTS, max_size=2) | JSON,
    },
)
ONE = st.tuples(STAMPS, TEXTS).map(lambda point: [{"metric": {}, "value": list(point), "values": [list(point)]}])
RESULTS = st.one_of(ONE, ONE, ONE, st.lists(SERIES, max_size=3), POINTS, JSON)
ANSWERS = st.fixed_dictionaries(
    {"status": st.just("success") | JSON, "data": st.fixed_dictionaries({"result": RESULTS}) | JSON},
    optional=dict.fromkeys([*MORE, "error"], JSON),
)
LIKELY = st.fixed_dictionaries(
    {
        "status": st.just("success"),
        "data": st.fixed_dictionaries({"result": RESULTS}, optional={"resultType": st.just("vector") | JSON}),
    },
)
DEEP = st.builds(
    lambda text, depth: text * depth, st.sampled_from(["[", '{"data":', '{"error":[']), st.integers(1, 9999)
)
DOCUMENTS = st.one_of(LIKELY, LIKELY, ANSWERS, JSON)
TEXT_BODIES = st.builds(
    lambda document, plain, coding: json.dumps(document, ensure_ascii=plain).encode(coding, "surrogatepass"),
    DOCUMENTS,
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-16", "utf-32", "utf-8-sig"]),
)
BODIES = st.one_of(TEXT_BODIES, TEXT_BODIES, TEXT_BODIES, st.binary(), DEEP.map(str.encode))
PACKED = st.builds(lambda pack, body: pack(body), st.sampled_from([bytes, bytes, gzip.compress, zlib.compress]), BODIES)
ENCODINGS = ("gzip", "deflate", "x-gzip", "identity", "br", "zstd", "gzip, gzip", "gzip," * 9, "compress", "\xff")
CHARSETS = (
    "utf-8",
    "latin-1",
    "utf-7",
    "idna",
    "punycode",
    "hex",
    "rot13",
    "unicode_escape",
    "undefined",
    "a\0b",
    "x" * 99,
)
LINES = (
    st.builds("Content-Encoding: {}".format, st.sampled_from(ENCODINGS))
    | st.builds("Content-Type: application/json; charset={}".format, st.sampled_from(CHARSETS) | st.text(max_size=5))
    | st.builds("Content-Length: {}".format, st.integers() | st.text(max_size=5))
    | st.builds("Transfer-Encoding: {}".format, st.sampled_from(["chunked", "gzip", "chunked, chunked"]))
    | st.builds("{}: {}".format, st.sampled_from(["Location", "Warning", "X-Partial", "Set-Cookie", "é"]), st.text())
)
HEADERS: st.SearchStrategy[list[str]] = st.just([]) | st.just([]) | st.lists(LINES, max_size=3)
STATUSES = st.sampled_from(
    ["200 OK"] * 6 + ["100 Go on", "204", "206 P", "301 M", "400 B", "401", "422", "503", "999", "-1"]
)
SENT = st.builds(lambda status, body, lines: whole(status, body, *lines), STATUSES, PACKED, HEADERS)
RAW = st.binary() | st.builds(lambda head, body: b"HTTP/1.1 " + head + body, st.binary(), PACKED)


@pytest.fixture(scope="module")
def fake() -> Iterator[tuple[Switch, str]]:
    script = Switch(hanging_up)
    with serve(script) as address:
        yield script, address


def sending(raw: bytes) -> Script:
    """Answer one request with these bytes, and close."""

    def script(connection: socket, over: Event) -> None:
        connection.recv(65536)
        connection.sendall(raw)

    return script


async def ask(fake: tuple[Switch, str], raw: bytes) -> tuple[Reading, Reading]:
    """Return the readings of an instant and of a range query that are answered so."""
    fake[0].now = sending(raw)
    server = PrometheusServer(fake[1])
    instant, window = await read_instant(server, "up", T), await read_window(server, "up", (T,))
    server.close()
    return instant, window if isinstance(window, QueryFailed) else window[0]


def check(reading: Reading, told: bool) -> None:
    event(type(reading).__name__)
    text = describe(reading)
    assert text.isprintable(), text
    assert len(text) <= LONGEST + 200
    if isinstance(reading, Value):
        assert told
        assert isfinite(reading.value)


def told(document: Any, name: str) -> bool:
    """Return whether a document says one finite number, as Prometheus writes it."""
    match document:
        case {"status": "success", "data": {"result": [*series]}} if name == "values":
            points = [point for one in series for point in points_of(one)]
        case {"status": "success", "data": {"result": [{"value": point}] | [*point]}}:
            points = [point]
        case _:
            return False
    return len(points) == 1 and is_point(points[0])


def points_of(series: Any) -> list[Any]:
    return series["values"] if isinstance(series, dict) and isinstance(series.get("values"), list) else []


def is_point(point: Any) -> bool:
    """Return whether it is a time and a number."""
    match point:
        case [int() | float() as stamp, str(text)]:
            return type(stamp) is not bool and abs(stamp) < 2**1024 and bool(NUMBER.fullmatch(text))
    return False


def document_of(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


@given(BODIES)
async def test_only_one_number_is_a_value(fake: tuple[Switch, str], body: bytes) -> None:
    instant, window = await ask(fake, whole("200 OK", body))
    document = document_of(body)
    check(instant, told(document, "value"))
    check(window, told(document, "values"))


@given(SENT | RAW)
async def test_an_answer_is_a_reading(fake: tuple[Switch, str], raw: bytes) -> None:
    is_fine = raw.startswith((b"HTTP/1.1 200", b"HTTP/1.1 100"))
    for reading in await ask(fake, raw):
        check(reading, is_fine)


PLAIN = st.floats(allow_nan=False, allow_infinity=False)


@given(PLAIN, st.sampled_from(["value", "values", "scalar"]))
async def test_what_prometheus_answers_is_a_value(fake: tuple[Switch, str], number: float, kind: str) -> None:
    point = [STAMP, str(number)]
    result = {"value": [{"metric": {}, "value": point}], "values": [{"metric": {}, "values": [point]}], "scalar": point}
    body = json.dumps({"status": "success", "data": {"resultType": "x", "result": result[kind]}}).encode()
    assert Value(number, T) in await ask(fake, whole("200 OK", body))
