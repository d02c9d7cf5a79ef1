"""A real S3 server on a free port: Versity's gateway over a folder, whose files the tests can look at directly."""

import hashlib
import os
import socket
import subprocess
import time
from pathlib import Path

from tests.support.local import free_port

BUCKET = "shelf"
PROGRAM = "REFIT_VERSITYGW"  # the path of the server's program


class S3Server:
    """Objects are files below `root`; `variables` are what a client's environment has to say."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.variables = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "tester",
            "AWS_SECRET_ACCESS_KEY": "tester-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        self.root = folder / "objects" / BUCKET
        self.root.mkdir(parents=True)
        self._attributes = folder / "attributes"
        self._attributes.mkdir()
        keys = {"ROOT_ACCESS_KEY": "tester", "ROOT_SECRET_KEY": "tester-secret"}
        options = ["--port", f"127.0.0.1:{port}", "--quiet", "posix", "--sidecar", str(self._attributes)]
        self._log = folder / "server.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [os.environ[PROGRAM], *options, str(self.root.parent)],
                env={**os.environ, **keys},
                stdout=log,
                stderr=log,
            )
        self._wait(port)

    def _wait(self, port: int) -> None:
        for _ in range(600):
            assert self._process.poll() is None, self._log.read_text()
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError(self._log.read_text())

    def put(self, key: str, text: str) -> None:
        """Have an object, with the ETag that a client may insist on: the gateway knows none of a file."""
        meta = self._attributes / BUCKET / key / "meta"
        meta.mkdir(parents=True, exist_ok=True)
        (meta / "etag").write_text(f'"{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}"')
        (self.root / key).write_text(text)

    def names(self, folder: str = "") -> list[str]:
        """The keys below a folder, without it."""
        root = self.root / folder
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
