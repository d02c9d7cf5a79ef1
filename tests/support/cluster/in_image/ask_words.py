"""Runs inside the trainer image: a client that asks for the next word, ten times a second, and never tries again.

Each request is a connection of its own, to the Service. A line a second says how many were answered and how many not,
and what the last answer was.
"""

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request, urlopen

URL, PROMPT = sys.argv[1], sys.argv[2]
PAUSE_S, SIDE_BY_SIDE = 0.1, 8
BODY = {"prompt": PROMPT, "max_tokens": 1, "temperature": 0, "stream": False}
counts = {"ok": 0, "failed": 0}
last = {"answer": ""}
lock = threading.Lock()


def ask() -> None:
    """Ask once, and count it."""
    request = Request(f"{URL}/v1/completions", json.dumps(BODY).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=30) as reply:
            answer, kind = json.load(reply)["choices"][0]["text"], "ok"
    except (OSError, ValueError, KeyError) as error:
        answer, kind = "", "failed"
        print(f"failed: {error!r}", file=sys.stderr, flush=True)
    with lock:
        counts[kind] += 1
        last["answer"] = answer


with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
    for number in range(10**9):
        pool.submit(ask)
        if number % 10 == 0:
            with lock:
                print(json.dumps(counts | last), flush=True)
        time.sleep(PAUSE_S)
