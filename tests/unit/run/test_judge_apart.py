"""Training doesn't decide its own gate: what it leaves in its pod reaches the judge by the candidate's claim alone."""

from typing import Any

from refit_operator.run.rules.manifests.job import build_job
from tests.support.samples import make_monitor, make_run

SETTING = "ghcr.io/refit/trainer:v0.1.0"
VOLUMES = [
    {"name": "scratch", "mountPath": "/scratch", "emptyDir": {}},
    {"name": "hub", "mountPath": "/hub", "persistentVolumeClaim": {"claimName": "hub"}},
]
OVERLAY = {
    "volumes": VOLUMES,
    "env": [{"name": name, "value": "/hub"} for name in ("PYTHONPATH", "LD_PRELOAD", "HF_HOME")],
}


def pod_of(judge_image: str = "", status: dict[str, Any] | None = None, **spec: Any) -> Any:
    run = make_run(monitor=make_monitor(**spec), status=status)
    return build_job(run, judge_image=judge_image)["spec"]["template"]["spec"]


def containers(pod: Any) -> tuple[Any, Any]:
    return pod["initContainers"][0], pod["containers"][0]


def writable(container: Any) -> set[str]:
    return {mount["name"] for mount in container["volumeMounts"] if not mount.get("readOnly")}


def at(container: Any, path: str) -> str:
    return next(str(mount["name"]) for mount in container["volumeMounts"] if mount["mountPath"] == path)


def variables(container: Any) -> dict[str, str]:
    return {variable["name"]: variable.get("value", "") for variable in container["env"]}


def test_nothing_that_training_may_write_is_the_judges_but_the_candidates_claim() -> None:
    train, judge = containers(pod_of(training={"podTemplate": OVERLAY}))
    shared = writable(train) & {mount["name"] for mount in judge["volumeMounts"]}
    assert shared == {"claim-models", "user-hub"}
    assert "user-hub" not in writable(judge)


def test_each_has_scratch_of_its_own_where_its_home_is() -> None:
    pod = pod_of()
    train, judge = containers(pod)
    assert (at(train, "/tmp"), at(judge, "/tmp")) == ("tmp-train", "tmp-judge")
    assert variables(train)["HOME"] == variables(judge)["HOME"] == "/tmp"
    assert [v for v in pod["volumes"] if v["name"].startswith("tmp-")] == [
        {"name": "tmp-train", "emptyDir": {}},
        {"name": "tmp-judge", "emptyDir": {}},
    ]


def test_the_judges_shared_memory_is_not_the_pods() -> None:
    pod = pod_of()
    assert at(pod["containers"][0], "/dev/shm") == "shm-judge"
    assert {"name": "shm-judge", "emptyDir": {"medium": "Memory"}} in pod["volumes"]
    given = [{"name": "shm", "mountPath": "/dev/shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}]
    theirs = pod_of(training={"podTemplate": {"volumes": given}})
    assert at(theirs["containers"][0], "/dev/shm") == "user-shm-judge"
    assert "shm-judge" not in {volume["name"] for volume in theirs["volumes"]}


def test_the_judges_python_runs_nothing_but_its_image() -> None:
    train, judge = containers(pod_of(training={"podTemplate": OVERLAY}))
    isolated = {"PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1"}
    assert variables(judge).items() >= {**isolated, "HF_HOME": "/hub"}.items()
    assert variables(judge).keys().isdisjoint({"PYTHONPATH", "LD_PRELOAD"})
    assert variables(train).keys() >= {"PYTHONPATH", "LD_PRELOAD", "HF_HOME"}
    assert isolated.keys().isdisjoint(variables(train))


def test_the_judges_image_is_the_monitors_word_then_the_operators_then_the_trainers() -> None:
    assert [c["image"] for c in containers(pod_of(SETTING))] == ["trainer:1", SETTING]
    assert pod_of(SETTING, gate={"image": "judge:2"})["containers"][0]["image"] == "judge:2"
    assert pod_of()["containers"][0]["image"] == "trainer:1"
    again = pod_of(SETTING, status={"lostReportTime": "2026-11-24T11:00:00Z"})
    assert (again["initContainers"], again["containers"][0]["image"]) == ([], SETTING)
