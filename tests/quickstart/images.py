"""What the page's variables are on the local cluster: the images that are built here, and one of Prometheus."""

import io
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcluster import provider
from localcluster.archives import write_docker_archive
from localcluster.assembled import Assembled
from localcluster.commands import run
from localcluster.containerd import ctr
from localcluster.images import OPERATOR, TRAINER

PROMETHEUS = "localhost/refit-prometheus:dev"
LIBRARY = re.compile(r"(/\S+) \(0x")


@contextmanager
def local_images() -> Iterator[dict[str, str]]:
    """Yield the values of the page's variables.

    On the assembled node, which reaches no registry, Prometheus is this machine's own, as an image. A kind cluster's
    nodes have the one that the page names.
    """
    ours = {"OPERATOR": OPERATOR.name, "TRAINER": TRAINER.name}
    cluster = provider.choose()
    if not isinstance(cluster, Assembled):
        yield ours
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "prometheus.tar"
        write_docker_archive(archive, PROMETHEUS, [_layer()], {"Entrypoint": ["/usr/bin/prometheus"]})
        ctr(cluster.layout, "images", "import", archive)
    try:
        yield ours | {"PROMETHEUS": PROMETHEUS}
    finally:
        ctr(cluster.layout, "images", "remove", PROMETHEUS)


def _layer() -> bytes:
    """Return a layer with Prometheus and the libraries that it loads."""
    found = shutil.which("prometheus")
    assert found, "the assembled node runs this machine's Prometheus, and it isn't in PATH"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as layer:
        layer.add(found, "usr/bin/prometheus")
        for library in LIBRARY.findall(run(["ldd", found])):
            layer.add(library, library.lstrip("/"))
    return buffer.getvalue()
