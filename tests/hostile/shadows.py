"""Shadows of another shape than the operator's, which somebody sends who has its token."""

import copy
from typing import Any

from refit_operator.run.rules.manifests.shadow import build_deployment, build_service
from tests.hostile.jobs import OWNER, THIEF, Change, mount, pod_of
from tests.hostile.stolen import HEADLESS, SERVICES
from tests.hostile.vectors import Document, Entry, Family, Request, Vector, creates
from tests.support.cluster.kubectl import OPERATOR
from tests.support.runs import NEW
from tests.support.shadows import RUN, serving

DEPLOYMENTS = "/apis/apps/v1/namespaces/{ns}/deployments"


def shadow() -> Document:
    """The Deployment that the operator makes, of a run that isn't here."""
    target = serving()
    target["spec"]["template"]["spec"]["containers"][0]["image"] = "server:1"
    made = build_deployment(RUN, target, NEW)
    del made["metadata"]["namespace"]
    return made


def server_of(made: Document) -> Document:
    found: Document = pod_of(made)["containers"][0]
    return found


def pod(**fields: Any) -> Change:
    return lambda made: pod_of(made).update(fields)


def server(**fields: Any) -> Change:
    return lambda made: server_of(made).update(fields)


def metadata(**fields: Any) -> Change:
    return lambda made: made["metadata"].update(fields)


def labels(**more: str) -> Change:
    return lambda made: made["spec"]["template"]["metadata"]["labels"].update(more)


TOKEN = {"sources": [{"serviceAccountToken": {"audience": "x", "path": "token"}}]}
OWNED, ONE_POD, APART = "controlled by it alone", "a shadow is one pod", "a shadow shares nothing with its node"
ONLY_READS = "a shadow mounts claims, and only reads them"
SHAPES: dict[str, tuple[Change, str]] = {
    "no owner": (metadata(ownerReferences=[]), OWNED),
    "two owners": (metadata(ownerReferences=[OWNER, OWNER | {"uid": "y", "controller": False}]), OWNED),
    "another owner": (metadata(ownerReferences=[OWNER | {"kind": "Node", "apiVersion": "v1"}]), OWNED),
    "another name": (metadata(name="bank"), OWNED),
    "no label of its run": (metadata(labels={}), OWNED),
    "nine pods": (lambda made: made["spec"].update(replicas=9), ONE_POD),
    "a label that a Service selects": (labels(app="bank"), ONE_POD),
    "a run's label": (labels(**{"refit.dev/run": "reviews-1"}), ONE_POD),
    "the node's network": (pod(hostNetwork=True), APART),
    "the node's processes": (pod(hostPID=True), APART),
    "a chosen node": (pod(nodeName="control-plane"), APART),
    "a token": (pod(automountServiceAccountToken=True, serviceAccountName="boss"), APART),
    "the default of a token": (lambda made: pod_of(made).pop("automountServiceAccountToken"), APART),
    "privileges": (server(securityContext={"privileged": True}), APART),
    "more capabilities": (server(securityContext={"capabilities": {"add": ["SYS_ADMIN"]}}), APART),
    "a port of its node": (server(ports=[{"containerPort": 80, "hostPort": 80}]), APART),
    "an init container with privileges": (
        pod(initContainers=[{"name": "x", "image": "x", "securityContext": {"privileged": True}}]),
        APART,
    ),
    "files of the node": (mount(hostPath={"path": "/"}), ONLY_READS),
    "a token that is projected": (mount(projected=TOKEN), ONLY_READS),
    "a claim to write to": (server(volumeMounts=[{"name": "models", "mountPath": "/m"}]), ONLY_READS),
}


def shaped(change: Change) -> Document:
    """Return the operator's shadow with a change."""
    made = copy.deepcopy(shadow())
    change(made)
    return made


def service_of_shadow(**spec: Any) -> Document:
    """Return the Service of a shadow, changed."""
    made = build_service(RUN, 8080)
    del made["metadata"]["namespace"]
    return made | {"spec": made["spec"] | spec}


FAMILIES = (
    Family(
        "a Deployment of another shape than a shadow's",
        THIEF,
        Entry.API_SERVER,
        (
            *(
                Vector(name, creates(shaped(change), OPERATOR, DEPLOYMENTS), words)
                for name, (change, words) in SHAPES.items()
            ),
            Vector("the target itself, deleted", Request("DELETE", f"{DEPLOYMENTS}/reviews", None, OPERATOR), OWNED),
        ),
        (Vector("the operator's own shadow", creates(shadow(), OPERATOR, DEPLOYMENTS), ""),),
    ),
    Family(
        "a Service of another shape than a shadow's",
        THIEF,
        Entry.API_SERVER,
        (
            Vector(
                "one that selects other pods",
                creates(service_of_shadow(selector={"app": "bank"}), OPERATOR, SERVICES),
                HEADLESS,
            ),
        ),
        (Vector("the shadow's own Service", creates(service_of_shadow(), OPERATOR, SERVICES), ""),),
    ),
)
