"""The requests that the operator makes, typed. Each read is fresh: watches only enqueue, no decision rests on them."""

from collections.abc import Callable
from typing import Any

import structlog
from kubernetes.aio.client import ApiClient
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.dynamic import DynamicClient

from refit_operator.api.base import API_VERSION, FIELD_MANAGER, MONITOR_LABEL, RUN_LABEL
from refit_operator.api.metadata import ObjectMeta, Owned, Ref, owner_of
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import RetrainRun
from refit_operator.api.selection import EVERYWHERE, Selection
from refit_operator.api.serving import TargetRef
from refit_operator.kubernetes_api.discovery import Discovery, is_gone, not_served
from refit_operator.kubernetes_api.errors import Forbidden, Permanent, translated
from refit_operator.kubernetes_api.parsing import parse, parse_monitor
from refit_operator.kubernetes_api.secrets import SecretProblem, forbidden_secret, read_key
from refit_operator.kubernetes_api.stale_reads import Newest, number

log = structlog.get_logger()
Document = dict[str, Any]
JOB_LABEL = "batch.kubernetes.io/controller-uid"
"""The label that Kubernetes gives the pods of a Job."""
TIMEOUT = 10
"""Seconds that one request may take."""
PAGE = 100
"""Objects of one answer: a list is asked for page by page, so that no answer is larger than so many of them."""

MONITOR = (API_VERSION, "ModelMonitor")
RUN = (API_VERSION, "RetrainRun")
JOB = ("batch/v1", "Job")
POD = ("v1", "Pod")
SECRET = ("v1", "Secret")
SERVICE = ("v1", "Service")
CONFIG_MAP = ("v1", "ConfigMap")
CLAIM = ("v1", "PersistentVolumeClaim")
QUOTA = ("v1", "ResourceQuota")
EVENT = ("events.k8s.io/v1", "Event")
LEASE = ("coordination.k8s.io/v1", "Lease")


def as_parsed(_: object, document: Document) -> Document:
    """Have the dynamic client return what it parsed: objects with attributes are a copy of it, and so is their dict."""
    return document


ASKED: Document = {"_request_timeout": TIMEOUT, "serializer": as_parsed}
"""What every request to the API server says."""


def _from_memory(version: str) -> Document:
    """Return the parameters of a list that the API server answers from memory, as new as an object of that version.

    The version must be an object's: one that only a list had isn't known to that memory before something changes.
    """
    return {"resource_version": version, "query_params": [("resourceVersionMatch", "NotOlderThan")]}


def plural(kind: tuple[str, str]) -> str:
    """Return the name of a list of that kind, for messages."""
    return f"{kind[1]}s"


