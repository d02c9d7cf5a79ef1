#!/usr/bin/env python3
"""A model server without a model: it says how good it is, and exits where its pointer names a broken checkpoint.

QUALITY is the value while there is no pointer, PROMOTED_QUALITY the value with one.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

POINTER = os.environ.get("MODEL_URI", "")
QUALITY = os.environ.get("PROMOTED_QUALITY" if POINTER else "QUALITY", "0.5")


class Metrics(BaseHTTPRequestHandler):
    """Answers every path with the metric."""

    def do_GET(self) -> None:
        """Send the metric."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"model_quality {QUALITY}\n".encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    if "broken" in POINTER:
        sys.exit(f"{POINTER} is broken")
    HTTPServer(("", 8080), Metrics).serve_forever()
