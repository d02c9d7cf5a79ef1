"""Nodes and volumes, which are in no namespace: they only explain, so that what may not be read isn't there."""

from collections.abc import Iterable

import structlog

from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.client import Cluster, Document
from refit_operator.kubernetes_api.errors import Forbidden

log = structlog.get_logger()
NODE = ("v1", "Node")
VOLUME = ("v1", "PersistentVolume")


async def read_nodes(cluster: Cluster, names: Iterable[str]) -> list[Document]:
    """Return the nodes of these names that exist."""
    return await _read(cluster, NODE, names)


async def read_volumes(cluster: Cluster, names: Iterable[str]) -> list[Document]:
    """Return the PersistentVolumes of these names that exist."""
    return await _read(cluster, VOLUME, names)


async def _read(cluster: Cluster, kind: tuple[str, str], names: Iterable[str]) -> list[Document]:
    found: list[Document | None] = []
    try:
        for name in names:
            found.append(await cluster.read(kind, Ref("", name)))
    except Forbidden as error:
        log.warning("read forbidden", kind=kind[1], error=str(error))
    return [document for document in found if document]
