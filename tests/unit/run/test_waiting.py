"""Why a pod doesn't start: what scheduler, kubelet and controllers wrote on a real node, and what people read."""

from typing import Any

import pytest

from refit_operator.run.rules.views.claims import view_claims
from refit_operator.run.rules.views.waiting import Surroundings, explain, subject_of
from tests.support.jobs import CREATED, LATER, NO_CPU, RUNNING, Document, ended, event, job, new_pod, pod, waits

BEFORE = "2026-11-24T10:00:00Z"
NO_IMAGE = 'failed to pull and unpack image "registry/trainer:2": failed to resolve reference: not found'
QUOTA = 'pods "reviews-1-x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'
MOUNT = 'MountVolume.SetUp failed for volume "pv": hostPath type check failed: /x is not a directory'
ATTACH = 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) reviews-0'
SECURITY = 'pods "reviews-1-x" is forbidden: violates PodSecurity "restricted:latest"'

CLAIMS = [
    {"metadata": {"name": "waiting"}, "spec": {}},
    {"metadata": {"name": "feedback"}, "spec": {"volumeName": "pv-1"}},
    {"metadata": {"name": "models"}, "spec": {"volumeName": "pv-12"}},
]
NO_CLAIM = '0/1 nodes are available: persistentvolumeclaim "nowhere" not found. not found'
UNBOUND = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"
ALONE = "0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod"

CASES: dict[str, tuple[Document, list[Document], list[Document], tuple[str, str] | None]] = {
    "nothing is known": (job(), [new_pod()], [], None),
    "no node": (job(), [new_pod(node=NO_CPU)], [], ("Unschedulable", f"no node fits the pod: {NO_CPU}")),
    "an image at the first try": (
        job(),
        [new_pod(waits("ErrImagePull", NO_IMAGE))],
        [],
        ("ImageNotPulled", f"the image registry/trainer:2 of container train can't be pulled: {NO_IMAGE}"),
    ),
    "the same image at the next": (
        job(),
        [new_pod(waits("ImagePullBackOff", f'Back-off pulling image "registry/trainer:2": ErrImagePull: {NO_IMAGE}'))],
        [],
        ("ImageNotPulled", f"the image registry/trainer:2 of container train can't be pulled: {NO_IMAGE}"),
    ),
    "the judge's image, after training": (
        job(),
        [new_pod(ended(), waits("ErrImagePull", "not found"))],
        [],
        ("ImageNotPulled", "the image registry/judge:3 of container judge can't be pulled: not found"),
    ),
    "a Secret": (
        job(),
        [new_pod(waits("CreateContainerConfigError", 'secret "lake" not found'))],
        [],
        ("ContainerNotStarted", 'container train can\'t start: CreateContainerConfigError: secret "lake" not found'),
    ),
    "a mount": (
        job(),
        [new_pod()],
        [event("FailedMount", MOUNT)],
        ("VolumeNotMounted", f"a volume can't be mounted: {MOUNT}"),
    ),
    "a volume on another node": (
        job(),
        [new_pod()],
        [event("FailedAttachVolume", ATTACH)],
        ("VolumeNotShareable", f"a volume is in use on another node: {ATTACH}"),
    ),
    "a mount of a known claim": (
        job(),
        [new_pod()],
        [event("FailedMount", 'MountVolume.SetUp failed for volume "pv-12" : no such folder')],
        (
            "VolumeNotMounted",
            'the claim models can\'t be mounted: MountVolume.SetUp failed for volume "pv-12" : no such folder',
        ),
    ),
    "a mount by the name in the pod": (
        job(),
        [new_pod()],
        [event("FailedMount", "Unable to attach or mount volumes: unmounted volumes=[claim-waiting]")],
        (
            "VolumeNotMounted",
            "the claim waiting can't be mounted: Unable to attach or mount volumes: unmounted volumes=[claim-waiting]",
        ),
    ),
    "a claim on another node": (
        job(),
        [new_pod()],
        [event("FailedAttachVolume", 'Multi-Attach error for volume "pv-1" Volume is already used')],
        (
            "VolumeNotShareable",
            'the claim feedback is in use on another node: Multi-Attach error for volume "pv-1" Volume is already used',
        ),
    ),
    "a claim that isn't there": (
        job(),
        [new_pod(node=NO_CLAIM)],
        [],
        ("ClaimMissing", "the claim nowhere doesn't exist"),
    ),
    "a claim without a volume": (
        job(),
        [new_pod(node=UNBOUND)],
        [],
        ("ClaimUnbound", f"a claim has no volume yet, one of feedback, models: {UNBOUND}"),
    ),
    "a claim that another pod has for itself": (
        job(),
        [new_pod(node=ALONE)],
        [],
        ("VolumeNotShareable", f"one of the claims feedback, models is in use by another pod: {ALONE}"),
    ),
    "an attachment that failed for another reason": (
        job(),
        [new_pod()],
        [event("FailedAttachVolume", "the disk is gone")],
        ("VolumeNotMounted", "a volume can't be mounted: the disk is gone"),
    ),
    "the newest of several Events": (
        job(),
        [new_pod()],
        [event("FailedMount", "new", LATER), event("FailedMount", "old", CREATED), event("Pulled", "x", LATER)],
        ("VolumeNotMounted", "a volume can't be mounted: new"),
    ),
    "a mount that failed before the container ran": (job(), [new_pod(RUNNING)], [event("FailedMount", MOUNT)], None),
    "a quota": (
        job(),
        [],
        [event("FailedCreate", f"Error creating: {QUOTA}")],
        ("QuotaExceeded", f"the pod can't be created: {QUOTA}"),
    ),
    "an admission": (
        job(),
        [],
        [event("FailedCreate", f"Error creating: {SECURITY}")],
        ("PodRefused", f"the pod can't be created: {SECURITY}"),
    ),
    "a quota for the second try": (
        job(),
        [pod(ended(1), phase="Failed")],
        [event("FailedCreate", f"Error creating: {QUOTA}")],
        ("QuotaExceeded", f"the pod can't be created: {QUOTA}"),
    ),
    "a quota that was in the way of the first": (
        job(),
        [pod(ended(1), phase="Failed")],
        [event("FailedCreate", f"Error creating: {QUOTA}", BEFORE)],
        None,
    ),
    "suspended": (job(suspend=True), [new_pod(node=NO_CPU)], [], None),
    "over": (job("Failed"), [new_pod(node=NO_CPU)], [], None),
}


