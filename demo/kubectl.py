"""The cluster through kubectl: every call has a time limit, and its error says what failed."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import yaml

Document = dict[str, Any]


class DemoFailed(RuntimeError):
    """The demo can't go on; the message is printed."""


@dataclass(frozen=True)
class Kubectl:
    """kubectl with the environment that points it at the cluster."""

    environment: Mapping[str, str]

    def run(self, *words: str, stdin: str | None = None, limit_s: float = 60) -> str:
        """Run kubectl and return its standard output; DemoFailed where it fails or takes too long."""
        return self._finish(words, limit_s, input=None if stdin is None else stdin.encode())

    def send(self, file: IO[bytes], *words: str, limit_s: float) -> None:
        """Run kubectl with an open file as its standard input."""
        self._finish(words, limit_s, stdin=file)

    def _finish(self, words: tuple[str, ...], limit_s: float, **streams: Any) -> str:
        shown = f"kubectl {' '.join(words)}"
        argv, env = ["kubectl", *words], {**os.environ, **self.environment}
        try:
            done = subprocess.run(argv, env=env, capture_output=True, timeout=limit_s, check=False, **streams)
        except subprocess.TimeoutExpired:
            raise DemoFailed(f"`{shown}` took longer than {limit_s:.0f} s") from None
        if done.returncode != 0:
            raise DemoFailed(f"`{shown}` failed: {(done.stderr or done.stdout).decode().strip()[-1500:]}")
        output: bytes = done.stdout
        return output.decode()

    def list_objects(self, kind: str, namespace: str, *words: str) -> list[Document]:
        """Return the objects of a kind."""
        text = self.run("get", kind, "--namespace", namespace, "--output", "json", *words, limit_s=20)
        items: list[Document] = json.loads(text)["items"]
        return items

    def apply(self, documents: Iterable[Document]) -> None:
        """Apply documents."""
        everything = {"apiVersion": "v1", "kind": "List", "items": list(documents)}
        self.run("apply", "--filename", "-", stdin=json.dumps(everything))

    def render(self, folder: Path) -> list[Document]:
        """Return the documents of a kustomization."""
        return [document for document in yaml.safe_load_all(self.run("kustomize", str(folder))) if document]
