"""`refit-train`: from a model and rows to a published checkpoint."""

import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError, create_model

from refit_trainer.artifacts.checkpoint import (
    Save,
    find_published,
    prepare_output,
    publish,
    remove_leftovers,
    remove_upload_marker,
    unpublish,
)
from refit_trainer.artifacts.manifest import library_versions
from refit_trainer.artifacts.model_folder import verify_folder
from refit_trainer.artifacts.retention import find_expired
from refit_trainer.commands.lesson import Lesson, check_asked, learning_of, prepare
from refit_trainer.contract.config import TrainConfig, describe, parse_config
from refit_trainer.contract.errors import BadInput, Unchanged
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.reader import Check, read_rows
from refit_trainer.data.rows import Row, RowSet
from refit_trainer.distributed import collectives
from refit_trainer.distributed.launcher import count_gpus, keep_one_gpu, launch_workers
from refit_trainer.distributed.topology import Topology, read_topology
from refit_trainer.methods import Hyperparameters, Method, find_method, name_method
from refit_trainer.storage.uris import fetch, pin, remove
from refit_trainer.tasks import LoadedModel, Task, find_task
from refit_trainer.tasks.components.batches import count_cut
from refit_trainer.tasks.components.row_check import check_row
from refit_trainer.training.fingerprint import fingerprint_of
from refit_trainer.training.training_state import StateStore, states_uri

log = logging.getLogger(__name__)


def train(text: str) -> dict[str, Any]:
    """Run a training described by REFIT_CONFIG's text and return its report."""
    config, topology = parse_config(text, TrainConfig), read_topology()
    if topology.is_worker:
        _train_as_worker(config)
        return {"process": topology.rank}
    log.info("train.start run=%s output=%s", config.run.name, config.output)
    manifest = find_published(config.output, config.run)
    if manifest is not None:
        log.info("train.already_published uri=%s digest=%s", config.output, manifest["digest"])
    elif topology.nodes > 1 or _uses_several_gpus(config):
        manifest = _launch(config, topology)
    else:
        keep_one_gpu()
        prepare_output(config.output, config.run)
        manifest = _train(_pin(config))
    if not topology.is_first_node:
        return {"machine": topology.node_rank}
    _clean_up(config)
    return _report(config, manifest)


def _uses_several_gpus(config: TrainConfig) -> bool:
    """Tell whether this machine trains by a process for each of its GPUs; what can't be shared uses one of them."""
    gpus, name = count_gpus(), name_method(config.task, config.hyperparameters.get("method"))
    if gpus > 1 and not find_method(name).supports_distributed:
        log.warning("train.gpus_unused count=%d: the method %s learns in one process", gpus - 1, name)
        return False
    return gpus > 1


def _launch(config: TrainConfig, topology: Topology) -> dict[str, Any]:
    """Train in worker processes, here and on the other machines; return the manifest that rank 0 published."""
    if topology.is_first_node:
        prepare_output(config.output, config.run)
    launch_workers(topology, config.run.uid)
    manifest = find_published(config.output, config.run)
    if manifest is None:
        raise OSError(f"output={config.output}: machine {topology.node_rank} doesn't see what the first one published")
    return manifest


def _train_as_worker(config: TrainConfig) -> None:
    """Train as one of the workers, publish as rank 0, and return only once that is done."""
    collectives.init_process_group()
    _train(collectives.broadcast(_pin(config) if collectives.is_rank_zero() else None))
    try:
        collectives.barrier()
    except RuntimeError as error:
        if not collectives.is_rank_zero():
            raise
        log.warning("peer.lost after=publication error=%s", error)  # the checkpoint is published


def _clean_up(config: TrainConfig) -> None:
    """Remove what a published run no longer needs: its saved states, and checkpoints beyond those to keep."""
    remove(states_uri(config.output))
    remove_upload_marker(config.output)
    if config.keep:
        protect = (*config.protect, config.start_from.uri)
        for old in find_expired(config.output, config.keep, protect):
            unpublish(old)
            log.info("checkpoint.pruned uri=%s", old)
    remove_leftovers(config.output)


def _pin(config: TrainConfig) -> TrainConfig:
    """Return the configuration with pinned URIs, so that the manifest names exactly what was read."""
    start = config.start_from.model_copy(update={"uri": pin(config.start_from.uri)})
    dataset = config.dataset.model_copy(update={"train": pin(config.dataset.train)})
    return config.model_copy(update={"start_from": start, "dataset": dataset})


