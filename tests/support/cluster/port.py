"""A port of a Service, for as long as a test needs it on this host."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.cluster.kubectl import Space, cluster_environment


@contextmanager
def forwarded(space: Space, service: str, port: int) -> Iterator[int]:
    """Forward a port of this host to the Service; give its number."""
    words = ["kubectl", "--namespace", space.name, "port-forward", f"service/{service}", f":{port}"]
    environment, unread = cluster_environment(), subprocess.DEVNULL
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=unread, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield int(line.split(" -> ")[0].rpartition(":")[2])
        finally:
            process.terminate()
