"""`refit-train`: from a model and rows to a published checkpoint."""

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from refit_trainer import peers
from refit_trainer.checkpoint import (
    Save,
    find_published,
    finish_output,
    prepare_output,
    publish,
    remove_leftovers,
    unpublish,
)
from refit_trainer.config import TrainConfig, describe, parse_config
from refit_trainer.data import Check, read_rows
from refit_trainer.errors import BadInput
from refit_trainer.launch import launch_workers
from refit_trainer.manifest import library_versions
from refit_trainer.methods import Hyperparameters, Method
from refit_trainer.model_folder import verify_folder
from refit_trainer.place import Place, read_place
from refit_trainer.registry import find_method, find_task
from refit_trainer.roles import Roles
from refit_trainer.rows import RowSet
from refit_trainer.siblings import find_old_published
from refit_trainer.storage import fetch, pin, remove
from refit_trainer.tasks import LoadedModel, Task, check_row
from refit_trainer.unfinished import Unfinished, place_of

log = logging.getLogger(__name__)


def train(text: str) -> dict[str, Any]:
    """Run a training described by REFIT_CONFIG's text and return its report."""
    config, place = parse_config(text, TrainConfig), read_place()
    if place.is_worker:
        _learn_with_others(config)
        return {"process": place.process}
    log.info("train.start run=%s output=%s", config.run.name, config.output)
    manifest = find_published(config.output, config.run)
    if manifest is not None:
        log.info("train.already_published uri=%s digest=%s", config.output, manifest["digest"])
    elif place.machines > 1:
        manifest = _launch(config, place)
    else:
        prepare_output(config.output, config.run)
        manifest = _train(_pin(config))
    if not place.is_first_machine:
        return {"machine": place.machine}
    _clean_up(config)
    return _report(config, manifest)


def _launch(config: TrainConfig, place: Place) -> dict[str, Any]:
    """Learn in processes of their own, here and on the other machines; return what the first of them published."""
    if place.is_first_machine:
        prepare_output(config.output, config.run)
    launch_workers(place, config.run.uid)
    manifest = find_published(config.output, config.run)
    if manifest is None:
        raise OSError(f"output={config.output}: machine {place.machine} doesn't see what the first one published")
    return manifest


def _learn_with_others(config: TrainConfig) -> None:
    """Learn, publish where this is the first process, and leave only once that is done."""
    peers.join()
    _train(peers.share(_pin(config) if peers.is_first() else None))
    try:
        peers.wait()
    except RuntimeError as error:
        if not peers.is_first():
            raise
        log.warning("peer.lost after=publication error=%s", error)  # what counts is done


def _clean_up(config: TrainConfig) -> None:
    """Remove what nobody needs once the run is published: its own states, and checkpoints beyond those to keep."""
    remove(place_of(config.output))
    finish_output(config.output)
    if config.keep:
        protect = (*config.protect, config.start_from.uri)
        for old in find_old_published(config.output, config.keep, protect):
            unpublish(old)
            log.info("checkpoint.pruned uri=%s", old)
    remove_leftovers(config.output)


def _pin(config: TrainConfig) -> TrainConfig:
    """Return the configuration with the URIs of what is read now: what is recorded stays findable."""
    start = config.start_from.model_copy(update={"uri": pin(config.start_from.uri)})
    dataset = config.dataset.model_copy(update={"train": pin(config.dataset.train)})
    return config.model_copy(update={"start_from": start, "dataset": dataset})


def _train(config: TrainConfig) -> dict[str, Any]:
    started = time.monotonic()
    task = find_task(config.task)
    method_name = config.hyperparameters.get("method", "full")
    method = find_method(method_name)
    settings = _parse_settings(method, config.hyperparameters)
    _refuse_to_share(method_name, method, settings)
    base = fetch(config.start_from.uri)
    base_digest = verify_folder(base, config.start_from.digest, config.start_from.uri)
    labels = task.known_labels(base)
    roles = method.accept(task, is_trained=labels is not None)
    unfinished = Unfinished(config.output, _identity(config, method_name, settings, base_digest))
    rows = _read(config, roles, check_row(task, labels, roles), unfinished)
    model = _load(task, base, rows, settings)
    log.info("model.loaded uri=%s labels=%s", config.start_from.uri, ",".join(model.labels))
    metrics = method.train(task, model, rows.rows, settings, unfinished)
    facts = {
        "labels": list(model.labels),
        "base": {"uri": config.start_from.uri, "digest": base_digest},
        "dataset": {"train": {"uri": config.dataset.train, **rows.facts()}},
        "hyperparameters": {"method": method_name, **settings.model_dump()},
        "rows": len(rows),
        "seconds": round(time.monotonic() - started, 1),
        "metrics": metrics,
    }
    if not peers.is_first():
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
    }


def _read(config: TrainConfig, roles: Roles, check: Check, unfinished: Unfinished) -> RowSet:
    """Read the rows: where there is a state to go on from, the very rows that it was trained on."""

    def read(recent: int | None) -> RowSet:
        dataset = config.dataset.model_copy(update={"recent": recent})
        return read_rows(dataset.train, dataset, roles, check)

    if not peers.is_first():
        return unfinished.follow(peers.share(None), lambda: read(None))
    rows = unfinished.read_again(lambda: read(None)) or read(config.dataset.recent)
    unfinished.pin(rows)
    peers.share(unfinished.lead())
    return rows


def _refuse_to_share(name: str, method: Method, settings: Hyperparameters) -> None:
    """Raise BadInput where several processes can't do this together."""
    if peers.count() == 1:
        return
    if not method.is_shareable:
        raise BadInput(f"hyperparameters.method={name!r}: learns on one machine; training.numNodes must be 1")
    if settings.batch_size % peers.count():
        raise BadInput(
            f"hyperparameters.batch_size={settings.batch_size} can't be divided among {peers.count()} processes: it is "
            "the rows of a step over all machines"
        )


def _parse_settings(method: Method, texts: Mapping[str, str]) -> Hyperparameters:
    named = {name: value for name, value in texts.items() if name != "method"}
    try:
        return method.hyperparameters.model_validate(named)
    except ValidationError as error:
        known = ", ".join(sorted(method.hyperparameters.model_fields))
        raise BadInput(f"hyperparameters: {describe(error)} (known: {known})") from None


def _load(task: Task, base: Any, rows: RowSet, settings: Hyperparameters) -> Any:
    from refit_trainer.compute import limit_threads, seed_everything

    limit_threads()
    seed_everything(settings.seed)
    model = task.load(base, rows.rows)
    if settings.max_length:
        task.limit_length(model, settings.max_length)
    return model


def _saver(task: Task, model: LoadedModel, settings: Hyperparameters) -> Save:
    """Return what writes the model's folder, its weights in the number format that was asked for."""

    def save(folder: Path) -> None:
        import torch

        model.network.to(getattr(torch, settings.save_dtype))
        task.save(model, folder)

    return save


def _report(config: TrainConfig, manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "checkpoint": config.output,
        "digest": manifest["digest"],
        "rows": manifest["rows"],
        "seconds": manifest["seconds"],
        "metrics": manifest["metrics"],
    }
