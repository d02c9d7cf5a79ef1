"""What the API server tells of objects as they change: which of them say a thing, and since when."""

import json
import re
import socket
import time
from http.client import HTTPException
from threading import Condition, Thread

from tests.support.cluster.api_server import ApiServer

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
    """A watch from now on; it goes on in a thread of its own."""

    def __init__(self, path: str, marker: bytes = b"", selector: str = "") -> None:
        self._server, self._marker = ApiServer(), marker
        asked = f"{path}?labelSelector={selector}" if selector else f"{path}?"
        listed = json.loads(self._server.ask("GET", f"{asked}&limit=1")[1])
        self._path = f"{asked}&watch=1&resourceVersion={listed['metadata']['resourceVersion']}"
        self.seen: dict[str, float] = {}
        """The objects that have said it, and when they were first heard."""
        self.events = 0
        self._changed = Condition()
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        connection = self._server.connection
        connection.timeout = None
        connection.close()
        connection.request("GET", self._path)
        reply = connection.getresponse()
        try:
            while line := reply.readline():
                self._take(line)
        except (OSError, HTTPException, ValueError, AttributeError):
            return  # closed

    def _take(self, line: bytes) -> None:
        name = name_of(line)
        with self._changed:
            self.events += 1
            if name and self._marker in line and not line.startswith(b'{"type":"DELETED"'):
                self.seen.setdefault(name, time.time())
                self._changed.notify_all()

    def wait(self, count: int, limit_s: float) -> bool:
        """Wait until so many have said it; return whether they did in time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.seen) >= count, limit_s)

    def close(self) -> None:
        """End it."""
        if self._server.connection.sock:
            self._server.connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._server.close()
