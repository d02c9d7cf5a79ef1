"""The JSON that trainer and judge get (docs/contract.md): URIs as the pod's own mounts show them. Pure."""

from typing import Any

from refit_operator.api.run import RetrainRun
from refit_operator.api.training import ClassWeights, DatasetSpec, NewLabels
from refit_operator.api.uris import Pointer, parse_claim_uri, parse_pointer
from refit_operator.run.rules.certainty import NO_USES, Uses
from refit_operator.run.rules.known_drop import known_drop
from refit_operator.run.rules.refusals import NO_REFUSALS, Refusals

MOUNT_ROOT = "/refit/volumes"


def mounted_uri(uri: str) -> str:
    """Return `file:///refit/volumes/<claim>/<path>` for a claim's URI, any other URI as it is."""
    place = parse_claim_uri(uri)
    return f"file://{MOUNT_ROOT}/{place.claim}/{place.path}" if place else uri


def mounted_path(uri: str) -> str:
    """Return the path at which the pod sees what is on a claim, any other URI as it is."""
    return mounted_uri(uri).removeprefix("file://")


def checkpoint_uri(run: RetrainRun) -> str:
    """Return where this run publishes its checkpoint, `pvc://`."""
    return f"{run.spec.training.checkpoints.uri}/{run.metadata.name}"


def _model(pointer: Pointer) -> dict[str, str]:
    return {"uri": mounted_uri(pointer.uri)} | ({"digest": pointer.digest} if pointer.digest else {})


def _dataset(run: RetrainRun, role: str, uri: str) -> dict[str, Any]:
    dataset = run.spec.training.dataset
    document: dict[str, Any] = {role: mounted_uri(uri), "format": dataset.format, "columns": dict(dataset.columns)}
    chosen: dict[str, Any] = {"recent": dataset.recent, "replay": dataset.replay} if role == "train" else {}
    chosen |= _labels(dataset, role)
    return document | {name: value for name, value in chosen.items() if value}


def _labels(dataset: DatasetSpec, role: str) -> dict[str, Any]:
    """Return what is asked of labels and weights, where it isn't what a trainer does by itself."""
    extends = {"newLabels": dataset.new_labels.value, "minRowsPerNewLabel": dataset.min_rows_per_new_label}
    is_balanced = role == "train" and dataset.class_weights is ClassWeights.BALANCED
    weights = {"classWeights": dataset.class_weights.value} if is_balanced else {}
    return (extends if dataset.new_labels is NewLabels.EXTEND else {}) | weights


def _identity(run: RetrainRun) -> dict[str, Any]:
    return {"name": run.metadata.name, "uid": run.metadata.uid, "ordinal": run.spec.ordinal}


def render_train_config(run: RetrainRun, refusals: Refusals = NO_REFUSALS) -> dict[str, Any]:
    """Return the trainer's configuration; it never names the holdout."""
    start = parse_pointer(run.spec.starting_checkpoint)
    refused = {"refused": {fingerprint: each.run for fingerprint, each in refusals.items()}} if refusals else {}
    return refused | {
        "task": run.spec.training.task,
        "startFrom": _model(start) if start else None,
        "dataset": _dataset(run, "train", run.spec.training.dataset.train),
        "hyperparameters": dict(run.spec.training.hyperparameters),
        "output": mounted_uri(checkpoint_uri(run)),
        "keep": run.spec.training.checkpoints.keep,
        "protect": _protected(run),
        "run": _identity(run),
    }


def _protected(run: RetrainRun) -> list[str]:
    """Return what the trainer mustn't prune: what this run goes by, and what a rollback may need."""
    ours = (parse_pointer(run.spec.starting_checkpoint), parse_pointer(run.spec.served_checkpoint))
    uris = {*(pointer.uri for pointer in ours if pointer), *run.spec.protected_checkpoints}
    return sorted(mounted_uri(uri) for uri in uris if "://" in uri)


def render_judge_config(run: RetrainRun, uses: Uses = NO_USES, may_be_unchanged: bool = False) -> dict[str, Any]:
    """Return the judge's configuration: the candidate, which may be missing where the trainer knows of refusals, the
    model in service, the holdout.
    """
    served = parse_pointer(run.spec.served_checkpoint)
    document: dict[str, Any] = {
        "task": run.spec.training.task,
        "candidate": {"uri": mounted_uri(checkpoint_uri(run))},
        "dataset": _dataset(run, "holdout", run.spec.training.dataset.holdout),
        "gate": _gate(run, uses),
        "run": _identity(run),
    }
    document |= {"mayBeUnchanged": True} if may_be_unchanged else {}
    return document | ({"served": _model(served)} if served else {})


def _gate(run: RetrainRun, uses: Uses) -> dict[str, Any]:
    """Return what the judge has to know for its bounds."""
    gate = run.spec.gate
    document: dict[str, Any] = {"metric": gate.metric, "confidence": gate.confidence}
    document |= {} if gate.max_slice_drop is None else {"maxSliceDrop": gate.max_slice_drop}
    document |= {"generation": gate.generation.model_dump(by_alias=True)} if gate.generation else {}
    extends = run.spec.training.dataset.new_labels is NewLabels.EXTEND
    document |= {"maxKnownDrop": known_drop(gate)} if extends else {}
    return document | ({"uses": dict(uses)} if uses else {})


def render_paths(run: RetrainRun) -> dict[str, str]:
    """Return the variables for a script that knows nothing of REFIT_CONFIG: where from, on what, where to."""
    start = parse_pointer(run.spec.starting_checkpoint)
    uris = {
        "REFIT_START_FROM": start.uri if start else "",
        "REFIT_DATASET": run.spec.training.dataset.train,
        "REFIT_OUTPUT": checkpoint_uri(run),
    }
    return {name: mounted_path(uri) for name, uri in uris.items()}
