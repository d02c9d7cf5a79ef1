"""A second kube-apiserver on the node's etcd, with the node's flags and certificates: one that may be killed.

The operator under test alone speaks to it; the node, and what watches the invariants, stay with the node's own.
"""

import ssl
import subprocess
import urllib.request
from pathlib import Path
from typing import Self

from localcluster import addresses
from localcluster.components import api_server
from localcluster.paths import layout
from tests.support.local import free_port, until

ALONE = ("--bind-address=127.0.0.1", "--endpoint-reconciler-type=none")
"""It must not become what `kubernetes.default` leads to."""
READY_WITHIN_S = 120


class SecondServer:
    """Runs until the block ends."""

    def __init__(self, log: Path, trust: ssl.SSLContext, etcd_port: int = addresses.ETCD) -> None:
        self.log, self.trust, self.port = log, trust, free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.argv = [*api_server(layout(), self.port, etcd_port), *ALONE]

    def start(self) -> None:
        """Start it and wait until it calls itself ready."""
        with self.log.open("a") as sink:
            self.process = subprocess.Popen(self.argv, stdout=sink, stderr=sink, cwd=self.log.parent)
        until(self._is_ready, READY_WITHIN_S, f"the second API server isn't ready: {self.log}")

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", context=self.trust, timeout=2) as reply:
                return int(reply.status) == 200
        except OSError:
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
