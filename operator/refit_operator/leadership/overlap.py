"""Operators that serve the same namespaces: safe, and most likely a mistake. So the log and a metric say it."""

from collections.abc import Collection

import structlog

from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.client import Cluster, Document
from refit_operator.leadership.rules.overlap import name_of, overlaps
from refit_operator.observability.metrics import OVERLAPPING

log = structlog.get_logger()
NAMED = 10
"""Namespaces that a line of the log names."""


class Overlap:
    """What the Leases in the namespace of ours said when they were read last."""

    def __init__(self, cluster: Cluster, own: Ref) -> None:
        self._cluster, self._own = cluster, own
        self._before: dict[str, Document] = {}

    async def check(self, namespaces: Collection[str]) -> None:
        """Say which of the namespaces, in which we have monitors, other operators serve, too."""
        leases = await self._cluster.list_leases(self._own.namespace)
        found = overlaps(self._own.name, namespaces, self._before, leases)
        self._before = {name_of(lease): lease for lease in leases}
        OVERLAPPING.set(len({namespace for shared in found.values() for namespace in shared}))
        for lease, shared in found.items():
            log.warning(
                "another operator serves the same namespaces: see REFIT_NAMESPACES of both",
                lease=lease,
                count=len(shared),
                namespaces=shared[:NAMED],
            )
