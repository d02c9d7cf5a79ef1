"""What the API server tells of objects as they change: which of them say a thing, and since when."""

import json
import re
import socket
import time
from contextlib import suppress
from http.client import HTTPException
from threading import Condition, Thread

from tests.support.cluster.api_server import ApiServer
from tests.support.cluster.kubectl import Document

MONITORS = "/apis/refit.dev/v1alpha1/modelmonitors"
JOBS = "/apis/batch/v1/jobs"
JUDGED = b'"reading":"'
"""What a monitor says once its metric was read; its managed fields say `f:reading`."""
_NAME = re.compile(rb'"metadata":\{.*?"name":"([^"]+)"')
"""The first name there: built-in kinds begin with it, custom ones are sorted."""


def name_of(line: bytes) -> str:
    """Return the name of the object that an event is about, empty where it is about none."""
    found = _NAME.search(line)
    return found[1].decode() if found else ""


class Watch:
    """A watch from now on; it goes on in a thread of its own.

    The API server ends a watch after a while, and one whose client is slow. Then all objects are listed, and the watch
    goes on from there: what changed twice meanwhile is heard once, and late.
    """

    def __init__(self, path: str, marker: bytes = b"", selector: str = "", lasts_s: int = 3600) -> None:
        """Begin; the API server is asked to end each watch after so many seconds."""
        self._server, self._marker, self._lasts_s = ApiServer(), marker, lasts_s
        self._path = f"{path}?labelSelector={selector}" if selector else f"{path}?"
        self.seen: dict[str, float] = {}
        """The objects that have said it, and when they were first heard."""
        self.events = self.begun = 0
        self._changed, self._is_closed = Condition(), False
        version = self._list("&limit=1")["metadata"]["resourceVersion"]
        self._thread = Thread(target=self._listen, args=(version,), daemon=True)
        self._thread.start()

    def _listen(self, version: str) -> None:
        while True:
            with suppress(OSError, HTTPException, ValueError, AttributeError):  # closed, or ended by the API server
                self._follow(version)
            if self._is_closed:
                return
            listed = self._list()
            version = listed["metadata"]["resourceVersion"]
            for item in listed["items"]:
                self._take(json.dumps(item, separators=(",", ":")).encode())

    def _follow(self, version: str) -> None:
        self.begun += 1
        connection = self._server.connection
        connection.timeout = None
        connection.close()
        connection.request("GET", f"{self._path}&watch=1&resourceVersion={version}&timeoutSeconds={self._lasts_s}")
        reply = connection.getresponse()
        while line := reply.readline():
            self._take(line)

    def _list(self, limit: str = "") -> Document:
        self._server.connection.close()
        found: Document = json.loads(self._server.ask("GET", f"{self._path}{limit}")[1])
        return found

    def _take(self, line: bytes) -> None:
        name = name_of(line)
        with self._changed:
            self.events += 1
            if name and self._marker in line and not line.startswith(b'{"type":"DELETED"'):
                self.seen.setdefault(name, time.time())
                self._changed.notify_all()

    def wait(self, count: int, limit_s: float) -> bool:
        """Wait until so many have said it; return whether they did in time. A watch that broke has heard nothing."""
        with self._changed:
            is_said = self._changed.wait_for(lambda: len(self.seen) >= count, limit_s)
        assert is_said or self._thread.is_alive(), "the watch broke"
        return is_said

    def close(self) -> None:
        """End it."""
        self._is_closed = True
        while self._thread.is_alive():
            with suppress(OSError, AttributeError):  # between two watches
                self._server.connection.sock.shutdown(socket.SHUT_RDWR)
            self._thread.join(0.1)
        self._server.close()