class Cluster:
    """A connection to the API server."""

    def __init__(self, dynamic: DynamicClient, on_read: Callable[[Document], None]) -> None:
        self._dynamic = dynamic
        self._on_read = on_read
        self._newest = Newest()
        self._discovery = Discovery(dynamic)

    @classmethod
    async def connect(cls, api: ApiClient, on_read: Callable[[Document], None] = lambda _: None) -> "Cluster":
        """Discover the server's kinds. `on_read` is shown every object that is read."""
        with translated():
            return cls(await DynamicClient(api), on_read)

    async def resource(self, kind: tuple[str, str]) -> Any:
        """Return the dynamic client's resource for (apiVersion, kind). Raises NotServed."""
        return await self._discovery.resource(kind)

    async def read(self, kind: tuple[str, str], ref: Ref) -> Document | None:
        """Return the object, None where there is none. Raises Transient for one older than it was read before, and
        NotServed where the API server doesn't know the kind, or no longer.
        """
        name = f"{kind[1]} {ref}"
        least = self._newest.of(name)
        with translated():
            resource = await self.resource(kind)
            try:
                document: Document = await resource.get(name=ref.name, namespace=ref.namespace, **ASKED)
            except ApiException as error:
                if is_gone(error):
                    raise not_served(kind) from error
                if error.status == 404:
                    return None
                raise
            version = document["metadata"].get("resourceVersion") or ""
            self._newest.take(name, least, version)
            self._newest.note(plural(kind), number(version))
            return self._show(document)

    def _show(self, document: Document) -> Document:
        self._on_read(document)
        return document

    async def get_secret_value(self, namespace: str, name: str, key: str) -> str | SecretProblem:
        """Return the text under one key of a Secret, read now, or what is wrong with it."""
        with translated():
            resource = await self.resource(SECRET)
            try:
                found = await resource.get(name=name, namespace=namespace, **ASKED)
            except ApiException as error:
                if error.status == 403:
                    return forbidden_secret(namespace, name)
                if error.status != 404:
                    raise
                return read_key(None, name, key)
            return read_key(found, name, key)

    async def list_objects(
        self,
        kind: tuple[str, str],
        namespace: str,
        selector: str | None = None,
        fields: str | None = None,
        served: Selection = EVERYWHERE,
        no_older_than: str = "",
    ) -> list[Document]:
        """Return the objects of a namespace that match label and field selector. Raises Transient for an old list.

        Where the namespace is empty, they are those of all that are served: of others none outlives its page. With the
        version of an object the API server answers from memory, once it knows that object: there may be newer ones.
        """
        least = number(no_older_than) or self._newest.of(plural(kind))
        items = list[Document]()
        asked: Document = {"namespace": namespace, "label_selector": selector, "field_selector": fields}
        asked |= _from_memory(no_older_than) if no_older_than else {"limit": PAGE}
        named = {"apiVersion": kind[0], "kind": kind[1]}  # which lists leave out
        with translated():
            resource = await self.resource(kind)
            while True:
                answer = await resource.get(**asked, **ASKED)
                found = (item for item in answer["items"] or () if item["metadata"].get("namespace", "") in served)
                items += (self._show(named | item) for item in found)
                rest = answer["metadata"].get("continue")
                if not rest:
                    break
                asked["_continue"] = rest
        self._newest.take(plural(kind), least, answer["metadata"].get("resourceVersion") or "")
        return items

    async def read_at(self, path: str, selector: str | None = None) -> Document:
        """Return what is at a path, asked without discovery, which remembers kinds that are gone."""
        found: Document = await self._dynamic.request("get", path, label_selector=selector, **ASKED)
        return found

    async def create(self, kind: tuple[str, str], namespace: str, body: Document) -> Document | None:
        """Create the object; None where one of that name is already there.

        An exhausted quota answers 403 for a name that exists, so 403 is read too.
        """
        with translated():
            resource = await self.resource(kind)
            try:
                made: Document = await resource.create(
                    body=body, namespace=namespace, field_manager=FIELD_MANAGER, **ASKED
                )
            except ApiException as error:
                if error.status not in (403, 409):
                    raise
                if await self.read(kind, Ref(namespace, body["metadata"]["name"])) is None:
                    raise
                return None
            return made

    async def delete(self, kind: tuple[str, str], ref: Ref, uid: str) -> None:
        """Delete exactly that object, its dependents in the background; one that is gone is fine."""
        with translated():
            resource = await self.resource(kind)
            options = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
            try:
                await resource.delete(name=ref.name, namespace=ref.namespace, body=options, **ASKED)
            except ApiException as error:
                if error.status not in (404, 409):
                    raise

    async def suspend_job(self, ref: Ref, resource_version: str, suspend: bool) -> None:
        """Suspend or resume exactly the Job that was read; a change since then is Transient."""
        body = {"metadata": {"resourceVersion": resource_version}, "spec": {"suspend": suspend}}
        with translated():
            resource = await self.resource(JOB)
            await resource.patch(
                name=ref.name,
                namespace=ref.namespace,
                body=body,
                content_type="application/merge-patch+json",
                field_manager=FIELD_MANAGER,
                **ASKED,
            )

    async def write_status(self, kind: tuple[str, str], owner: ModelMonitor | RetrainRun, status: Document) -> str:
        """Replace the status of the object as it was read, and return its new version.

        A change since it was read is Transient.
        """
        meta = owner.metadata
        body = {
            "apiVersion": kind[0],
            "kind": kind[1],
            "metadata": {
                "name": meta.name,
                "namespace": meta.namespace,
                "uid": meta.uid,
                "resourceVersion": meta.resource_version,
            },
            "spec": owner.spec.to_json(),
            "status": status,
        }
        with translated():
            resource = await self.resource(kind)
            written = await resource.status.replace(
                body=body, namespace=meta.namespace, field_manager=FIELD_MANAGER, **ASKED
            )
            return str(written["metadata"]["resourceVersion"])

    async def get_monitor(self, ref: Ref) -> ModelMonitor | None:
        """Return the monitor, None where there is none."""
        found = await self.read(MONITOR, ref)
        return parse_monitor(found) if found else None

    async def list_monitors_of(self, monitor: ModelMonitor) -> tuple[ModelMonitor, ...]:
        """Return the monitors of its target that parse; any other fails only its own reconciliation."""
        target, found = monitor.spec.serving.target_ref, []
        for item in await self._select_monitors(monitor.metadata, target):
            try:
                found.append(parse_monitor(item))
            except Permanent as error:
                log.warning("monitor skipped", monitor=item["metadata"]["name"], error=str(error))
        return tuple(each for each in found if each.spec.serving.target_ref == target)

    async def _select_monitors(self, meta: ObjectMeta, target: TargetRef) -> list[Document]:
        """Have the API server select: of thousands of monitors in a namespace one or two have the same target.

        From its memory: what matters is who is older than the monitor that was just read, and so is there. With an etcd
        before 3.4.31 or 3.5.13 it would read all of the namespace to find them, of 500 for 0.2 s. Kubernetes before
        1.31 doesn't know selectable fields of custom resources, and refuses.
        """
        try:
            return await self.list_objects(
                MONITOR, meta.namespace, fields=target.selector, no_older_than=meta.resource_version
            )
        except Permanent:
            return await self.list_objects(MONITOR, meta.namespace)

    async def list_runs(self, monitor: ModelMonitor) -> tuple[RetrainRun, ...]:
        """Return the monitor's own runs, oldest first: those that its UID controls. All of them, or Permanent."""
        meta = monitor.metadata
        found = await self.list_objects(RUN, meta.namespace, f"{MONITOR_LABEL}={meta.name}")
        own = [item for item in found if parse(Owned, item).metadata.is_owned_by(meta.uid)]
        return tuple(sorted((parse(RetrainRun, item) for item in own), key=lambda run: run.spec.ordinal))

    async def list_pods(self, job: Document) -> list[Document]:
        """Return the pods that exactly that Job controls: labels only narrow the list, anybody may set them."""
        meta = job["metadata"]
        found = await self.list_objects(POD, meta["namespace"], f"{RUN_LABEL},{JOB_LABEL}={meta['uid']}")
        return [pod for pod in found if owner_of(pod) == meta["uid"]]

    async def list_events(self, namespace: str, uid: str) -> list[Document]:
        """Return the Events about an object."""
        return await self._list_to_explain(EVENT, namespace, f"regarding.uid={uid}")

    async def list_claims(self, namespace: str) -> list[Document]:
        """Return the PersistentVolumeClaims of a namespace."""
        return await self._list_to_explain(CLAIM, namespace)

    async def list_quotas(self, namespace: str) -> list[Document]:
        """Return the ResourceQuotas of a namespace."""
        return await self._list_to_explain(QUOTA, namespace)

    async def list_leases(self, namespace: str) -> list[Document]:
        """Return the Leases of a namespace."""
        return await self._list_to_explain(LEASE, namespace)

    async def _list_to_explain(
        self, kind: tuple[str, str], namespace: str, fields: str | None = None
    ) -> list[Document]:
        """Return objects that nothing rests on but a hold or its words: where they may not be read, there are none."""
        try:
            return await self.list_objects(kind, namespace, fields=fields)
        except Forbidden as error:
            log.warning("list forbidden", kind=kind[1], namespace=namespace, error=str(error))
            return []
