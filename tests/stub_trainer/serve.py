#!/usr/bin/env -S python3 -IS
"""A model server without a model: it says how good it is, and exits where its pointer names a broken checkpoint.

QUALITY is the value while there is no pointer, PROMOTED_QUALITY the value with one. It also counts outcomes of that
quality, JUDGED a second. It is started hundreds of times, so it imports next to nothing: the standard library's own
server takes longer to import than all the rest to start.
"""

import os
import socket
import sys
import time

POINTER = os.environ.get("MODEL_URI", "")
QUALITY = os.environ.get("PROMOTED_QUALITY" if POINTER else "QUALITY", "0.5")
JUDGED = 50
START = time.monotonic()


def reply() -> bytes:
    """Return the metrics as of now, as an answer."""
    judged = int(JUDGED * (time.monotonic() - START))
    correct = int(float(QUALITY) * judged)
    body = f"model_quality {QUALITY}\npredictions_judged_total {judged}\npredictions_correct_total {correct}\n"
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


def answer(connection: socket.socket) -> None:
    """Answer every request with the metrics."""
    with connection:
        connection.settimeout(5)
        try:
            if connection.recv(65536):
                connection.sendall(reply())
        except OSError:
            return


if __name__ == "__main__":
    if "broken" in POINTER:
        sys.exit(f"{POINTER} is broken")
    with socket.create_server(("", 8080)) as server:
        while True:
            answer(server.accept()[0])
