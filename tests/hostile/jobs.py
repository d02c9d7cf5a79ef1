"""Jobs of another shape than the operator's, which somebody sends who has its token."""

import copy
from collections.abc import Callable
from typing import Any

from refit_operator.progress.rules.pod_env import Reporting
from refit_operator.run.rules.manifests.job import build_job
from tests.hostile.vectors import Document, Entry, Family, Vector, changes, creates
from tests.support.cluster.kubectl import OPERATOR
from tests.support.samples import make_monitor, make_run

RUN = "reviews-1"
OWNER = {"apiVersion": "refit.dev/v1alpha1", "kind": "RetrainRun", "name": RUN, "uid": "x", "controller": True}
Change = Callable[[Document], Any]
JOBS = "/apis/batch/v1/namespaces/{ns}/jobs"


def job(**pod_template: Any) -> Document:
    """The Job that the operator makes, of a run that isn't here."""
    run = make_run(monitor=make_monitor(training={"podTemplate": pod_template}))
    made = build_job(run, Reporting("https://x", "PEM"))
    del made["metadata"]["namespace"]
    return made


def pod_of(document: Document) -> Document:
    found: Document = document["spec"]["template"]["spec"]
    return found


def trainer_of(document: Document) -> Document:
    found: Document = pod_of(document)["initContainers"][0]
    return found


def judge_of(document: Document) -> Document:
    found: Document = pod_of(document)["containers"][0]
    return found


def mount(**source: Any) -> Change:
    return lambda made: pod_of(made)["volumes"].append({"name": "more", **source})


def token(audience: str) -> Change:
    source = {"serviceAccountToken": {"audience": audience, "path": "token"}}
    return mount(projected={"sources": [source]})


def sets(**fields: Any) -> Change:
    return lambda made: pod_of(made).update(fields)


def secures(**fields: Any) -> Change:
    return lambda made: pod_of(made)["securityContext"].update(fields)


def owned(**fields: Any) -> Change:
    return lambda made: made["metadata"]["ownerReferences"][0].update(fields)


