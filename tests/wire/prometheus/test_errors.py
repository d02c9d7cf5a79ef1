"""Servers that refuse, hang, drip, lead elsewhere or lie. All are fakes, but for the refused port."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from refit_operator.prometheus.client import PrometheusServer, read_instant, read_window
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, Value
from tests.support.local import free_port
from tests.support.prometheus.fakes import Script, answer, dripping, endless, self_signed, serve, silent, truncated

T = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = int(T.timestamp())
PATIENCE = timedelta(seconds=0.5)
OK = f'{{"status":"success","data":{{"result":[{{"metric":{{}},"value":[{STAMP},"1"]}}]}}}}'.encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TOKEN = "s3cr3t-token"


async def ask(address: str, **more: object) -> QueryFailed:
    server = PrometheusServer(address, deadline=PATIENCE, **more)  # type: ignore[arg-type]
    failed = await read_instant(server, "up", T)
    window = await read_window(server, "up", (T,))
    server.close()
    assert isinstance(failed, QueryFailed), failed
    assert isinstance(window, QueryFailed)
    assert failed == window
    return failed


def prometheus_error(text: str) -> bytes:
    return f'{{"status":"error","errorType":"x","error":"{text}"}}'.encode()


SCRIPTS: list[tuple[str, Script, FailureKind, str]] = [
    ("never answers", silent, FailureKind.Timeout, "in time"),
    ("drips headers", dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"), FailureKind.Timeout, "in time"),
    ("drips a body", dripping(HEAD + b"\r\n"), FailureKind.Timeout, "in time"),
    ("drips an error", dripping(b"HTTP/1.1 503 Busy\r\n\r\n"), FailureKind.Timeout, "in time"),
    ("redirects", answer("302 Found", b"", "Location: http://127.0.0.1:1/"), FailureKind.Redirect, "answered 302"),
    (
        "redirects, endlessly",
        endless(b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\n\r\n"),
        FailureKind.TooLarge,
        "512 KiB",
    ),
    ("is a web page", answer("200 OK", b"<html>hello</html>"), FailureKind.Malformed, "isn't one of Prometheus'"),
    ("says nothing", answer("200 OK", b""), FailureKind.Malformed, "isn't one of Prometheus'"),
    ("answers a list", answer("200 OK", b"[]"), FailureKind.Malformed, "isn't one of Prometheus'"),
    ("nests deeply", answer("200 OK", b"[" * 100_000), FailureKind.Malformed, "isn't one of Prometheus'"),
    ("has an error with 200", answer("200 OK", prometheus_error("x")), FailureKind.ServerError, "and an error: x"),
    (
        "warns of a store that is gone",
        answer("200 OK", OK[:-1] + b',"warnings":["fetch series: connection refused"]}'),
        FailureKind.Partial,
        "a part of the data, it says: fetch series: connection refused",
    ),
    ("says isPartial", answer("200 OK", OK[:-1] + b',"isPartial":true}'), FailureKind.Partial, "isPartial True"),
    (
        "says so in a header",
        answer("200 OK", OK, "M3-Results-Limited: max_fetch_series_limit_applied"),
        FailureKind.Partial,
        "M3-Results-Limited: max_fetch",
    ),
    (
        "tells of a time without end",
        answer("200 OK", b'{"status":"success","data":{"result":[{"values":[[1e999,"1"]],"value":[1,{}]}]}}'),
        FailureKind.Malformed,
        "isn't one of Prometheus'",
    ),
    ("isn't utf-8", answer("200 OK", b'{"data": "\xff"}'), FailureKind.Malformed, "isn't one of Prometheus'"),
    (
        "isn't utf-8, and says so",
        answer("200 OK", OK[:-1] + b',"x":"\xe9"}', "Content-Type: application/json; charset=latin-1"),
        FailureKind.Malformed,
        "isn't one of Prometheus'",
    ),
    ("isn't gzip", answer("200 OK", OK, "Content-Encoding: gzip"), FailureKind.Malformed, "unpacked"),
    ("breaks off", truncated(OK), FailureKind.Refused, "broke off"),
    ("has two lengths", answer("200 OK", OK, "Content-Length: 9"), FailureKind.Malformed, "isn't valid"),
    ("isn't HTTP", answer("hello", b""), FailureKind.Refused, "broke off"),
    ("is too large", endless(HEAD + b"\r\n"), FailureKind.TooLarge, "512 KiB"),
    (
        "is too large unpacked",
        answer("200 OK", gzip.compress(b" " * 50_000_000), "Content-Encoding: gzip"),
        FailureKind.TooLarge,
        "512 KiB",
    ),
    ("wants a name", answer("401 Unauthorized", b"who?"), FailureKind.Unauthorized, "answered 401"),
    ("forbids", answer("403 Forbidden", b"no"), FailureKind.Unauthorized, "answered 403"),
    ("breaks", answer("500 Oops", b"<html>"), FailureKind.ServerError, "answered 500"),
    ("tires", answer("503 Busy", prometheus_error("query timed out")), FailureKind.ServerError, "503: query timed out"),
    ("is asked too often", answer("429 Wait", b""), FailureKind.ServerError, "answered 429"),
    ("refuses the query", answer("400 Bad", prometheus_error("parse error")), FailureKind.BadQuery, "400: parse error"),
    ("can't run the query", answer("422 Bad", prometheus_error("many to many")), FailureKind.BadQuery, "422: many"),
    ("is no Prometheus and says 400", answer("400 Bad", b"Client sent HTTP"), FailureKind.Malformed, "answered 400"),
    ("isn't there", answer("404 Not Found", b"404"), FailureKind.Malformed, "answered 404"),
]


@pytest.mark.parametrize(("name", "script", "kind", "sentence"), SCRIPTS, ids=[row[0] for row in SCRIPTS])
async def test_a_server_that(name: str, script: Script, kind: FailureKind, sentence: str) -> None:
    begin = monotonic()
    with serve(script) as address:
        failed = await ask(address)
    assert failed.kind is kind, failed
    assert sentence in failed.message
    assert monotonic() - begin < 2.5 * 2 * PATIENCE.total_seconds()


async def test_a_refused_port() -> None:
    failed = await ask(f"http://127.0.0.1:{free_port()}")
    assert failed.kind is FailureKind.Refused


async def test_a_host_that_is_not_there() -> None:
    assert (await ask("http://nowhere.invalid:9090")).kind is FailureKind.Refused


async def test_a_certificate_nobody_trusts(tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path)
    with serve(answer("200 OK", OK), context) as address:
        assert (await ask(address)).kind is FailureKind.Tls
        elsewhere = address.replace("localhost", "127.0.0.1")
        assert (await ask(elsewhere, ca=certificate)).kind is FailureKind.Tls
        server = PrometheusServer(address, ca=certificate)
        assert await read_instant(server, "up", T) == Value(1.0, T)
        server.close()


async def test_a_given_ca_is_trusted_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The public authorities, here played by the server's own certificate, don't count beside it."""
    (tmp_path / "other").mkdir()
    context, _ = self_signed(tmp_path)
    _, other = self_signed(tmp_path / "other")
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "cert.pem"))
    with serve(answer("200 OK", OK), context) as address:
        assert await read_instant(PrometheusServer(address), "up", T) == Value(1.0, T)
        assert (await ask(address, ca=other)).kind is FailureKind.Tls


