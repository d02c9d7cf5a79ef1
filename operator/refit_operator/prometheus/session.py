"""The HTTP session Prometheus is read through, for addresses and answers that may be hostile.

Answers are read into little memory: JSON grows twentyfold when it is parsed, so few large ones are in work at a time.
It follows no redirect, takes nothing from the environment, keeps no cookie, retries nothing, reads at most
`MAX_ANSWER` bytes, and ends within its deadline however slowly the answer drips: requests' own timeout restarts
with every byte. The deadline is enforced where the bytes are read, so it holds for the headers too.
"""

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from io import BufferedReader, RawIOBase
from socket import socket
from threading import BoundedSemaphore
from time import monotonic
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from refit_operator.prometheus.rules.wholeness import check_whole

MAX_ANSWER = 512 * 1024
CONNECT_SECONDS = 3.0
KEPT = 4
"""Connections that are kept open to one server, with one set of credentials; any more are closed after their query."""
_PIECE = 16384

SMALL_ANSWER = 32 * 1024
"""Bytes up to which an answer waits for no room: fifty readings of one series are two thousand."""
LARGE_ANSWERS = 4
"""Larger ones that are read and parsed at the same time."""

_deadline: ContextVar[float] = ContextVar("deadline")
_room = BoundedSemaphore(LARGE_ANSWERS)
_held: ContextVar[ExitStack] = ContextVar("held")


class AnswerTooLarge(Exception):
    """The answer, unpacked, is larger than `MAX_ANSWER`."""


class UnexpectedStatus(Exception):
    """The server answered with another status than 200."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class HardenedSession(requests.Session):
    """A session whose every request ends within `seconds`, well or not, and whose answers are whole."""

    def __init__(self, seconds: float, ca: str | None = None, kept: int = KEPT) -> None:
        super().__init__()
        self.trust_env = False
        self.seconds = seconds
        self.ca = ca
        self.kept = kept
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.mount_only_ours()

    def mount_only_ours(self) -> None:
        """Drop every other adapter: prometheus-api-client mounts its own on the session it's given."""
        self.adapters.clear()
        for scheme in ("http://", "https://"):
            self.mount(scheme, _HardenedAdapter(self.ca, self.kept))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that nothing is a redirect; else requests reads the whole body of one even if it isn't to follow it."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request and read its answer; raises UnexpectedStatus, AnswerTooLarge, Failed and NotWhole, too."""
        timeout = (min(CONNECT_SECONDS, self.seconds), self.seconds)
        if kwargs.get("method") == "POST":  # the client puts even its parameters into the address
            kwargs["data"] = kwargs.pop("params")
        with _deadline_in(self.seconds):
            response = super().request(*args, **kwargs | {"allow_redirects": False, "stream": True, "timeout": timeout})
            with response:
                response._content = _read_capped(response)
                response._content_consumed = True  # type: ignore[attr-defined]
        if response.status_code != requests.codes.ok:
            raise UnexpectedStatus(response.status_code, response.content)
        answer = json.loads(response.content.decode())  # in UTF-8, whatever codec the answer names
        check_whole(answer, response.headers)
        response.json = lambda **_: answer  # type: ignore[method-assign]  # requests would parse it once more
        return response


@contextmanager
def _deadline_in(seconds: float) -> Iterator[None]:
    token = _deadline.set(monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


@contextmanager
def room_for_answers() -> Iterator[None]:
    """Give back the room of a large answer that is asked for inside, once it is done with."""
    with ExitStack() as stack:
        token = _held.set(stack)
        try:
            yield
        finally:
            _held.reset(token)


def _take_room() -> None:
    if not _room.acquire(timeout=max(0.0, _deadline.get() - monotonic())):
        raise TimeoutError("other large answers are being read")
    _held.get().callback(_room.release)


def _read_capped(response: requests.Response) -> bytes:
    body, small = bytearray(), True
    while piece := response.raw.read1(_PIECE, decode_content=True):
        body += piece
        if small and len(body) > SMALL_ANSWER:
            small = False
            _take_room()
        if len(body) > MAX_ANSWER:
            raise AnswerTooLarge
    return bytes(body)


class _DeadlineReader(RawIOBase):
    """A socket's bytes until the deadline of the request in progress."""

    def __init__(self, raw: RawIOBase, sock: socket, deadline: float) -> None:
        super().__init__()
        self._raw, self._socket, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError("the whole answer took too long")
        self._socket.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineResponse(HTTPResponse):
    def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = BufferedReader(_DeadlineReader(self.fp.detach(), sock, _deadline.get()))


class _Connection(HTTPConnection):
    response_class = _DeadlineResponse


class _TlsConnection(HTTPSConnection):
    response_class = _DeadlineResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _HardenedAdapter(HTTPAdapter):
    """An adapter without retries that trusts the given CA alone, or the public ones if there is none."""

    def __init__(self, ca: str | None, kept: int) -> None:
        self._context = None if ca is None else ssl.create_default_context(cadata=ca)
        super().__init__(max_retries=0, pool_connections=1, pool_maxsize=kept)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use the pools whose connections keep the deadline."""
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Keep requests from adding the public CAs to our own."""
        if self._context is None:
            super().cert_verify(conn, url, True, cert)  # type: ignore[no-untyped-call]
        else:
            conn.cert_reqs = "CERT_REQUIRED"
