"""A small server that speaks as much of the Hugging Face hub as reading a repository takes.

A fake, because the hub can't be reached from tests: the real client asks it, by `HF_ENDPOINT`. It knows what a revision
is (`/api/models/owner/name/revision/main`), which files a commit has (`…/tree/<commit>`), and the files
(`/owner/name/resolve/<commit>/config.json`). Anything else is answered with 404, and all that was asked is kept.
"""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

COMMITS = {"main": "a" * 40, "v1": "b" * 40}


class FakeHub:
    """`repositories` has a folder for each `models/owner/name` and `datasets/owner/name`."""

    def __init__(self, repositories: dict[str, Path]) -> None:
        self.repositories = repositories
        self.asked: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.asked.append(path := urlsplit(self.path).path)
                status, headers, body = hub.answer(path)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, format: str, *values: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        words = path.strip("/").split("/")
        is_api = words[0] == "api"
        words = words[1:] if is_api else words if words[0] == "datasets" else ["models", *words]
        folder = self.repositories.get("/".join(words[:3]))
        if folder is None:
            return 404, {"X-Error-Code": "RepoNotFound"}, b"{}"
        what, revision, *rest = [*words[3:], *("revision", "main")[: max(0, 5 - len(words))]]
        name = "/".join(rest)
        commit = COMMITS.get(revision, revision)
        if commit not in COMMITS.values():
            return 404, {"X-Error-Code": "RevisionNotFound"}, b"{}"
        if what == "revision":
            return 200, {}, json.dumps({"id": "/".join(words[1:3]), "sha": commit, "siblings": []}).encode()
        if what == "tree":
            return 200, {}, json.dumps([_entry(folder, path) for path in sorted(folder.rglob("*"))]).encode()
        if what == "resolve" and (folder / name).is_file():
            contents = (folder / name).read_bytes()
            tag = hashlib.sha256(contents).hexdigest()
            return 200, {"X-Repo-Commit": commit, "ETag": f'"{tag}"', "Accept-Ranges": "bytes"}, contents
        return 404, {"X-Error-Code": "EntryNotFound"}, b"{}"

    def stop(self) -> None:
        self._server.shutdown()


def _entry(folder: Path, path: Path) -> dict[str, Any]:
    kind = "directory" if path.is_dir() else "file"
    contents = path.read_bytes() if path.is_file() else b""
    oid = hashlib.sha1(contents).hexdigest()
    return {"type": kind, "path": path.relative_to(folder).as_posix(), "size": len(contents), "oid": oid}