@pytest.mark.parametrize("name", CASES)
def test_explain(name: str) -> None:
    document, pods, events, want = CASES[name]
    found = explain(document, pods, Surroundings(events, view_claims(CLAIMS, [])))
    assert (found and (found.reason.value, found.message)) == want


SUBJECTS: dict[str, tuple[Document, list[Document], str]] = {
    "of the Job where it has no pod": (job(), [], "job-uid"),
    "of the Job between two tries": (job(), [pod(ended(1), phase="Failed")], "job-uid"),
    "of the pod where that says nothing": (job(), [new_pod()], "pod-uid"),
    "of nothing where the pod says why": (job(), [new_pod(node=NO_CPU)], ""),
    "of nothing where it runs": (job(), [new_pod(RUNNING)], ""),
    "of nothing where it is suspended": (job(suspend=True), [], ""),
    "of nothing where it is over": (job("Complete"), [], ""),
}


@pytest.mark.parametrize("name", SUBJECTS)
def test_whose_events_are_read(name: str) -> None:
    document, pods, want = SUBJECTS[name]
    assert subject_of(document, pods) == want


def later(**time: Any) -> Document:
    return {"reason": "FailedMount", "note": str(time), "eventTime": CREATED, **time}


def test_an_event_that_goes_on_is_as_new_as_its_last_time() -> None:
    going_on = later(series={"lastObservedTime": "2026-11-24T11:09:00.000000Z"})
    found = explain(job(), [new_pod()], Surroundings([going_on, event("FailedMount", "once", LATER)]))
    assert found is not None
    assert "lastObservedTime" in found.message
