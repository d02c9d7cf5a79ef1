"""Ask what Kueue knows of a Job, on clusters that have Kueue and on those that haven't."""

import structlog
from kubernetes.aio.client.exceptions import ApiException

from refit_operator.api.metadata import owner_of
from refit_operator.kubernetes_api.client import Cluster, Document
from refit_operator.kubernetes_api.errors import describe, translated

log = structlog.get_logger()
PATH = "/apis/kueue.x-k8s.io/v1beta2/namespaces/{namespace}/workloads"
JOB_UID_LABEL = "kueue.x-k8s.io/job-uid"
"""The label by which Kueue finds the Workload of a Job."""


async def list_workloads(cluster: Cluster, job: Document) -> list[Document]:
    """Return the Workloads of a Job; none where there is no Kueue, or they may not be read: they only explain."""
    namespace, uid = job["metadata"]["namespace"], job["metadata"]["uid"]
    with translated():
        try:
            found = await cluster.read_at(PATH.format(namespace=namespace), f"{JOB_UID_LABEL}={uid}")
            return [workload for workload in found["items"] or () if owner_of(workload) == uid]
        except ApiException as error:
            if error.status not in (403, 404):
                raise
            if error.status == 403:  # a 404 is a cluster without Kueue
                log.warning("list forbidden", kind="Workload", namespace=namespace, error=describe(error))
            return []
