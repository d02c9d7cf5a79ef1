"""The Job: what the contract says, at Pod Security's level `restricted`, the holdout out of training's sight."""

import json
from pathlib import Path
from typing import Any

import pytest

from refit_operator.api.training import Accept, GateSpec
from refit_operator.progress.rules.pod_env import Reporting
from refit_operator.run.rules.manifests.config import render_judge_config, render_train_config
from refit_operator.run.rules.manifests.job import build_job
from refit_operator.run.rules.refusals import Refusal
from tests.support.samples import OLD_DIGEST, make_monitor, make_run

CONTRACT = Path(__file__).parents[2] / "contract"


def shape(document: Any) -> Any:
    """Return keys and types of a document: what a contract fixes."""
    if isinstance(document, dict):
        return {key: shape(value) for key, value in sorted(document.items())}
    return type(document).__name__


def example(name: str) -> Any:
    return json.loads((CONTRACT / name).read_text())


def contract_run() -> Any:
    labels = {"newLabels": "Extend", "classWeights": "Balanced"}
    training = {
        "dataset": {"columns": {"text": "text", "label": "label"}, "recent": 1500, "replay": 0.2, **labels},
        "hyperparameters": {"learning_rate": "1e-4", "epochs": "1", "method": "full"},
    }
    run = make_run(monitor=make_monitor(training=training))
    pointer = f"pvc://models/reviews-v1@{OLD_DIGEST}"
    spec = run.spec.model_copy(update={"starting_checkpoint": pointer, "served_checkpoint": pointer})
    return run.model_copy(update={"spec": spec})


def test_the_trainers_configuration_is_the_contracts() -> None:
    want = example("train-config.json")
    refusals = {fingerprint: Refusal(run, OLD_DIGEST, "Unclear", "") for fingerprint, run in want["refused"].items()}
    assert shape(render_train_config(contract_run(), refusals)) == shape(want)
    assert "refused" not in render_train_config(contract_run())


def test_the_judges_configuration_is_the_contracts() -> None:
    want = example("judge-config.json")
    want["dataset"].pop("recent")
    want["dataset"]["columns"].pop("slice")
    uses = want["gate"]["uses"]
    run = contract_run()
    gate = run.spec.gate.model_copy(update={"max_slice_drop": 0.05})
    run = run.model_copy(update={"spec": run.spec.model_copy(update={"gate": gate})})
    assert shape(render_judge_config(run, uses, may_be_unchanged=True)) == shape(want)
    assert "mayBeUnchanged" not in render_judge_config(run, uses)
    assert render_judge_config(run, uses)["gate"] == want["gate"]
    gate = {"metric": "accuracy", "confidence": 0.95}
    assert render_judge_config(contract_run())["gate"] == gate | {"maxKnownDrop": 0.0}
    assert render_judge_config(make_run())["gate"] == gate


def test_what_is_not_asked_of_the_labels_is_not_said() -> None:
    """An older trainer's image, and a judge of one's own, are given what they always were."""
    plain, asked = make_run(), contract_run()
    names = {"newLabels", "minRowsPerNewLabel", "classWeights"}
    assert not names & {*render_train_config(plain)["dataset"], *render_judge_config(plain)["dataset"]}
    assert names - set(render_judge_config(asked)["dataset"]) == {"classWeights"}


@pytest.mark.parametrize(
    ("gate", "drop"),
    [
        ({}, 0.0),
        ({"max_slice_drop": 0.05}, 0.05),
        ({"accept": Accept.NOT_WORSE, "tolerance": 0.02}, 0.02),
        ({"accept": Accept.NOT_WORSE, "tolerance": 0.02, "max_slice_drop": 0.0}, 0.0),
    ],
)
def test_what_may_be_lost_on_labels_that_are_known(gate: dict[str, Any], drop: float) -> None:
    run = contract_run()
    changed = run.spec.model_copy(update={"gate": run.spec.gate.model_copy(update=gate)})
    assert render_judge_config(run.model_copy(update={"spec": changed}))["gate"]["maxKnownDrop"] == drop


def test_how_answers_are_generated_is_said_where_it_is_asked_for() -> None:
    run = contract_run()
    asked = {"maxNewTokens": 8, "answerPattern": "[0-9]+"}
    gate = GateSpec.model_validate({"metric": "regex_match", "generation": asked})
    run = run.model_copy(update={"spec": run.spec.model_copy(update={"gate": gate})})
    assert render_judge_config(run)["gate"]["generation"] == {"temperature": 0, "seed": 0, **asked}


