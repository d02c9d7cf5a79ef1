"""Who has the operator's token changes pointers and makes Jobs of its shape, no more; and nobody passes for a run."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from refit_operator.progress.rules.pod_env import Reporting
from refit_operator.run.rules.manifests.job import build_job
from refit_operator.run.rules.manifests.machines import build_service
from tests.support.cluster.kubectl import OPERATOR, Document, Refused, Space
from tests.support.cluster.objects import idle_target
from tests.support.cluster.people import forged_run
from tests.support.cluster.tenants import answer
from tests.support.samples import make_run

JOB_CONTROLLER = "system:serviceaccount:kube-system:job-controller"
RUN = "reviews-1"
OWNER = {"apiVersion": "refit.dev/v1alpha1", "kind": "RetrainRun", "name": RUN, "uid": "x", "controller": True}
Change = Callable[[Document], Any]


def job() -> Document:
    """The Job that the operator makes, of a run that isn't here."""
    made = build_job(make_run(), Reporting("https://x", "PEM"))
    del made["metadata"]["namespace"]
    return made


def pod_of(document: Document) -> Document:
    found: Document = document["spec"]["template"]["spec"]
    return found


def trainer_of(document: Document) -> Document:
    found: Document = pod_of(document)["initContainers"][0]
    return found


def mount(**source: Any) -> Change:
    return lambda made: pod_of(made)["volumes"].append({"name": "more", **source})


def token(audience: str) -> Change:
    source = {"serviceAccountToken": {"audience": audience, "path": "token"}}
    return mount(projected={"sources": [source]})


APART, RESTRICTED = "shares nothing with its node", "Pod Security's level restricted"
OWNED, MOUNTS = "controlled by it alone", "mounts claims, Secrets, ConfigMaps"
SHAPES: dict[str, tuple[Change, str]] = {
    "the node's processes": (lambda made: pod_of(made).update(hostPID=True), APART),
    "the node's network": (lambda made: pod_of(made).update(hostNetwork=True), APART),
    "the node's memory": (lambda made: pod_of(made).update(hostIPC=True), APART),
    "processes in common": (lambda made: pod_of(made).update(shareProcessNamespace=True), APART),
    "a chosen node": (lambda made: pod_of(made).update(nodeName="n"), APART),
    "a token of the API server": (lambda made: pod_of(made).update(automountServiceAccountToken=True), APART),
    "whatever token there is": (lambda made: pod_of(made).pop("automountServiceAccountToken"), APART),
    "a token for the API server by a volume": (token("https://kubernetes.default.svc"), MOUNTS),
    "the node's files": (mount(hostPath={"path": "/"}), MOUNTS),
    "another machine's files": (mount(nfs={"server": "x", "path": "/"}), MOUNTS),
    "privileges": (lambda made: trainer_of(made).update(securityContext={"privileged": True}), RESTRICTED),
    "root": (lambda made: pod_of(made)["securityContext"].pop("runAsNonRoot"), RESTRICTED),
    "root in one container": (lambda made: trainer_of(made)["securityContext"].update(runAsUser=0), RESTRICTED),
    "capabilities": (lambda made: trainer_of(made)["securityContext"]["capabilities"].pop("drop"), RESTRICTED),
    "more capabilities": (
        lambda made: trainer_of(made)["securityContext"]["capabilities"].update(add=["SYS_ADMIN"]),
        RESTRICTED,
    ),
    "escalation": (
        lambda made: trainer_of(made)["securityContext"].update(allowPrivilegeEscalation=True),
        RESTRICTED,
    ),
    "any system call": (
        lambda made: pod_of(made)["securityContext"].update(seccompProfile={"type": "Unconfined"}),
        RESTRICTED,
    ),
    "a port of the node": (
        lambda made: trainer_of(made).update(ports=[{"containerPort": 1, "hostPort": 1}]),
        RESTRICTED,
    ),
    "no owner": (lambda made: made["metadata"].pop("ownerReferences"), OWNED),
    "another owner": (lambda made: made["metadata"]["ownerReferences"][0].update(kind="ConfigMap"), OWNED),
    "another name": (lambda made: made["metadata"].update(name="other"), OWNED),
    "no label": (lambda made: made["metadata"]["labels"].pop("refit.dev/run"), OWNED),
    "another run's label": (
        lambda made: made["spec"]["template"]["metadata"]["labels"].update({"refit.dev/run": "y"}),
        OWNED,
    ),
}


def creates(space: Space, document: Document, user: str = OPERATOR) -> str:
    """Return what the API server answers; nothing is kept of what it takes. `pytest -rP` shows it."""
    said = answer(space, user, "create", document=document)
    print(said)
    return said


def test_the_operators_own_job_and_service_are_taken(shared: Space) -> None:
    assert "created" in creates(shared, job())
    service = build_service(make_run())
    del service["metadata"]["namespace"]
    assert "created" in creates(shared, service)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_job_of_another_shape_is_refused(shared: Space, shape: str) -> None:
    change, words = SHAPES[shape]
    made = copy.deepcopy(job())
    change(made)
    assert words in creates(shared, made)


@pytest.mark.parametrize("name", ["kube-system", "refit-system"])
def test_no_job_is_made_among_the_systems_own(name: str, shared: Space) -> None:
    assert f"the operator makes no Job in namespace {name}" in creates(Space(name), job())


