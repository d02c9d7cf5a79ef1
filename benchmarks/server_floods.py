"""Floods of the model server at its shipped limits: its memory before and after, and what a neighbour notices.

Runs in the trainer image: `python -m localcluster run-image trainer -- python -m benchmarks.server_floods`.
"""

import base64
import io
import json
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from tests.support.trainer import commands
from tests.support.trainer.pictures import make_tiny_resnet, write_digits
from tests.support.trainer.server import Server

Flood = Callable[[Server], Counter[int]]
CLIENTS = 16


def texts(server: Server) -> Counter[int]:
    """2,000 different texts of 90,000 characters."""
    return ask(server, "predict", [{"text": f"{n} " + "a film " * 13_000} for n in range(2000)])


def large_texts(server: Server) -> Counter[int]:
    """400 texts of a megabyte."""
    return ask(server, "predict", [{"text": f"{n} " + "a film " * 150_000} for n in range(400)])


def invented(server: Server) -> Counter[int]:
    """1,501 invented labels."""
    digest = server.post("/v1/predict", text="a film")["model"]
    told = {"predicted": "positive", "model": digest, "label": "negative"}
    return ask(server, "feedback", [told | {"id": str(n), "text": f"film {n}"} for n in range(1501)])


def lists(server: Server) -> Counter[int]:
    """200 bodies of 4 MB of empty lists, which take twenty times as much once parsed."""
    return ask(server, "predict", [{"text": "a film", "more": "LISTS"}] * 200)


def half_sent(server: Server) -> Counter[int]:
    """600 connections with half of a body of 4 MB, for five seconds."""
    address = (server.client.base_url.host, server.client.base_url.port or 0)
    head = b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n" + b" " * 2_000_000
    opened = []
    for _ in range(600):
        try:
            one = socket.create_connection(address, timeout=0.5)
            one.sendall(head)
            opened.append(one)
        except OSError:
            continue
    time.sleep(5)
    for one in opened:
        one.close()
    return Counter({0: len(opened)})


def images(server: Server) -> Counter[int]:
    """20 requests, each of ten images of 64 megapixels in a few kilobytes."""
    contents = io.BytesIO()
    Image.new("L", (8000, 7900)).save(contents, "PNG")
    bomb = base64.b64encode(contents.getvalue()).decode()
    return ask(server, "predict", [{"instances": [{"image": bomb}] * 10}] * 20)


def large_images(server: Server) -> Counter[int]:
    """40 requests with an image of 24 megapixels, which is within the limits."""
    contents = io.BytesIO()
    Image.new("RGB", (6000, 4000), "grey").save(contents, "PNG")
    return ask(server, "predict", [{"image": base64.b64encode(contents.getvalue()).decode()}] * 40)


def ask(server: Server, kind: str, documents: list[dict[str, Any]]) -> Counter[int]:
    """Send documents from several clients at a time; return how many answers had which status, 0 for none."""

    def send(document: dict[str, Any]) -> int:
        body = json.dumps(document).replace('"LISTS"', "[" + "[]," * 1_300_000 + "[]]")
        try:
            return httpx.post(f"{server.client.base_url}/v1/{kind}", content=body, timeout=120).status_code
        except httpx.HTTPError:
            return 0

    with ThreadPoolExecutor(CLIENTS) as clients:
        return Counter(clients.map(send, documents))


def neighbour(server: Server, body: dict[str, Any], stop: threading.Event, found: list[tuple[str, int, float]]) -> None:
    """Ask for an answer and for the probe, over a new connection each time, until it is enough."""
    while not stop.wait(0.05):
        for path, document in (("/v1/predict", body), ("/healthz", None)):
            started, code = time.monotonic(), 0
            try:
                url = f"{server.client.base_url}{path}"
                reply = httpx.post(url, json=document, timeout=60) if document else httpx.get(url, timeout=60)
                code = reply.status_code
            except httpx.HTTPError:
                pass
            found.append((path, code, time.monotonic() - started))


def memory(server: Server, field: str) -> int:
    """Return a field of the process's status in MiB: VmRSS, VmHWM."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) // 1024


def play(model: Path, task: str, flood: Flood, body: dict[str, Any]) -> None:
    """Print a row of a table."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), INITIAL_MODEL_URI=model.as_uri(), TASK=task).wait()
        server.post("/v1/predict", **body)
        before, stop, found = memory(server, "VmRSS"), threading.Event(), list[tuple[str, int, float]]()
        thread = threading.Thread(target=neighbour, args=(server, body, stop, found))
        thread.start()
        started = time.monotonic()
        statuses = flood(server)
        seconds = time.monotonic() - started
        stop.set()
        thread.join()
        seen = [
            f"{dict(Counter(code for at, code, _ in found if at == path))} "
            f"max {max(took for at, _, took in found if at == path):.2f} s"
            for path in ("/v1/predict", "/healthz")
        ]
        peak, after = memory(server, "VmHWM"), memory(server, "VmRSS")
        cells = [str(flood.__doc__), f"{before} → {after}, peak {peak}", f"{dict(statuses)} in {seconds:.0f} s", *seen]
        print(f"| {' | '.join(cells)} |", flush=True)
        server.stop()


def main() -> None:
    """Play all floods."""
    from refit_trainer.commands.train import train

    folder = Path(tempfile.mkdtemp())
    rows = commands.read_rows(commands.SENTENCES)
    tiny = commands.make_tiny_bert(folder / "tiny", [row["text"] for row in rows])
    reviews = commands.train_config(tiny, commands.write_rows(folder / "rows.jsonl", rows), folder / "reviews")
    digits = commands.train_config(
        make_tiny_resnet(folder / "base"), write_digits(folder / "digits", 0, 60), folder / "scans"
    )
    digits |= {"task": "image-classification", "hyperparameters": {"epochs": "1"}}
    digits["dataset"] = {"train": (folder / "digits").as_uri(), "format": "jsonl"}
    for config in (reviews, digits):
        train(json.dumps(config))
    print("| flood | MiB | answers to the flood | the neighbour's predictions | the probe |\n|---|---|---|---|---|")
    for flood in (texts, large_texts, invented, lists, half_sent):
        play(folder / "reviews", "text-classification", flood, {"text": "a lovely film"})
    contents = io.BytesIO()
    Image.new("L", (32, 32)).save(contents, "PNG")
    for flood in (images, large_images):
        small = {"image": base64.b64encode(contents.getvalue()).decode()}
        play(folder / "scans", "image-classification", flood, small)


if __name__ == "__main__":
    main()
