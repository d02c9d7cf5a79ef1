"""Requests a second of the model server, from clients that each ask again as soon as they are answered."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

from benchmarks.gpu.models import make_encoder, texts
from benchmarks.gpu.sizes import Sizes
from tests.support.trainer.server import Server


def play(sizes: Sizes, folder: Path) -> dict[str, Any]:
    """Serve a classifier of sentences; return what all clients together were given, and how long each waited."""
    model = make_encoder(folder / "model", sizes)
    server = Server(folder, INITIAL_MODEL_URI=model.as_uri())
    try:
        server.wait()
        asked = list(islice(cycle(texts()), sizes.requests))
        shares = [asked[client :: sizes.clients] for client in range(sizes.clients)]
        started = time.monotonic()
        with ThreadPoolExecutor(sizes.clients) as clients:
            waited = [one for share in clients.map(lambda share: ask(server, share), shares) for one in share]
        seconds = time.monotonic() - started
    finally:
        server.stop()
    cuts = quantiles(waited, n=100)
    return {
        "requests_a_second": round(len(waited) / seconds, 1),
        "p50_ms": round(cuts[49] * 1000, 2),
        "p99_ms": round(cuts[98] * 1000, 2),
        "clients": sizes.clients,
    }


def ask(server: Server, share: list[str]) -> list[float]:
    """Ask for one text after another; return the seconds that each took."""
    found = []
    with httpx.Client(base_url=server.client.base_url, timeout=60) as client:
        for text in share:
            began = time.monotonic()
            client.post("/v1/predict", json={"text": text}).raise_for_status()
            found.append(time.monotonic() - began)
    return found
