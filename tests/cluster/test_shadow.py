"""A candidate answers copies of live requests on a real node before it serves: the sample `shadow`, all of it real.

The first model tells movie reviews from tweets the wrong way round, so that a good candidate disagrees with nearly all
of its answers: where agreement is asked for it is refused, where none is it is promoted.
"""

import json

import pytest

from tests.support.cluster.kubectl import Document, Space, merge
from tests.support.cluster.reviews import count_requests, kustomized, quick, run_script, send_requests
from tests.support.cluster.runs import active_run, finished, pointer, run_number
from tests.support.local import until

pytestmark = pytest.mark.shadow
CLIENTS = "clients"


def start(space: Space, agreement: float, time: str = "40s", lent: bool = True) -> None:
    """Serve the first model to clients that never try again, under a monitor in breach."""
    made = kustomized(space, "shadow")
    monitor, server = made.pop("ModelMonitor/reviews"), made.pop("Deployment/reviews")
    if not lent:
        made.pop("RoleBinding/refit-shadow")
    space.apply(*(found for found in made.values() if found["kind"] not in ("Namespace", "NetworkPolicy")))
    run_script(space, "first-model", "first_model.py", "swapped", claims=("models",))
    space.apply(server)
    space.run("rollout", "status", "deploy/reviews", "--timeout=300s", limit_s=310)
    send_requests(space, CLIENTS, RATE="20")
    asked: Document = {"for": time, "minAgreement": agreement, "minAnswers": 50, "maxLatencyRatio": 20}
    space.apply(merge(quick(monitor), {"spec": {"verification": {"shadow": asked}}}))


def of_shadow(space: Space, kind: str) -> list[Document]:
    """Return what there is of a shadow, but what is going."""
    text = space.run("get", kind, "-o", "json")
    found = [one for one in json.loads(text)["items"] if one["metadata"]["name"].startswith("reviews-shadow")]
    return [one for one in found if not one["metadata"].get("deletionTimestamp")]


def endpoints(space: Space) -> set[str]:
    """Return the pods that the target's own Service sends requests to."""
    text = space.run("get", "endpointslices", "-l", "kubernetes.io/service-name=reviews", "-o", "json")
    slices = json.loads(text)["items"]
    return {one["targetRef"]["name"] for found in slices for one in found.get("endpoints") or ()}


def assert_removed(space: Space) -> None:
    for kind in ("deployments", "services", "pods"):
        until(lambda kind=kind: not of_shadow(space, kind), 60, f"{kind} of the shadow stay")  # type: ignore[misc]


def assert_none_lost(space: Space) -> None:
    assert count_requests(space, CLIENTS)["failed"] == 0, space.run("logs", CLIENTS)


def test_a_candidate_that_disagrees_is_refused_and_what_serves_is_untouched(space: Space) -> None:
    start(space, 0.9)
    before = space.get("deploy", "reviews")["metadata"]["generation"]
    name = active_run(space, "Shadowing", limit_s=400)
    until(lambda: bool(of_shadow(space, "pods")), 60, "the shadow has no pod")
    (shadow,), served = of_shadow(space, "deployments"), endpoints(space)
    (owner,) = shadow["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["controller"]) == ("RetrainRun", name, True)
    assert served and not any(pod.startswith("reviews-shadow") for pod in served)

    run = run_number(space, 1, limit_s=300)
    assert finished(run) == ("Rejected", "ShadowDisagrees"), run["status"]
    assert "answers are the served model's" in run["status"]["message"]
    assert pointer(space) == "" and space.get("deploy", "reviews")["metadata"]["generation"] == before
    assert_removed(space)
    assert_none_lost(space)


def test_a_candidate_that_shows_what_is_asked_is_promoted_once_its_shadow_is_gone(space: Space) -> None:
    start(space, 0)
    run = run_number(space, 1, limit_s=500)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    shown = next(one for one in run["status"]["conditions"] if one["type"] == "Shadowed")
    assert (shown["status"], shown["reason"]) == ("True", "ShadowPassed")
    assert shown["lastTransitionTime"] <= run["status"]["pointerChange"]["time"]
    assert_removed(space)
    assert_none_lost(space)


def test_an_abort_removes_the_shadow(space: Space) -> None:
    start(space, 0, "10m")
    name = active_run(space, "Shadowing", limit_s=400)
    until(lambda: bool(of_shadow(space, "deployments")), 60, "the shadow has no Deployment")
    space.run("patch", "rr", name, "--type=merge", "-p", '{"spec":{"abort":true}}')
    assert finished(run_number(space, 1)) == ("Aborted", "Aborted")
    assert_removed(space)


def test_a_run_that_is_deleted_takes_its_shadow_along(space: Space) -> None:
    start(space, 0, "10m")
    name = active_run(space, "Shadowing", limit_s=400)
    until(lambda: bool(of_shadow(space, "pods")), 60, "the shadow has no pod")
    space.run("delete", "mmon", "reviews")
    space.run("wait", "--for=delete", f"rr/{name}", "--timeout=60s")
    assert_removed(space)


def test_without_what_is_lent_the_run_says_so(space: Space) -> None:
    start(space, 0, lent=False)
    run = run_number(space, 1, limit_s=400)
    assert finished(run) == ("Failed", "ShadowNotStarted"), run["status"]
    assert "docs/how-to/shadow.md says what the operator is lent" in run["status"]["message"]
    assert pointer(space) == ""
    assert_removed(space)