def _train(config: TrainConfig) -> dict[str, Any]:
    started = time.monotonic()
    task = find_task(config.task)
    method_name = name_method(config.task, config.hyperparameters.get("method"))
    method = find_method(method_name)
    settings = _parse_settings(task, method, config.hyperparameters)
    task = task.as_trained(settings)
    _check_distributed(method_name, method, settings)
    check_asked(task, config.dataset, method_name)
    base = fetch(config.start_from.uri)
    base_digest = verify_folder(base, config.start_from.digest, config.start_from.uri)
    labels = task.known_labels(base)
    roles = method.accept(task, is_trained=labels is not None)
    identity = _identity(config, method_name, settings, base_digest)
    states = StateStore(config.output, identity)
    rows = _read(config, roles, check_row(task, labels, roles, config.dataset.extends), states)
    fingerprint = fingerprint_of(identity, rows)
    _check_changed(config, fingerprint)
    lesson = prepare(task, config.dataset, labels, rows.rows)
    distinct = lesson.distinct
    model = _load(task, base, lesson, settings)
    log.info("model.loaded uri=%s labels=%s", config.start_from.uri, ",".join(model.labels))
    metrics = method.train(task, model, distinct.rows, settings, states)
    data = rows.facts() | distinct.facts()
    facts = {
        "labels": list(model.labels),
        **lesson.new.facts(),
        "base": {"uri": config.start_from.uri, "digest": base_digest},
        "dataset": {"train": {"uri": config.dataset.train, **data, **_cut(task, model, distinct.rows)}},
        "hyperparameters": {"method": method_name, **settings.model_dump()},
        "fingerprint": fingerprint,
        "rows": len(distinct.rows),
        "seconds": round(time.monotonic() - started, 1),
        "metrics": metrics,
    }
    if not collectives.is_rank_zero():
        return {}
    manifest = publish(config.output, config.run, config.task, _saver(task, model, settings), facts)
    log.info("checkpoint.published uri=%s digest=%s", config.output, manifest["digest"])
    return manifest


def _identity(config: TrainConfig, method: str, settings: Hyperparameters, base_digest: str) -> dict[str, Any]:
    """Return all that a training depends on, but its rows."""
    return {
        "run": config.run.model_dump(),
        "task": config.task,
        "base": base_digest,
        "dataset": config.dataset.model_dump(),
        "hyperparameters": {"method": method, **settings.model_dump()},
        "versions": library_versions(),
        **learning_of(config.dataset),
    }


def _read(config: TrainConfig, roles: ColumnRoles, check: Check, states: StateStore) -> RowSet:
    """Read the rows: where there is a state to resume from, exactly the rows that it was trained on."""

    def read(recent: int | None) -> RowSet:
        dataset = config.dataset.model_copy(update={"recent": recent})
        return read_rows(dataset.train, dataset, roles, check)

    if not collectives.is_rank_zero():
        return states.follow_broadcast(collectives.broadcast(None), lambda: read(None))
    rows = states.reread_rows(lambda: read(None)) or read(config.dataset.recent)
    states.pin_rows(rows)
    collectives.broadcast(states.to_broadcast())
    return rows


def _check_changed(config: TrainConfig, fingerprint: str) -> None:
    """Raise Unchanged where a run that was refused had the same start, rows and hyperparameters."""
    if earlier := config.refused.get(fingerprint):
        log.info("train.unchanged since=%s fingerprint=%s", earlier, fingerprint)
        if collectives.is_rank_zero():
            remove_upload_marker(config.output)
        raise Unchanged(fingerprint)


def _check_distributed(name: str, method: Method, settings: Hyperparameters) -> None:
    """Raise BadInput where the method or the batch size can't be split over several processes."""
    processes = collectives.world_size()
    if processes == 1:
        return
    if not method.supports_distributed:
        raise BadInput(f"hyperparameters.method={name!r}: learns on one machine; training.numNodes must be 1")
    if settings.batch_size % processes:
        raise BadInput(
            f"hyperparameters.batch_size={settings.batch_size} can't be divided among {processes} processes: it is the "
            "rows of a step over all machines"
        )


def _parse_settings(task: Task, method: Method, texts: Mapping[str, str]) -> Hyperparameters:
    """Return the hyperparameters of the method, and those that the task adds to it."""
    named = {name: value for name, value in texts.items() if name != "method"}
    own = task.hyperparameters
    bases: tuple[type[Any], ...] = (method.hyperparameters, own) if own else (method.hyperparameters,)
    kind: type[Hyperparameters] = create_model("Settings", __base__=bases)
    try:
        return kind.model_validate(named)
    except ValidationError as error:
        known = ", ".join(sorted(kind.model_fields))
        raise BadInput(f"hyperparameters: {describe(error)} (known: {known})") from None


def _load(task: Task, base: Any, lesson: Lesson, settings: Hyperparameters) -> Any:
    from refit_trainer.training.compute import limit_threads, seed_everything

    limit_threads()
    seed_everything(settings.seed)
    model = task.load(base, lesson.distinct.rows)
    lesson.name_head(task, model)
    if settings.max_length:
        task.limit_length(model, settings.max_length)
    return model


def _cut(task: Task, model: LoadedModel, rows: Sequence[Row]) -> dict[str, int]:
    """Return, and tell, how many inputs the model was given a part of; nothing where there are none."""
    cut = count_cut(task, model, rows)
    if not cut:
        return {}
    log.warning("data.cut rows=%d of=%d: longer than what the model is given of them", cut, len(rows))
    return {"cut": cut}


def _saver(task: Task, model: LoadedModel, settings: Hyperparameters) -> Save:
    """Return what writes the model's folder, its weights in the number format of `save_dtype`."""

    def save(folder: Path) -> None:
        import torch

        if isinstance(model.network, torch.nn.Module):
            model.network.to(getattr(torch, settings.save_dtype))
        task.save(model, folder)
        if model.beside:
            shutil.copytree(model.beside, folder, dirs_exist_ok=True)

    return save


def _report(config: TrainConfig, manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "checkpoint": config.output,
        "digest": manifest["digest"],
        "fingerprint": manifest.get("fingerprint"),
        "rows": manifest["rows"],
        "seconds": manifest["seconds"],
        "metrics": manifest["metrics"],
    }
