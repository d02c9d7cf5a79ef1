"""The coordination.k8s.io Lease that makes one process the leader.

Ours, because `kubernetes.aio.leaderelection` can't create a Lease, escapes its own loop when a connection is cut, hangs
with a hanging API server, and writes local times as UTC.
"""

from dataclasses import dataclass
from datetime import datetime

from refit_operator.api.base import FIELD_MANAGER, NAMESPACES_ANNOTATION
from refit_operator.api.events import Event
from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.client import LEASE, Cluster, Document, as_parsed
from refit_operator.kubernetes_api.errors import translated
from refit_operator.kubernetes_api.events import build_event_on, post_event


@dataclass(frozen=True)
class LeaseLock:
    """One Lease by its name. The caller bounds the time that a request may take."""

    cluster: Cluster
    ref: Ref
    namespaces: str = ""
    """What its holder serves, for other operators to read: a list as in REFIT_NAMESPACES."""

    async def read(self) -> Document | None:
        """Return the Lease, None where there is none."""
        return await self.cluster.read(LEASE, self.ref)

    async def write(self, lease: Document) -> Document:
        """Create the Lease, or update the one that was read: a change since then is refused (409)."""
        version = lease["metadata"].get("resourceVersion")
        identity = {"name": self.ref.name, "namespace": self.ref.namespace}
        annotations = (lease["metadata"].get("annotations") or {}) | {NAMESPACES_ANNOTATION: self.namespaces}
        metadata = lease["metadata"] | identity | {"annotations": annotations}
        body = {"apiVersion": LEASE[0], "kind": LEASE[1], "metadata": metadata, "spec": lease["spec"]}
        with translated():
            resource = await self.cluster.resource(LEASE)
            act = resource.replace if version else resource.create
            stored: Document = await act(
                body=body, namespace=self.ref.namespace, field_manager=FIELD_MANAGER, serializer=as_parsed
            )
            return stored

    async def announce(self, message: str, now: datetime) -> None:
        """Post an Event on the Lease, under the reason that client-go's leaderelection gives it."""
        lease = await self.read()
        if lease:
            about = build_event_on(LEASE, self.ref, lease["metadata"]["uid"], Event("LeaderElection", message), now)
            await post_event(self.cluster, about)
