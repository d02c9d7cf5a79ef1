"""An operator that is started again each time it ends, as its Deployment would."""

import json
import threading
import urllib.request
from pathlib import Path

from tests.faults.proxy import Proxy
from tests.support.cluster.hosted import Hosted
from tests.support.cluster.kubectl import Document, Space


class Life:
    """All the operator processes of one loop, one after the other."""

    def __init__(self, space: Space, proxy: Proxy, config: Document, folder: Path, **environment: str) -> None:
        folder.mkdir()
        through = {"name": "proxy", "cluster": {"server": f"http://127.0.0.1:{proxy.port}"}}
        contexts = [context | {"context": context["context"] | {"cluster": "proxy"}} for context in config["contexts"]]
        path = folder / "kubeconfig"
        path.touch(mode=0o600)
        path.write_text(json.dumps(config | {"clusters": [through], "contexts": contexts}))
        self.space, self.folder, self.over = space, folder, threading.Event()
        self.environment = {"KUBECONFIG": str(path), "REFIT_LEADER_ELECTION": "false"} | environment
        self.starts = 0
        self.now = self._start()
        proxy.kill = lambda: self.now.process.kill()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def _start(self) -> Hosted:
        self.starts += 1
        return Hosted(self.space, self.folder / f"operator-{self.starts}.log", **self.environment)

    def _keep(self) -> None:
        while not self.over.is_set():
            self.now.process.wait()
            if not self.over.is_set():
                self.now = self._start()

    def words(self) -> dict[str, str]:
        """Return what it says where anybody may read it: its logs and its metrics."""
        said = {path.name: path.read_text() for path in self.folder.glob("*.log")}
        with urllib.request.urlopen(f"http://127.0.0.1:{self.now.port}/metrics", timeout=30) as reply:
            return said | {"/metrics": reply.read().decode()}

    def __enter__(self) -> "Life":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.now.process.kill()
        self._thread.join(10)
        self.now.process.kill()
        self.now.process.wait()
