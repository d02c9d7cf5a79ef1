"""The whole loop, all of it real but small: server, late labels, Prometheus, trainer, judge, rollout.

The task is to tell movie reviews from tweets. The first model has learnt it the wrong way round, which is drift at its
strongest: a few hundred sentences and a BERT of a few thousand weights are enough to see the accuracy come back.
"""

from tests.support.cluster.kubectl import Space
from tests.support.cluster.reviews import count_requests, quick, run_script, sample, send_requests, serve
from tests.support.cluster.runs import run_number


def test_a_model_that_is_wrong_is_retrained_and_comes_back(space: Space) -> None:
    space.apply(*sample(space, "claims.yaml"))
    run_script(space, "first-model", "first_model.py", "swapped", claims=("models",))
    serve(space)
    send_requests(space, "traffic", RATE="10")
    space.apply(quick(sample(space, "monitor.yaml")[0]))

    run = run_number(space, 1, limit_s=400)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    progress = run["status"]["progress"]
    assert (progress["percentage"], "loss" in str(progress["metrics"])) == (100, True), progress
    result = run["status"]["result"]
    served, candidate = (float(result[which]["metrics"]["accuracy"]) for which in ("served", "candidate"))
    assert served < 0.4 < 0.55 < candidate, result
    assert set(result["slices"]) == {"movies", "tweets"}
    space.wait_condition("mmon/reviews", "WithinThreshold", "Within")
    space.wait_condition("mmon/reviews", "ServingUpToDate", "Served")
    assert count_requests(space, "traffic")["failed"] == 0, space.run("logs", "traffic")
