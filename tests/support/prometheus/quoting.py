"""A Prometheus that quotes the credentials it is asked with, in each way in which an answer may speak of itself."""

import json
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass, field
from socket import socket
from threading import Event

from tests.support.prometheus.fakes import whole

SUCCESS = {"status": "success", "data": {"resultType": "matrix", "result": []}}


def words_of(authorization: str) -> str:
    """Return the credentials as they came, and what they say."""
    said = authorization.partition(" ")[2]
    with suppress(ValueError):
        said = b64decode(said, validate=True).decode()
    user, _, password = said.partition(":")
    return f"bad credentials {authorization}: {said}, that is {user} with {password}"


def body(way: str, quoted: str) -> tuple[str, bytes, tuple[str, ...]]:
    """Return status, body and headers of an answer."""
    failed = {"status": "error", "errorType": "bad_data", "error": quoted}
    return {
        "unauthorized": ("401 Unauthorized", json.dumps(failed).encode(), ()),
        "bad-query": ("400 Bad Request", json.dumps(failed).encode(), ()),
        "broken": ("500 Internal Server Error", json.dumps(failed).encode(), ()),
        "failed": ("200 OK", json.dumps(failed).encode(), ()),
        "warned": ("200 OK", json.dumps(SUCCESS | {"warnings": [quoted]}).encode(), ()),
        "redirected": ("302 Found", b"", (f"Location: http://evil.example/?{quoted.replace(' ', '+')}",)),
        "phrased": (f"401 {quoted}", quoted.encode(), ()),
    }[way]


WAYS = ("unauthorized", "bad-query", "broken", "failed", "warned", "redirected", "phrased")


@dataclass
class Quoting:
    """The first part of a path says in which way it answers."""

    asked: list[str] = field(default_factory=list)
    """The credentials that came."""

    def __call__(self, connection: socket, over: Event) -> None:
        head = connection.recv(65536).decode()
        way = head.split()[1].split("/")[1]
        lines = (line.partition(": ") for line in head.splitlines())
        authorization = next((value for name, _, value in lines if name.lower() == "authorization"), "")
        self.asked.append(words_of(authorization))
        status, answer, headers = body(way, words_of(authorization))
        connection.sendall(whole(status, answer, *headers))
