"""More runs than may be under way at once: the others wait without a Job, in the order of their breaches."""

from itertools import accumulate

from tests.support.cluster.apart import Apart
from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import CLAIMS, monitor, target
from tests.support.local import until

NAMES = [f"reviews-{number}" for number in range(6)]
MOST = 2
LIMITED = {"REFIT_MAX_CONCURRENT_RUNS": str(MOST)}
WORDS = [
    f"waits at place {number} of 4: REFIT_MAX_CONCURRENT_RUNS allows {MOST} runs at once" for number in range(1, 5)
]


def outcomes(space: Space) -> list[str]:
    return [run["status"]["outcome"] for run in space.list("rr") if "outcome" in run.get("status", {})]


def messages(space: Space) -> list[str]:
    """Return what the runs say that have no place."""
    return sorted(run["status"]["message"] for run in space.list("rr") if "place" in run.get("status", {}))


def most_at_once(jobs: list[Document]) -> int:
    """Return the most Jobs at any time, by their own times; one that ends in a second makes room for one in it."""
    begun = [(job["metadata"]["creationTimestamp"], 1) for job in jobs]
    ended = [(job["status"]["completionTime"], -1) for job in jobs]
    return max(accumulate(change for _, change in sorted(begun + ended)))


def in_line(run: Document) -> tuple[str, str, str]:
    return run["spec"]["trigger"]["time"], run["metadata"]["creationTimestamp"], run["metadata"]["uid"]


def test_a_few_at_a_time_across_a_kill(apart: Apart) -> None:
    space = apart.space
    space.apply(*CLAIMS, *(target(name) for name in NAMES))
    for name in NAMES:
        space.run("rollout", "status", f"deploy/{name}", "--timeout=180s", limit_s=190)
    with apart.operator(**LIMITED):
        space.apply(*(monitor(name, training={"hyperparameters": {"seconds": "15"}}) for name in NAMES))
        until(lambda: messages(space) == WORDS, 60, "four don't wait, each at its place")
        until(lambda: outcomes(space) != [], 120, "no run ends")
    with apart.operator(**LIMITED):
        until(lambda: len(outcomes(space)) == len(NAMES), 240, "not all runs end")
    runs, jobs = space.list("rr"), space.list("job")
    assert outcomes(space) == ["Promoted"] * len(NAMES)
    assert sorted(job["metadata"]["name"] for job in jobs) == sorted(run["metadata"]["name"] for run in runs)
    assert most_at_once(jobs) == MOST
    began = {job["metadata"]["name"]: job["metadata"]["creationTimestamp"] for job in jobs}
    waited = sorted(runs, key=lambda run: began[run["metadata"]["name"]])[MOST:]
    times = [began[run["metadata"]["name"]] for run in sorted(waited, key=in_line)]
    assert times == sorted(times)