def test_what_serves_and_what_served_before_is_never_pruned() -> None:
    before = ["pvc://models/checkpoints/reviews/reviews-1-0a1b2c3d", "a person's word"]
    run = contract_run()
    run = run.model_copy(update={"spec": run.spec.model_copy(update={"protected_checkpoints": before})})
    config = render_train_config(run)
    assert config["keep"] == 5
    assert config["protect"] == [
        "file:///refit/volumes/models/checkpoints/reviews/reviews-1-0a1b2c3d",
        "file:///refit/volumes/models/reviews-v1",
    ]


def test_training_never_sees_the_holdout() -> None:
    pod = build_job(make_run())["spec"]["template"]["spec"]
    train, judge = pod["initContainers"][0], pod["containers"][0]
    assert {m["name"] for m in train["volumeMounts"]} == {"claim-feedback", "claim-models", "tmp-train"}
    judges = {"claim-holdout", "claim-models", "tmp-judge", "shm-judge"}
    assert {m["name"] for m in judge["volumeMounts"]} == judges
    assert "holdout" not in json.dumps(train["env"])


def test_claims_are_read_only_but_the_one_that_is_published_to() -> None:
    train = build_job(make_run())["spec"]["template"]["spec"]["initContainers"][0]
    modes = {m["name"]: m.get("readOnly") for m in train["volumeMounts"]}
    assert modes == {"claim-feedback": True, "claim-models": False, "tmp-train": None}


