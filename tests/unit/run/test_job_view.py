"""What a Job and its pods say: documents as an API server gives them, cut down to what is read."""

import pytest

from refit_operator.api.run_clock import Phase
from refit_operator.run.rules.views.job import JobState, view_job
from tests.support.jobs import LATER, RUNNING, WAITING, Document, ended, job, pod

STATES: dict[str, tuple[Document, list[Document], JobState, Phase]] = {
    "no pod yet": (job(), [], JobState.PENDING, Phase.PENDING),
    "suspended": (job(suspend=True), [], JobState.QUEUED, Phase.QUEUED),
    "suspended while a pod still ends": (job(suspend=True), [pod(RUNNING)], JobState.QUEUED, Phase.QUEUED),
    "a pod that has started nothing": (job(), [pod(WAITING, phase="Pending")], JobState.PENDING, Phase.PENDING),
    "training": (job(), [pod(RUNNING)], JobState.TRAINING, Phase.RUNNING),
    "trained": (job(), [pod(ended())], JobState.JUDGING, Phase.RUNNING),
    "judging": (job(), [pod(ended(), RUNNING)], JobState.JUDGING, Phase.RUNNING),
    "between two tries": (job(), [pod(ended(1), phase="Failed")], JobState.TRAINING, Phase.RUNNING),
    "the next try waits": (
        job(),
        [pod(WAITING, phase="Pending", created=LATER), pod(ended(1), phase="Failed")],
        JobState.PENDING,
        Phase.PENDING,
    ),
    "the next try trains, though the first had trained": (
        job(),
        [pod(ended(), ended(1), phase="Failed"), pod(RUNNING, created=LATER)],
        JobState.TRAINING,
        Phase.RUNNING,
    ),
    "done": (job("Complete"), [pod(ended(), ended(), "Succeeded")], JobState.SUCCEEDED, Phase.RUNNING),
    "failed": (job("Failed"), [pod(ended(1), phase="Failed")], JobState.FAILED, Phase.RUNNING),
    "done, though it was suspended": (job("Complete", suspend=True), [], JobState.SUCCEEDED, Phase.RUNNING),
}


@pytest.mark.parametrize("name", STATES)
def test_state(name: str) -> None:
    document, pods, state, phase = STATES[name]
    view = view_job(document, pods)
    assert (view.state, view.phase) == (state, phase)


def test_the_newest_pod_that_is_not_over_and_whether_it_is_being_deleted() -> None:
    over, alive = pod(ended(1), phase="Failed"), pod(RUNNING, created=LATER)
    over["metadata"] |= {"name": "over", "deletionTimestamp": LATER}
    views = (view_job(job(), pods) for pods in ([over], [over, alive]))
    assert [(view.pod, view.pod_is_ending) for view in views] == [("", False), ("pod", False)]
    alive["metadata"]["deletionTimestamp"] = LATER
    assert view_job(job(), [over, alive]).pod_is_ending


def test_no_job() -> None:
    assert view_job(None, []).state is JobState.MISSING


def beside(made: Document, state: Document) -> Document:
    made["status"]["containerStatuses"].append({"name": "istio-proxy", "state": state})
    return made | {"spec": {"containers": [{"name": "istio-proxy", "image": "mesh:1"}]}}


UNPULLED: Document = {"waiting": {"reason": "ImagePullBackOff"}}
LINGERING: dict[str, tuple[Document, Document, str]] = {
    "judging": (job(), beside(pod(ended(), RUNNING), RUNNING), ""),
    "judged": (job(), beside(pod(ended(), ended()), RUNNING), "istio-proxy"),
    "a judge that failed": (job(), beside(pod(ended(), ended(2)), RUNNING), "istio-proxy"),
    "judged, and the other can't start": (job(), beside(pod(ended(), ended()), UNPULLED), "istio-proxy"),
    "judged, and of the other nothing is known yet": (job(), beside(pod(ended(), ended()), {}), "istio-proxy"),
    "evicted before the other could start": (job(), beside(pod(ended(), ended(137), "Failed"), UNPULLED), ""),
    "judging, and the other can't start": (job(), beside(pod(ended(), RUNNING), UNPULLED), ""),
    "judged, alone": (job(), pod(ended(), ended()), ""),
    "judged, and the other has ended": (job(), beside(pod(ended(), ended()), ended(143)), ""),
    "a Job that is over": (job("Failed"), beside(pod(ended(), ended()), RUNNING), ""),
}


@pytest.mark.parametrize("name", LINGERING)
def test_what_somebody_added_keeps_a_pod_from_its_end(name: str) -> None:
    document, made, want = LINGERING[name]
    assert view_job(document, [made]).lingering == want
