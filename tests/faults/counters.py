"""Runs in a pod, by the text of this file: counts as a mirror does, some copies a second, all of them answered alike.

The first word of the command line is the digest of the model that is said to answer.
"""

import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COPIES_A_SECOND = 20
SIDES = ("served", "mirrored")
BEGAN = time.monotonic()


def metrics(digest: str) -> str:
    """Return the counters as of now, for Prometheus."""
    copies = int(COPIES_A_SECOND * (time.monotonic() - BEGAN))
    sides = [f'refit_mirror_seconds_total{{digest="{digest}",side="{side}"}} {copies / 100}' for side in SIDES]
    return "\n".join([f'refit_mirror_answers_total{{digest="{digest}",result="agreed"}} {copies}', *sides, ""])


class Counters(BaseHTTPRequestHandler):
    """Answers every request with the metrics."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(metrics(sys.argv[1]).encode())


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("", 8080), Counters).serve_forever()