async def test_tls_to_a_server_without_it() -> None:
    with serve(answer("200 OK", OK)) as address:
        assert (await ask(address.replace("http:", "https:"))).kind is FailureKind.Tls


async def test_a_handshake_that_hangs_ends_all_the_same() -> None:
    with serve(silent) as address:
        assert (await ask(address.replace("http:", "https:"))).kind is FailureKind.Timeout


@pytest.mark.parametrize("codec", ["utf-16", "unicode_escape", "idna", "x" * 99])
async def test_a_codec_that_an_answer_names_isnt_used(codec: str) -> None:
    body = OK[:-1] + rb',"stats":"\\d"}'
    with serve(answer("200 OK", body, f"Content-Type: application/json; charset={codec}")) as address:
        server = PrometheusServer(address)
        assert await read_instant(server, "up", T) == Value(1.0, T)
        server.close()


async def test_answers_for_other_times_are_no_window() -> None:
    """As of a query frontend that aligns times with the step."""
    body = f'{{"data":{{"result":[{{"metric":{{}},"values":[[{STAMP - 7},"1"]]}}]}}}}'.encode()
    with serve(answer("200 OK", body)) as address:
        failed = await read_window(PrometheusServer(address), "up", (T,))
    assert isinstance(failed, QueryFailed)
    assert (failed.kind, "other times" in failed.message) == (FailureKind.Malformed, True)


async def test_proxies_and_netrc_of_the_environment_are_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text(f"machine localhost login me password {TOKEN}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    seen: list[bytes] = []
    good = answer("200 OK", OK)

    def listening(connection, over):  # type: ignore[no-untyped-def]
        seen.append(connection.recv(65536, 2))  # MSG_PEEK
        good(connection, over)

    with serve(listening) as address:
        assert await read_instant(PrometheusServer(address), "up", T) == Value(1.0, T)
    assert b"Authorization" not in seen[0]


@pytest.mark.parametrize(
    "more",
    [
        {"headers": {"Authorization": f"Bearer {TOKEN}"}},
        {"auth": ("me", TOKEN)},
        {"headers": {"Authorization": f"Bearer {TOKEN}\n"}},
    ],
)
async def test_no_message_holds_credentials(more: dict[str, object]) -> None:
    """Not even if the server sends them back, or if they can't be sent at all."""
    echo = answer("400 Bad", prometheus_error(f"Bearer {TOKEN} is odd, bWU6czNjcjN0LXRva2Vu and {TOKEN} too"))
    with serve(echo) as address:
        failed = await ask(address, **more)
        shown = repr(PrometheusServer(address, **more))  # type: ignore[arg-type]
    assert TOKEN not in failed.message + shown
    if "auth" in more:
        assert "bWU6czNjcjN0LXRva2Vu" not in failed.message


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "prometheus:9090", f"http://me:{TOKEN}@prometheus", "http://", "http://[::1"]
)
def test_an_address_that_cannot_be_one_is_refused(address: str) -> None:
    with pytest.raises(ValueError) as refused:
        PrometheusServer(address)
    assert TOKEN not in str(refused.value)


def test_a_ca_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="PEM"):
        PrometheusServer("https://prometheus", ca="nonsense")
