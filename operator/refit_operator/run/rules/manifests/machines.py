"""A run on several machines: an Indexed Job whose pods find each other by a headless Service. Pure.

The first machine is that of index 0: it publishes, reports and judges. No pod is ready while it trains, since training
is an init container, so the Service names pods that aren't.
"""

from typing import Any

from refit_operator.api.run import RetrainRun
from refit_operator.run.rules.contract import COMPLETION_INDEX_ANNOTATION, EXIT_PEER_LOST, RENDEZVOUS_PORT
from refit_operator.run.rules.manifests.metadata import owned_metadata

Document = dict[str, Any]
JOB_NAME_LABEL = "batch.kubernetes.io/job-name"


def is_shared(run: RetrainRun) -> bool:
    """Return whether the run's next Job is one of several machines: a lost report is judged again by one."""
    return run.spec.training.num_nodes > 1 and run.status.lost_report_time is None


def service_name(run: RetrainRun) -> str:
    """Return the name of the Service: the Job's own, so that a second one can't be created."""
    return run.metadata.name


def build_service(run: RetrainRun) -> Document:
    """Return the headless Service under which each pod of the Job has a name."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": owned_metadata(run, service_name(run)),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": {JOB_NAME_LABEL: run.metadata.name},
        },
    }


def indexing(run: RetrainRun) -> Document:
    """Return the part of the Job's spec that makes it one of several machines.

    Retries are counted for the Job, not for each index (`backoffLimitPerIndex`): with that, a failed pod is kept until
    its replacement exists, which a namespace that is being deleted never allows, so that the pod is never gone.
    """
    limit = {"backoffLimit": run.spec.training.backoff_limit}
    nodes = run.spec.training.num_nodes
    return limit | ({"completionMode": "Indexed", "completions": nodes, "parallelism": nodes} if is_shared(run) else {})


def peer_rules(run: RetrainRun) -> list[Document]:
    """Return the rule by which a machine that lost another doesn't count against backoffLimit."""
    codes = {"containerName": "train", "operator": "In", "values": [EXIT_PEER_LOST]}
    return [{"action": "Ignore", "onExitCodes": codes}] if is_shared(run) else []


def naming(run: RetrainRun) -> Document:
    """Return the part of the pod's spec by which its name is known."""
    return {"subdomain": service_name(run)} if is_shared(run) else {}


def place_variables(run: RetrainRun) -> list[Document]:
    """Return the variables that say which machine of how many a container is on, under torchrun's names."""
    if not is_shared(run):
        return []
    index = {"fieldRef": {"fieldPath": f"metadata.annotations['{COMPLETION_INDEX_ANNOTATION}']"}}
    return [
        {"name": "NNODES", "value": str(run.spec.training.num_nodes)},
        {"name": "NODE_RANK", "valueFrom": index},
    ]


def meeting_variables(run: RetrainRun) -> list[Document]:
    """Return the variables that say where the machines meet."""
    if not is_shared(run):
        return []
    return [
        {"name": "MASTER_ADDR", "value": f"{run.metadata.name}-0.{service_name(run)}"},
        {"name": "MASTER_PORT", "value": str(RENDEZVOUS_PORT)},
    ]
