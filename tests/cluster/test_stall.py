"""Pods that report their progress to the operator and then hang, on the real node."""

from tests.support.cluster.kubectl import Space
from tests.support.cluster.objects import idle_target
from tests.support.cluster.runs import finished, run_number, start
from tests.support.cluster.trainings import HANGS_AFTER_A_REPORT, SOON, script


def test_a_pod_that_stalls_is_ended_and_the_next_one_trains(space: Space) -> None:
    start(space, training=script(HANGS_AFTER_A_REPORT, stallTimeout="5s", backoffLimit=1))
    run = run_number(space, 1)
    assert (run["status"]["outcome"], run["status"]["stalls"]) == ("Promoted", 1)
    job = space.get("job", run["metadata"]["name"])
    assert (job["status"]["succeeded"], "failed" in job["status"]) == (1, False)
    assert "PodStalled" in space.run("describe", "rr", run["metadata"]["name"])


def test_pods_that_stall_over_and_over_end_the_run(space: Space) -> None:
    options = {"progress": "41", "seconds": "600"}
    start(
        space,
        idle_target(),
        training={"hyperparameters": options, "stallTimeout": "5s", "backoffLimit": 0, "podTemplate": SOON},
    )
    run = run_number(space, 1)
    assert finished(run) == ("Failed", "NoProgress")
    assert "its last report: 41 %, about 7s left" in run["status"]["message"]
    space.run("wait", "--for=delete", f"job/{run['metadata']['name']}", "--timeout=60s")
