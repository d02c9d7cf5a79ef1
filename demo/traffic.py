"""The clients of the demo: sentences to classify, and their true labels a little later.

Runs inside the cluster as a pod of its own, by the standard library alone, and goes through the Service. It never
retries: a request that fails is counted, so that the demo can report that none did. One whose name didn't resolve never
reached the server, and is counted apart.
"""

import http.client
import json
import os
import select
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

LABEL_DELAY_S = 3.0
REQUEST_TIMEOUT_S = 10.0
MOST_AT_ONCE = 64
PAUSE = "pause"
OUTCOMES = ("ok", "failed", "unresolved")

Row = dict[str, str]


class Sentences:
    """The rows of each phase, over and over, each time with an id of its own.

    A sentence that comes back stays on its side: the server chooses train or holdout by the text.
    """

    def __init__(self, folder: Path) -> None:
        self._rows = {path.stem: _read(path) for path in sorted(folder.glob("*.jsonl"))}
        self._next: Counter[str] = Counter()

    def next_row(self, phase: str) -> Row:
        """Return the phase's next row with the id to send it under; KeyError for an unknown phase."""
        rows = self._rows[phase]
        round_, place = divmod(self._next[phase], len(rows))
        self._next[phase] += 1
        return rows[place] | {"id": f"{rows[place]['id']}.{round_}"}


def _read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().split("\n") if line]


class Measures:
    """The exported metrics: every request by kind and outcome, and the domain that is being sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests = Counter({(kind, o): 0 for kind in ("predict", "feedback") for o in OUTCOMES})
        self.domain = ""

    def count(self, kind: str, outcome: str) -> None:
        """Count one request."""
        with self._lock:
            self._requests[kind, outcome] += 1

    def render(self) -> str:
        """Return Prometheus's text format."""
        with self._lock:
            requests = sorted(self._requests.items())
        lines = ["# TYPE traffic_requests_total counter"]
        lines += [f'traffic_requests_total{{kind="{k}",outcome="{o}"}} {number}' for (k, o), number in requests]
        lines += ["# TYPE traffic_domain gauge", f'traffic_domain{{domain="{self.domain}"}} 1']
        return "\n".join(lines) + "\n"


class Refused(OSError):
    """The server answered with a status of 400 or more."""


class Client(threading.local):
    """Posts JSON, each time over a new connection, as many separate clients would, or over one for each thread."""

    def __init__(self, target: str, measures: Measures, keeps_connections: bool = False) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(target).netloc, timeout=REQUEST_TIMEOUT_S)
        self._headers = {"Content-Type": "application/json"} | ({} if keeps_connections else {"Connection": "close"})
        self._keeps_connections = keeps_connections
        self.measures = measures

    def post(self, kind: str, document: dict[str, Any]) -> dict[str, Any] | None:
        """Post to /v1/<kind> and return the reply; count the outcome, and return None where it failed."""
        try:
            answer = self._exchange(f"/v1/{kind}", json.dumps(document).encode())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            outcome = "unresolved" if isinstance(error, socket.gaierror) else "failed"
            self.measures.count(kind, outcome)
            print(f"{outcome} kind={kind} id={document['id']} error={error!r}", file=sys.stderr, flush=True)
            return None
        self.measures.count(kind, "ok")
        return answer

    def _exchange(self, path: str, body: bytes) -> dict[str, Any]:
        self._drop_closed_connection()
        self._connection.request("POST", path, body, self._headers)  # connects where the last reply closed
        reply = self._connection.getresponse()
        text = reply.read()
        if not self._keeps_connections:
            self._connection.close()
        if reply.status >= 400:
            raise Refused(f"{reply.status} {text[:200]!r}")
        answer: dict[str, Any] = json.loads(text)
        return answer

    def _drop_closed_connection(self) -> None:
        """Close a kept connection that the server has closed meanwhile, as urllib3 and other pools do."""
        resting = self._connection.sock
        if resting and select.select([resting], [], [], 0)[0]:  # what there is to read is its end
            self._connection.close()


class Clients:
    """Send predictions at a steady rate, and each true label when its time has come."""

    def __init__(self, client: Client, sentences: Sentences, phase: Callable[[], str], rate: float) -> None:
        self._client = client
        self._sentences = sentences
        self._phase = phase
        self._seconds = 1 / rate
        self._labels: Queue[tuple[float, dict[str, Any]]] = Queue()
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE)
        self._slots = threading.BoundedSemaphore(MOST_AT_ONCE)

    def run(self) -> None:
        """Send for ever; a server that can't keep up slows the clients down."""
        threading.Thread(target=self._send_labels, daemon=True).start()
        due = time.monotonic()
        while True:
            due = max(due + self._seconds, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
            phase = self._phase()
            self._client.measures.domain = phase
            if phase != PAUSE:
                self._start(self._predict, self._sentences.next_row(phase))

    def _start(self, work: Callable[[dict[str, Any]], None], document: dict[str, Any]) -> None:
        self._slots.acquire()
        self._pool.submit(work, document).add_done_callback(lambda _: self._slots.release())

    def _predict(self, row: dict[str, Any]) -> None:
        answer = self._client.post("predict", {key: value for key, value in row.items() if key != "label"})
        if answer is not None:
            self._labels.put((time.monotonic() + LABEL_DELAY_S, row | {"receipt": answer["receipt"]}))

    def _send_labels(self) -> None:
        while True:
            due, label = self._labels.get()
            time.sleep(max(0.0, due - time.monotonic()))
            self._start(self._label, label)

    def _label(self, label: dict[str, Any]) -> None:
        self._client.post("feedback", label)


def serve_metrics(measures: Measures, port: int) -> None:
    """Answer every GET with the metrics, from a thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = measures.render().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Log no scrapes."""

    threading.Thread(target=ThreadingHTTPServer(("", port), Handler).serve_forever, daemon=True).start()


def read_phase(file: Path) -> str:
    """Return the phase that the file names; before there is a file, nothing is sent."""
    return (file.read_text().strip() if file.exists() else "") or PAUSE


def main() -> None:
    """Run until killed."""
    measures = Measures()
    serve_metrics(measures, 8000)
    phase_file = Path(os.environ["PHASE_FILE"])
    sentences = Sentences(Path(os.environ["SENTENCES"]))
    client = Client(os.environ["TARGET"], measures, os.environ.get("CONNECTIONS") == "kept")
    Clients(client, sentences, lambda: read_phase(phase_file), float(os.environ["RATE"])).run()


if __name__ == "__main__":
    main()
