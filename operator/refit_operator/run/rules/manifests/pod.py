"""The pod of a run: the init container `train` and the container `judge`, with the user's overlay. Pure.

The judge's claims are never mounted where training runs, so training can't see the holdout; what else keeps the two
apart is in apart.py. What the operator sets comes after what the user sets, and wins.
"""

import json
from collections.abc import Iterable
from typing import Any

from refit_operator.api.pod import EnvFrom, PodTemplate
from refit_operator.api.run import RetrainRun
from refit_operator.api.uris import parse_claim_uri, parse_pointer
from refit_operator.progress.rules.pod_env import (
    Reporting,
    reporting_environment,
    reporting_mount,
    reporting_volume,
)
from refit_operator.run.rules.certainty import NO_USES, Uses
from refit_operator.run.rules.manifests.apart import (
    JUDGE,
    TRAIN,
    isolation_of,
    mounts_of,
    variables_for,
    volumes_of,
)
from refit_operator.run.rules.manifests.config import (
    MOUNT_ROOT,
    checkpoint_uri,
    render_judge_config,
    render_paths,
    render_train_config,
)
from refit_operator.run.rules.manifests.machines import meeting_variables, naming, place_variables
from refit_operator.run.rules.refusals import NO_REFUSALS, Refusals

Document = dict[str, Any]
GRACE_SECONDS = 60
PLACEMENT = {
    "node_selector",
    "tolerations",
    "affinity",
    "priority_class_name",
    "runtime_class_name",
    "service_account_name",
    "image_pull_secrets",
}
"""Fields of the overlay that are copied into the pod's spec."""


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


def _claim_mounts(claims: Iterable[str], writable: set[str]) -> list[Document]:
    return [
        {"name": f"claim-{claim}", "mountPath": f"{MOUNT_ROOT}/{claim}", "readOnly": claim not in writable}
        for claim in sorted(claims)
    ]


def _container(run: RetrainRun, name: str, image: str, config: Document, claims: set[str]) -> Document:
    template, writable = run.spec.training.pod_template, claims_of(checkpoint_uri(run))
    return {
        "name": name,
        "image": image,
        "env": [
            *variables_for(name, template.env),
            {"name": "REFIT_CONFIG", "value": json.dumps(config, sort_keys=True)},
            {"name": "HOME", "value": "/tmp"},
            *isolation_of(name),
            *place_variables(run),
        ],
        "resources": run.spec.training.resources.to_json(),
        "volumeMounts": [*_claim_mounts(claims, writable), *mounts_of(name, template)],
        # A script that leaves no message is explained by the end of its log.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def build_trainer(run: RetrainRun, reporting: Reporting | None = None, refusals: Refusals = NO_REFUSALS) -> Document:
    """Return the init container `train`; it alone reports its progress."""
    training = run.spec.training
    container = _container(run, TRAIN, training.image, render_train_config(run, refusals), training_claims(run))
    container["command"] = list(training.command) or ["refit-train"]
    container["env"].extend({"name": name, "value": value} for name, value in render_paths(run).items())
    container["env"].extend(meeting_variables(run))
    if reporting:
        container["env"].extend(reporting_environment(reporting))
        container["volumeMounts"].append(reporting_mount())
    args = {"args": list(training.args)} if training.args else {}
    return container | args | _env_from(training.train_env_from)


def _env_from(sources: list[EnvFrom]) -> Document:
    return {"envFrom": [source.to_json() for source in sources]} if sources else {}


def build_judge(run: RetrainRun, image: str = "", uses: Uses = NO_USES, may_be_unchanged: bool = False) -> Document:
    """Return the container `judge`; it may write beside the checkpoint: the report page, and the manifest that a stock
    script doesn't leave. `image` is the operator's own setting, empty where it has none; `uses` is how many gates asked
    each holdout before.
    """
    config = render_judge_config(run, uses, may_be_unchanged)
    chosen = run.spec.gate.image or image or run.spec.training.image
    container = _container(run, JUDGE, chosen, config, judging_claims(run))
    return container | {"command": ["refit-judge"]} | _env_from(run.spec.gate.env_from)


def build_pod(
    run: RetrainRun,
    reporting: Reporting | None = None,
    judge_image: str = "",
    uses: Uses = NO_USES,
    refusals: Refusals = NO_REFUSALS,
) -> Document:
    """Return the pod's spec; it keeps Pod Security's level `restricted`."""
    template = run.spec.training.pod_template
    grace = template.termination_grace_period_seconds
    return (
        _placement(template)
        | naming(run)
        | {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": GRACE_SECONDS if grace is None else grace,
            "securityContext": _security(template),
            "initContainers": [build_trainer(run, reporting, refusals)],
            "containers": [build_judge(run, judge_image, uses, bool(refusals))],
            "volumes": _volumes(run, reporting),
        }
    )


def only_judging(pod: Document) -> Document:
    """Return the pod that only judges what was trained."""
    mounted = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    return pod | {"initContainers": [], "volumes": [v for v in pod["volumes"] if v["name"] in mounted]}


def _placement(template: PodTemplate) -> Document:
    """Return the fields of the pod's spec that the user set."""
    given = template.model_dump(mode="json", by_alias=True, exclude_none=True, include=PLACEMENT)
    return {key: value for key, value in given.items() if value}


def _security(template: PodTemplate) -> Document:
    theirs = template.security_context.to_json() if template.security_context else {}
    given = {key: value for key, value in theirs.items() if value != []}
    return given | {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def _volumes(run: RetrainRun, reporting: Reporting | None) -> list[Document]:
    claims = sorted(training_claims(run) | judging_claims(run))
    volumes: list[Document] = [
        {"name": f"claim-{claim}", "persistentVolumeClaim": {"claimName": claim}} for claim in claims
    ]
    theirs = volumes_of(run.spec.training.pod_template)
    return [*volumes, *theirs, *([reporting_volume()] if reporting else [])]