def test_the_pod_is_restricted_and_has_no_token() -> None:
    pod = build_job(make_run())["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    for container in (*pod["initContainers"], *pod["containers"]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_bad_input_ends_the_job_and_disruptions_dont_count() -> None:
    rules = build_job(make_run())["spec"]["podFailurePolicy"]["rules"]
    assert [rule["action"] for rule in rules] == ["FailJob", "FailJob", "Ignore"]
    assert rules[0]["onExitCodes"] == {"containerName": "train", "operator": "In", "values": [64]}


def test_the_jobs_name_is_the_runs_and_the_run_owns_it() -> None:
    run = make_run()
    meta = build_job(run)["metadata"]
    assert meta["name"] == run.metadata.name
    assert meta["ownerReferences"][0]["uid"] == run.metadata.uid
    assert meta["ownerReferences"][0]["controller"] is True


def test_a_stock_script_gets_paths() -> None:
    monitor = make_monitor(training={"command": ["python", "train.py"], "args": ["--fast"]})
    train = build_job(make_run(monitor=monitor))["spec"]["template"]["spec"]["initContainers"][0]
    assert train["command"] == ["python", "train.py"]
    assert train["args"] == ["--fast"]
    values = {variable["name"]: variable["value"] for variable in train["env"]}
    assert values["REFIT_START_FROM"] == "/refit/volumes/models/reviews-v1"
    assert values["REFIT_DATASET"] == "/refit/volumes/feedback/train"
    assert values["REFIT_OUTPUT"].startswith("/refit/volumes/models/checkpoints/reviews/reviews-1-")


def test_a_job_for_a_queue_is_made_suspended_so_that_kueue_starts_it() -> None:
    queued = build_job(make_run(monitor=make_monitor(training={"queueName": "gpus"})))
    assert queued["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "gpus"
    assert queued["spec"]["suspend"] is True
    alone = build_job(make_run())
    assert "kueue.x-k8s.io/queue-name" not in alone["metadata"]["labels"]
    assert alone["spec"]["suspend"] is False


SECRET = {"secretRef": {"name": "lake"}}
OVERLAY = {
    "labels": {"team": "nlp", "refit.dev/run": "another"},
    "annotations": {"a": "b"},
    "nodeSelector": {"gpu": "a100"},
    "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
    "priorityClassName": "batch",
    "runtimeClassName": "nvidia",
    "serviceAccountName": "trainer",
    "imagePullSecrets": [{"name": "registry"}],
    "securityContext": {"runAsUser": 1000, "fsGroup": 2000},
    "terminationGracePeriodSeconds": 0,
    "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
    "volumes": [
        {"name": "cache", "mountPath": "/cache", "persistentVolumeClaim": {"claimName": "hub"}},
        {"name": "shm", "mountPath": "/dev/shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
        {"name": "conf", "mountPath": "/conf", "readOnly": True, "configMap": {"name": "c"}},
    ],
}


def overlaid() -> Any:
    training = {"podTemplate": OVERLAY, "trainEnvFrom": [SECRET]}
    monitor = make_monitor(training=training, gate={"envFrom": [{"configMapRef": {"name": "judge"}}]})
    return build_job(make_run(monitor=monitor), REPORTING)["spec"]["template"]


def test_the_overlay_is_in_the_pods_own_words() -> None:
    pod = overlaid()["spec"]
    same = ("nodeSelector", "tolerations", "affinity", "priorityClassName", "runtimeClassName", "serviceAccountName")
    for name in (*same, "imagePullSecrets", "terminationGracePeriodSeconds"):
        assert pod[name] == OVERLAY[name], name
    assert pod["volumes"][-5:-1] == [
        {"name": "user-cache", "persistentVolumeClaim": {"claimName": "hub"}},
        {"name": "user-shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
        {"name": "user-shm-judge", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
        {"name": "user-conf", "configMap": {"name": "c"}},
    ]
    for container in (pod["initContainers"][0], pod["containers"][0]):
        assert container["env"][:2] == OVERLAY["env"]
        assert {"name": "user-conf", "mountPath": "/conf", "readOnly": True} in container["volumeMounts"]


def test_what_is_the_operators_stays_under_an_overlay() -> None:
    template = overlaid()
    assert template["metadata"]["labels"]["team"] == "nlp"
    assert template["metadata"]["labels"]["refit.dev/run"] == make_run().metadata.name
    assert template["metadata"]["annotations"] == {"a": "b", "refit.dev/progress-ca": REPORTING.authority}
    seccomp = {"type": "RuntimeDefault"}
    wanted = {"runAsUser": 1000, "fsGroup": 2000, "runAsNonRoot": True, "seccompProfile": seccomp}
    assert template["spec"]["securityContext"] == wanted
    assert template["spec"]["automountServiceAccountToken"] is False


def test_trainer_and_judge_have_secrets_of_their_own() -> None:
    pod = overlaid()["spec"]
    assert pod["initContainers"][0]["envFrom"] == [SECRET]
    assert pod["containers"][0]["envFrom"] == [{"configMapRef": {"name": "judge"}}]


REPORTING = Reporting("https://refit-progress.refit-system.svc:8443", "-----BEGIN CERTIFICATE-----\nabc\n")


def test_nothing_is_said_of_reporting_where_nothing_listens() -> None:
    assert "KUBEFLOW" not in json.dumps(build_job(make_run()))
    assert "annotations" not in build_job(make_run())["spec"]["template"]["metadata"]


def test_the_trainer_alone_can_report() -> None:
    template = build_job(make_run(), REPORTING)["spec"]["template"]
    pod = template["spec"]
    folder = "/var/run/secrets/refit.dev/progress"
    assert pod["initContainers"][0]["env"][-3:] == [
        {"name": "KUBEFLOW_TRAINER_SERVER_URL", "value": REPORTING.url},
        {"name": "KUBEFLOW_TRAINER_SERVER_CA_CERT", "value": f"{folder}/ca.crt"},
        {"name": "KUBEFLOW_TRAINER_SERVER_TOKEN", "value": f"{folder}/token"},
    ]
    assert pod["initContainers"][0]["volumeMounts"][-1] == {
        "name": "refit-progress",
        "mountPath": folder,
        "readOnly": True,
    }
    assert template["metadata"]["annotations"] == {"refit.dev/progress-ca": REPORTING.authority}
    assert pod["containers"] == build_job(make_run())["spec"]["template"]["spec"]["containers"]
    assert pod["automountServiceAccountToken"] is False


def test_the_token_is_good_for_reporting_only() -> None:
    volume = build_job(make_run(), REPORTING)["spec"]["template"]["spec"]["volumes"][-1]
    field = {"fieldPath": "metadata.annotations['refit.dev/progress-ca']"}
    assert volume == {
        "name": "refit-progress",
        "projected": {
            "sources": [
                {
                    "serviceAccountToken": {
                        "audience": "refit.dev/progress",
                        "expirationSeconds": 3600,
                        "path": "token",
                    }
                },
                {"downwardAPI": {"items": [{"path": "ca.crt", "fieldRef": field}]}},
            ]
        },
    }
