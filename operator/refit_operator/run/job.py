"""The Job of a run: one pod in which the init container `train` and the container `judge` do their work. Pure.

The judge's claims are never mounted where training runs, so training can't see the holdout.
"""

import json
import math
from collections.abc import Iterable
from typing import Any

from refit_operator.api.base import API_VERSION, MONITOR_LABEL, RUN_LABEL
from refit_operator.api.run import RetrainRun
from refit_operator.api.uris import parse_claim_uri, parse_pointer
from refit_operator.progress.reporting import (
    Reporting,
    reporting_annotations,
    reporting_environment,
    reporting_mount,
    reporting_volume,
)
from refit_operator.run.config import MOUNT_ROOT, checkpoint_uri, render_judge_config, render_paths, render_train_config

Document = dict[str, Any]
BAD_INPUT = 64
"""The exit code for a wrong configuration or wrong data (EX_USAGE of sysexits.h): trying again can't help."""


def claims_of(*uris: str) -> set[str]:
    """Return the claims that the URIs are on."""
    return {place.claim for uri in uris if (place := parse_claim_uri(uri))}


def training_claims(run: RetrainRun) -> set[str]:
    """Return the claims that the container `train` sees."""
    start = parse_pointer(run.spec.starting_checkpoint)
    return claims_of(run.spec.training.dataset.train, checkpoint_uri(run), start.uri if start else "")


def judging_claims(run: RetrainRun) -> set[str]:
    """Return the claims that the container `judge` sees."""
    served = parse_pointer(run.spec.served_checkpoint)
    return claims_of(run.spec.training.dataset.holdout, checkpoint_uri(run), served.uri if served else "")


def _mounts(claims: Iterable[str], writable: set[str]) -> list[Document]:
    mounts: list[Document] = [
        {"name": f"claim-{claim}", "mountPath": f"{MOUNT_ROOT}/{claim}", "readOnly": claim not in writable}
        for claim in sorted(claims)
    ]
    return [*mounts, {"name": "tmp", "mountPath": "/tmp"}]


def _container(run: RetrainRun, name: str, image: str, config: Document, mounts: list[Document]) -> Document:
    return {
        "name": name,
        "image": image,
        "env": [
            {"name": "REFIT_CONFIG", "value": json.dumps(config, sort_keys=True)},
            {"name": "HOME", "value": "/tmp"},
        ],
        "resources": run.spec.training.resources.to_json(),
        "volumeMounts": mounts,
        "terminationMessagePolicy": "File",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def build_trainer(run: RetrainRun, reporting: Reporting | None = None) -> Document:
    """Return the init container `train`; it alone reports its progress."""
    training = run.spec.training
    writable = claims_of(checkpoint_uri(run))
    mounts = _mounts(training_claims(run), writable)
    container = _container(run, "train", training.image, render_train_config(run), mounts)
    container["command"] = list(training.command) or ["refit-train"]
    container["env"].extend({"name": name, "value": value} for name, value in render_paths(run).items())
    if reporting:
        container["env"].extend(reporting_environment(reporting))
        container["volumeMounts"].append(reporting_mount())
    return container | ({"args": list(training.args)} if training.args else {})


def build_judge(run: RetrainRun) -> Document:
    """Return the container `judge`; it may write beside the checkpoint, where a stock script left no manifest."""
    image = run.spec.gate.image or run.spec.training.image
    mounts = _mounts(judging_claims(run), claims_of(checkpoint_uri(run)))
    return _container(run, "judge", image, render_judge_config(run), mounts) | {"command": ["refit-judge"]}


def build_pod(run: RetrainRun, reporting: Reporting | None = None) -> Document:
    """Return the pod's spec; it keeps Pod Security's level `restricted`."""
    claims = sorted(training_claims(run) | judging_claims(run))
    volumes: list[Document] = [
        {"name": f"claim-{claim}", "persistentVolumeClaim": {"claimName": claim}} for claim in claims
    ]
    volumes.append({"name": "tmp", "emptyDir": {}})
    if reporting:
        volumes.append(reporting_volume())
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 60,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "initContainers": [build_trainer(run, reporting)],
        "containers": [build_judge(run)],
        "volumes": volumes,
    }


def build_failure_policy() -> Document:
    """Return what counts as a try: bad input ends the Job at once, a disruption isn't the trainer's fault."""
    bad_input = [
        {"action": "FailJob", "onExitCodes": {"containerName": name, "operator": "In", "values": [BAD_INPUT]}}
        for name in ("train", "judge")
    ]
    disrupted = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    return {"rules": [*bad_input, disrupted]}


def build_job(run: RetrainRun, reporting: Reporting | None = None) -> Document:
    """Return the run's Job. Its name is the run's, so that a second one can't be made."""
    meta = run.metadata
    labels = {RUN_LABEL: meta.name, MONITOR_LABEL: run.spec.monitor_ref.name, "app.kubernetes.io/managed-by": "refit"}
    owner = {"apiVersion": API_VERSION, "kind": "RetrainRun", "name": meta.name, "uid": meta.uid, "controller": True}
    annotations = {"annotations": reporting_annotations(reporting)} if reporting else {}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": meta.name, "namespace": meta.namespace, "labels": labels, "ownerReferences": [owner]},
        "spec": {
            "backoffLimit": run.spec.training.backoff_limit,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": build_failure_policy(),
            "activeDeadlineSeconds": 2 * math.ceil(run.spec.training.deadline.total_seconds()),
            "template": {"metadata": {"labels": labels} | annotations, "spec": build_pod(run, reporting)},
        },
    }
