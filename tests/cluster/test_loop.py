"""The whole loop, all of it real but small: server, late labels, Prometheus, trainer, judge, rollout.

The task is to tell movie reviews from tweets. The first model has learnt it the wrong way round, which is drift at its
strongest: a few hundred sentences and a BERT of a few thousand weights are enough to see the accuracy come back.
"""

from pathlib import Path

from tests.cluster.kubectl import ROOT, Space
from tests.cluster.reviews import config_map, pod, quick, sample, sentences
from tests.cluster.test_runs import run_number

HERE = Path(__file__).parent


def lost_requests(space: Space) -> list[str]:
    """Return the requests that the server lost; one whose name didn't resolve never reached it."""
    lines = space.run("logs", "traffic").splitlines()
    return [line for line in lines if line.startswith("failed") and "gaierror" not in line]


def test_a_model_that_is_wrong_is_retrained_and_comes_back(space: Space) -> None:
    support = (ROOT / "tests/trainer/support.py").read_text()
    script = config_map(
        "script", support_py=support, first_py=(HERE / "first_model.py").read_text(), sentences_jsonl=sentences()
    )
    clients = config_map("clients", traffic_py=(ROOT / "demo/traffic.py").read_text())
    words = config_map("sentences", sentences_jsonl=sentences(), phase="sentences")
    models = {"persistentVolumeClaim": {"claimName": "models"}}
    space.apply(*sample(space, "claims.yaml"), script, clients, words)
    first = {"/src/tests/trainer": {"configMap": {"name": "script"}}, "/models": models}
    space.apply(pod("first-model", ["python3", "/src/tests/trainer/first.py"], first))
    space.wait("pod/first-model", ".status.phase", "Succeeded", limit_s=120)

    space.apply(*sample(space, "server.yaml"))
    space.run("rollout", "status", "deploy/reviews", "--timeout=120s", limit_s=130)
    env = {"TARGET": "http://reviews", "RATE": "20", "PHASE_FILE": "/sentences/phase", "SENTENCES": "/sentences"}
    mounts = {name: {"configMap": {"name": name.strip("/")}} for name in ("/clients", "/sentences")}
    space.apply(pod("traffic", ["python3", "/clients/traffic.py"], mounts, env))
    space.apply(quick(sample(space, "monitor.yaml")[0]))

    run = run_number(space, 1, limit_s=240)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    progress = run["status"]["progress"]
    assert (progress["percentage"], "loss" in str(progress["metrics"])) == (100, True), progress
    result = run["status"]["result"]
    served, candidate = (float(result[which]["metrics"]["accuracy"]) for which in ("served", "candidate"))
    assert served < 0.4 < 0.55 < candidate, result
    assert set(result["slices"]) == {"movies", "tweets"}
    space.wait_condition("mmon/reviews", "WithinThreshold", "Within")
    space.wait_condition("mmon/reviews", "ServingUpToDate", "Served")
    assert lost_requests(space) == []
