"""The model server as a real process behind real HTTP."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from refit_trainer.artifacts.model_folder import digest_folder
from tests.support.local import free_port
from tests.support.trainer.commands import environment, read_rows


class Server:
    def __init__(self, folder: Path, **variables: str) -> None:
        port = free_port()
        stores = {"FEEDBACK_DIR": str(folder / "train"), "HOLDOUT_DIR": str(folder / "holdout"), "WRITER": "pod-1"}
        variables = {"PORT": str(port), "DRAIN_SECONDS": "1", **stores, **variables}
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "refit_serving"],
            env=environment(folder, **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}")

    def wait(self) -> "Server":
        for _ in range(1200):
            assert self.process.poll() is None, self.process.communicate()[0]
            try:
                self.client.get("/readyz").raise_for_status()
                return self
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("not ready")

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(path, json=body).raise_for_status().json()

    def refused(self, path: str, **body: Any) -> tuple[int, str]:
        reply = self.client.post(path, json=body)
        return reply.status_code, reply.json()["error"]

    def count(self, name: str) -> float:
        lines = self.client.get("/metrics").text.splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])

    def counts(self) -> tuple[float, float, float]:
        names = (
            "refit_serve_predictions_total",
            "refit_serve_predictions_judged_total",
            "refit_serve_predictions_correct_total",
        )
        return self.count(names[0]), self.count(names[1]), self.count(names[2])

    def rows(self) -> list[dict[str, Any]]:
        return [row for file in sorted(self.folder.glob("*/pod-1.jsonl")) for row in read_rows(file)]

    def stop(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.communicate()


Serve = Callable[..., Server]


def pointer(folder: Path) -> str:
    return f"{folder.as_uri()}@{digest_folder(folder)}"
