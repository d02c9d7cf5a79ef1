"""Who has the operator's token makes Jobs of its shape, no others; and nobody passes for a run."""

import json
import re

import pytest

from tests.hostile.forgeries import pod
from tests.hostile.jobs import JOB_CHANGES, RUN, SHAPES, SUSPENDS, job, shaped
from tests.hostile.scene import JOB_CONTROLLER, add_job, add_run
from tests.hostile.stolen import SECRET_SHAPES, open_service, service
from tests.support.cluster.kubectl import OPERATOR, Document, Refused, Space
from tests.support.cluster.tenants import answer


def creates(space: Space, document: Document, user: str = OPERATOR) -> str:
    """Return what the API server answers; nothing is kept of what it takes. `pytest -rP` shows it."""
    said = answer(space, user, "create", document=document)
    print(said)
    return said


def test_the_operators_own_job_and_service_are_taken(shared: Space) -> None:
    assert "created" in creates(shared, job())
    assert "created" in creates(shared, service())


@pytest.mark.parametrize("shape", SHAPES)
def test_a_job_of_another_shape_is_refused(shared: Space, shape: str) -> None:
    change, words = SHAPES[shape]
    assert re.search(words, creates(shared, shaped(change)))


@pytest.mark.parametrize("name", ["kube-system", "refit-system"])
def test_no_job_is_made_among_the_systems_own(name: str, shared: Space) -> None:
    assert f"the operator makes no Job in namespace {name}" in creates(Space(name), job())


def test_a_job_is_only_suspended_and_resumed(space: Space) -> None:
    add_run(space, "forged")
    add_job(space, "forged")
    flags = ("--as", OPERATOR, "--dry-run=server", "--type=merge", "-p")
    space.run("patch", "job", "forged", *flags, '{"spec":{"suspend":false}}')
    for patch in JOB_CHANGES.values():
        with pytest.raises(Refused, match=SUSPENDS):
            space.run("patch", "job", "forged", *flags, json.dumps(patch))


def test_a_service_for_the_world_is_refused(shared: Space) -> None:
    balancer = open_service({"type": "LoadBalancer", "ports": [{"port": 80}]})
    assert "a Service that the operator makes is headless" in creates(shared, balancer)


def test_a_secret_that_becomes_a_token_is_refused(shared: Space) -> None:
    secret = SECRET_SHAPES["a token of the operator's account"]
    assert "is its certificate, refit-progress-tls" in creates(Space("refit-system"), secret)


def test_nobody_passes_for_a_pod_of_a_run(shared: Space) -> None:
    with pytest.raises(Refused, match=r"the label refit.dev/run is for the pods that the Job controller makes"):
        shared.run("create", "-f", "-", stdin=json.dumps(pod(labels={"refit.dev/run": RUN})))
    shared.run("create", "-f", "-", stdin=json.dumps(pod()))
    with pytest.raises(Refused, match="can't be added, changed or removed"):
        shared.run("label", "pod", "stranger", f"refit.dev/run={RUN}")
    shared.run("delete", "pod", "stranger", "--wait=false")


def test_a_pod_of_a_run_keeps_label_and_images(space: Space) -> None:
    words = ("create", "--as", JOB_CONTROLLER, "-f", "-")
    space.run(*words, stdin=json.dumps(pod(labels={"refit.dev/run": RUN})))
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