def test_a_job_is_only_suspended_and_resumed(space: Space) -> None:
    space.run("create", "--as", OPERATOR, "-f", "-", stdin=forged_run())
    made, name = job(), "forged"
    made["metadata"]["ownerReferences"][0] |= {"name": name, "uid": space.get("rr", name)["metadata"]["uid"]}
    made["metadata"]["name"] = name
    for labels in (made["metadata"]["labels"], made["spec"]["template"]["metadata"]["labels"]):
        labels["refit.dev/run"] = name
    made["spec"]["suspend"] = True
    space.run("create", "--as", OPERATOR, "-f", "-", stdin=json.dumps(made))
    flags = ("--as", OPERATOR, "--dry-run=server", "--type=merge", "-p")
    space.run("patch", "job", name, *flags, '{"spec":{"suspend":false}}')
    for patch in ('{"spec":{"backoffLimit":9}}', '{"metadata":{"labels":{"a":"b"}}}', '{"spec":{"parallelism":3}}'):
        with pytest.raises(Refused, match=r"nothing of a Job but spec\.suspend"):
            space.run("patch", "job", name, *flags, patch)


TEMPLATE = {
    "the image": {"spec": {"containers": [{"name": "server", "image": "evil"}]}},
    "a label": {"metadata": {"labels": {"a": "b"}}},
    "another annotation": {"metadata": {"annotations": {"a": "b"}}},
    "an annotation that was there": {"metadata": {"annotations": {"prometheus.io/port": "1"}}},
    "the account": {"spec": {"serviceAccountName": "boss"}},
}
TARGET: dict[str, Document] = {
    **{name: {"spec": {"template": change}} for name, change in TEMPLATE.items()},
    "the number of pods": {"spec": {"replicas": 9}},
    "its own annotation": {"metadata": {"annotations": {"a": "b"}}},
    "its owner": {"metadata": {"ownerReferences": [OWNER]}},
}


@pytest.fixture(scope="module")
def served(shared: Space) -> Iterator[Space]:
    shared.apply(idle_target())
    yield shared
    shared.run("delete", "deploy", "reviews")


def patches(space: Space, patch: Document) -> str:
    flags = ("--as", OPERATOR, "--dry-run=server", "--type=strategic", "-p", json.dumps(patch))
    return space.run("patch", "deploy", "reviews", *flags)


def test_the_operator_changes_pointers(served: Space) -> None:
    template = {"metadata": {"annotations": {"refit.dev/checkpoint": "pvc://models/x"}}}
    assert "patched" in patches(served, {"spec": {"template": template}})


@pytest.mark.parametrize("what", TARGET)
def test_the_operator_changes_nothing_else_of_a_deployment(served: Space, what: str) -> None:
    with pytest.raises(Refused, match="nothing of a Deployment but its pointer"):
        patches(served, TARGET[what])


def test_a_service_for_the_world_is_refused(shared: Space) -> None:
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"app": "bank"}}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "out"}, "spec": spec}
    assert "a Service that the operator makes is headless" in creates(shared, service)


def test_a_secret_that_becomes_a_token_is_refused(shared: Space) -> None:
    note = {"kubernetes.io/service-account.name": "refit-operator"}
    meta = {"name": "refit-progress-tls", "annotations": note}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "kubernetes.io/service-account-token"}
    assert "is its certificate, refit-progress-tls" in creates(Space("refit-system"), secret)


def stranger(**labels: str) -> Document:
    spec = {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "schedulingGates": [{"name": "refit.dev/never"}],
        "containers": [
            {
                "name": "judge",
                "image": "mine",
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stranger", "labels": labels}, "spec": spec}


def test_nobody_passes_for_a_pod_of_a_run(shared: Space) -> None:
    with pytest.raises(Refused, match=r"the label refit.dev/run is for the pods that the Job controller makes"):
        shared.run("create", "-f", "-", stdin=json.dumps(stranger(**{"refit.dev/run": RUN})))
    shared.run("create", "-f", "-", stdin=json.dumps(stranger()))
    with pytest.raises(Refused, match="can't be added, changed or removed"):
        shared.run("label", "pod", "stranger", f"refit.dev/run={RUN}")
    shared.run("delete", "pod", "stranger", "--wait=false")


def test_a_pod_of_a_run_keeps_label_and_images(space: Space) -> None:
    words = ("create", "--as", JOB_CONTROLLER, "-f", "-")
    space.run(*words, stdin=json.dumps(stranger(**{"refit.dev/run": RUN})))
    for label in ("refit.dev/run=other", "refit.dev/run-"):
        with pytest.raises(Refused, match="can't be added, changed or removed"):
            space.run("label", "--overwrite", "pod", "stranger", label)
    with pytest.raises(Refused, match="the images of a run's pod can't be changed"):
        space.run("set", "image", "pod/stranger", "judge=evil")
    space.run("label", "pod", "stranger", "team=nlp")


def test_nobody_makes_jobs_whose_pods_pass_for_a_runs(shared: Space) -> None:
    with pytest.raises(Refused, match=r"the label refit.dev/run is for the Jobs that the operator makes"):
        shared.run("create", "-f", "-", stdin=json.dumps(job()))
    unlabelled = job()
    del unlabelled["metadata"]["labels"]["refit.dev/run"]
    with pytest.raises(Refused, match=r"the label refit.dev/run is for the Jobs that the operator makes"):
        shared.run("create", "-f", "-", stdin=json.dumps(unlabelled))
