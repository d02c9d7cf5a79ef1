"""Pods that report their progress to the operator and then hang, on the real node."""

from tests.cluster.kubectl import Space
from tests.cluster.test_overrides import finished
from tests.cluster.test_runs import run_number, start
from tests.cluster.test_training_ends import SOON, script

FIRST_HANGS = """
import os, pathlib, runpy, time
seen = pathlib.Path(os.environ["REFIT_OUTPUT"]).parent / "seen"
if seen.exists():
    os.execvp("refit-train", ["refit-train"])
seen.parent.mkdir(parents=True, exist_ok=True)
seen.touch()
runpy.run_path("/usr/local/bin/refit-train")["report_progress"](41)
time.sleep(600)
"""


def test_a_pod_that_stalls_is_ended_and_the_next_one_trains(space: Space) -> None:
    start(space, training=script(FIRST_HANGS, stallTimeout="5s", backoffLimit=1))
    run = run_number(space, 1)
    assert (run["status"]["outcome"], run["status"]["stalls"]) == ("Promoted", 1)
    job = space.get("job", run["metadata"]["name"])
    assert (job["status"]["succeeded"], "failed" in job["status"]) == (1, False)
    assert "PodStalled" in space.run("describe", "rr", run["metadata"]["name"])


def test_pods_that_stall_over_and_over_end_the_run(space: Space) -> None:
    options = {"progress": "41", "seconds": "600"}
    start(
        space,
        training={"hyperparameters": options, "stallTimeout": "5s", "backoffLimit": 0, "podTemplate": SOON},
    )
    run = run_number(space, 1)
    assert finished(run) == ("Failed", "NoProgress")
    assert "and before it 41 %, about 7s left" in run["status"]["message"]
    space.run("wait", "--for=delete", f"job/{run['metadata']['name']}", "--timeout=60s")