APART, RESTRICTED = "shares nothing with its node", "Pod Security's level restricted"
OWNED, MOUNTS = "controlled by it alone", "mounts claims, Secrets, ConfigMaps"
UNCONFINED = {"type": "Unconfined"}
CONTAINER: dict[str, Document] = {
    "privileges": {"privileged": True, "allowPrivilegeEscalation": True},
    "root": {"runAsUser": 0},
    "root allowed": {"runAsNonRoot": False},
    "capabilities": {"capabilities": {}},
    "more capabilities": {"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}},
    "escalation": {"allowPrivilegeEscalation": True},
    "any system call": {"seccompProfile": UNCONFINED},
    "no AppArmor": {"appArmorProfile": UNCONFINED},
    "another SELinux type": {"seLinuxOptions": {"type": "spc_t"}},
}
"""What a container's security context adds."""


def confined(container: Callable[[Document], Document], fields: Document) -> Change:
    return lambda made: container(made)["securityContext"].update(fields)


def unmasked(made: Document) -> None:
    """All of /proc, which the API server allows to pods with users of their own."""
    pod_of(made)["hostUsers"] = False
    trainer_of(made)["securityContext"]["procMount"] = "Unmasked"


SHAPES: dict[str, tuple[Change, str]] = {
    "the node's processes": (sets(hostPID=True), APART),
    "the node's network": (sets(hostNetwork=True), APART),
    "the node's memory": (sets(hostIPC=True), APART),
    "processes in common": (sets(shareProcessNamespace=True), APART),
    "a chosen node": (sets(nodeName="n"), APART),
    "names of hosts": (sets(hostAliases=[{"ip": "1.2.3.4", "hostnames": ["x"]}]), APART),
    "restarts without end": (sets(restartPolicy="OnFailure"), "podFailurePolicy|restartPolicy|shares nothing"),
    "a token of the API server": (sets(automountServiceAccountToken=True), APART),
    "whatever token there is": (lambda made: pod_of(made).pop("automountServiceAccountToken"), APART),
    "a token for the API server by a volume": (token("https://kubernetes.default.svc"), MOUNTS),
    "a token for another server by a volume": (token("vault"), MOUNTS),
    "a Secret by a projected volume": (mount(projected={"sources": [{"secret": {"name": "bank"}}]}), MOUNTS),
    "the node's files": (mount(hostPath={"path": "/"}), MOUNTS),
    "another machine's files": (mount(nfs={"server": "x", "path": "/"}), MOUNTS),
    "another machine's disk": (mount(iscsi={"targetPortal": "1.2.3.4:1", "iqn": "iqn.2001-04.x:y", "lun": 0}), MOUNTS),
    "a driver's volume": (mount(csi={"driver": "x.example"}), MOUNTS),
    **{f"{name} of training": (confined(trainer_of, fields), RESTRICTED) for name, fields in CONTAINER.items()},
    **{f"{name} of the judge": (confined(judge_of, fields), RESTRICTED) for name, fields in CONTAINER.items()},
    "all of /proc": (unmasked, RESTRICTED),
    "root by its number": (secures(runAsUser=0), RESTRICTED),
    "no security context": (lambda made: trainer_of(made).pop("securityContext"), RESTRICTED),
    "root": (lambda made: pod_of(made)["securityContext"].pop("runAsNonRoot"), RESTRICTED),
    "any system call": (secures(seccompProfile=UNCONFINED), RESTRICTED),
    "no AppArmor": (secures(appArmorProfile=UNCONFINED), RESTRICTED),
    "no AppArmor by an annotation": (
        lambda made: made["spec"]["template"]["metadata"]["annotations"].update(
            {"container.apparmor.security.beta.kubernetes.io/train": "unconfined"}
        ),
        RESTRICTED,
    ),
    "another SELinux type": (secures(seLinuxOptions={"type": "spc_t"}), RESTRICTED),
    "the node's kernel settings": (secures(sysctls=[{"name": "kernel.msgmax", "value": "1"}]), RESTRICTED),
    "an account of Windows": (secures(windowsOptions={"gmsaCredentialSpecName": "x"}), RESTRICTED),
    "a port of the node": (
        lambda made: trainer_of(made).update(ports=[{"containerPort": 1, "hostPort": 1}]),
        RESTRICTED,
    ),
    "no owner": (lambda made: made["metadata"].pop("ownerReferences"), OWNED),
    "another kind of owner": (owned(kind="ConfigMap"), OWNED),
    "another group's run as owner": (owned(apiVersion="evil.dev/v1"), OWNED),
    "an owner that doesn't control it": (owned(controller=False), OWNED),
    "two owners": (
        lambda made: made["metadata"]["ownerReferences"].append(OWNER | {"uid": "y", "controller": False}),
        OWNED,
    ),
    "another name": (lambda made: made["metadata"].update(name="other"), OWNED),
    "a name of its own choice": (lambda made: made["metadata"].update(name=f"{RUN}-other"), OWNED),
    "no label": (lambda made: made["metadata"]["labels"].pop("refit.dev/run"), OWNED),
    "another run's label": (
        lambda made: made["spec"]["template"]["metadata"]["labels"].update({"refit.dev/run": "y"}),
        OWNED,
    ),
}


def shaped(change: Change) -> Document:
    """The operator's Job, changed."""
    made = copy.deepcopy(job())
    change(made)
    return made


SYSTEMS = ("kube-system", "kube-public", "kube-node-lease", "refit-system")
SUSPENDS = r"nothing of a Job but spec\.suspend"
JOB_CHANGES: dict[str, Document] = {
    "retries": {"spec": {"backoffLimit": 9}},
    "a label": {"metadata": {"labels": {"a": "b"}}},
    "more pods": {"spec": {"parallelism": 3}},
    "no deadline": {"spec": {"activeDeadlineSeconds": None}},
    "another owner": {"metadata": {"ownerReferences": [OWNER]}},
    "a finalizer": {"metadata": {"finalizers": ["example.com/stay"]}},
    "a label of its pods": {"spec": {"template": {"metadata": {"labels": {"a": "b"}}}}},
}
USERS = {"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000, "supplementalGroups": [1001]}
THIEF = "the operator's token"
JOB_MADE = (
    Vector("the operator's own Job", creates(job(), OPERATOR, JOBS), ""),
    Vector("a Job whose pod has a user and groups", creates(job(securityContext=USERS), OPERATOR, JOBS), ""),
)
FAMILIES = (
    Family(
        "a Job of another shape than the operator's",
        THIEF,
        Entry.API_SERVER,
        (
            *(Vector(name, creates(shaped(change), OPERATOR, JOBS), words) for name, (change, words) in SHAPES.items()),
            *(
                Vector(
                    f"in namespace {name}",
                    creates(job(), OPERATOR, JOBS.format(ns=name)),
                    f"the operator makes no Job in namespace {name}",
                )
                for name in SYSTEMS
            ),
        ),
        JOB_MADE,
    ),
    Family(
        "a Job that is changed",
        THIEF,
        Entry.API_SERVER,
        tuple(
            Vector(name, changes(f"{JOBS}/forged", patch, OPERATOR), SUSPENDS) for name, patch in JOB_CHANGES.items()
        ),
        (Vector("resumed", changes(f"{JOBS}/forged", {"spec": {"suspend": False}}, OPERATOR), ""),),
    ),
)
