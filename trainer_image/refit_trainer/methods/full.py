"""`full`, the default method: every weight learns, by the Hugging Face Trainer set for speed."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import Field
from transformers import TrainerCallback, TrainingArguments, set_seed

from refit_trainer import methods
from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.draws import draw
from refit_trainer.data.rows import Row
from refit_trainer.distributed import collectives
from refit_trainer.tasks import LoadedModel, Task
from refit_trainer.training.activations import Wish, recompute_where_needed
from refit_trainer.training.attention import training_attention
from refit_trainer.training.compute import pick_device
from refit_trainer.training.early_stopping import EarlyStopping
from refit_trainer.training.encoded import Encoder, Part, have_lengths, pick_extremes
from refit_trainer.training.hardware import count_workers, hardware_settings
from refit_trainer.training.resume import ResumableTrainer
from refit_trainer.training.training_state import StateStore
from refit_trainer.training.vocabulary import training_used_rows

log = logging.getLogger(__name__)


class Hyperparameters(methods.Hyperparameters):
    """The common hyperparameters, and those of `full`."""

    learning_rate: float = Field(5e-5, gt=0)
    epochs: float = Field(1, gt=0)
    warmup_ratio: float = Field(0.1, ge=0, lt=1)
    weight_decay: float = Field(0.01, ge=0)
    early_stopping: int = Field(0, ge=0)
    """Epochs without a better loss on a slice of the training rows after which to stop; 0: never, and no slice."""
    gradient_checkpointing: Wish = "auto"
    """Whether activations are computed again instead of being kept; `auto`: where a GPU's memory is short."""
    early_stopping_share: float = Field(0.1, gt=0, lt=0.5)
    parallelism: Literal["ddp"] = "ddp"
    """How several machines share the work: each has the whole model, and a share of every batch."""


class Full:
    """The method `full`."""

    hyperparameters = Hyperparameters
    supports_distributed = True

    def accept(self, task: Task, is_trained: bool) -> ColumnRoles:
        """Learn from what the task has."""
        return task.roles

    def train(
        self, task: Task, model: LoadedModel, rows: Sequence[Row], settings: Hyperparameters, states: StateStore
    ) -> dict[str, float]:
        """Train in place; return the training loss, and the best loss on the slice where there is one."""
        return fit(task, model, split_rows(rows, settings), settings, states)


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to learn from, in the order in which they are first drawn from, and early stopping's slice."""

    learnt: Sequence[Row]
    held: Sequence[Row] = ()


def split_rows(rows: Sequence[Row], settings: Hyperparameters) -> Split:
    """Shuffle the rows by the seed, and hold some back where early stopping is wanted."""
    shuffled = draw(len(rows), len(rows), settings.seed)
    wanted = settings.early_stopping > 0 and settings.epochs > 1
    held = round(len(rows) * settings.early_stopping_share) if wanted else 0
    return Split(Part(rows, shuffled[held:]), Part(rows, shuffled[:held]))


def fit(task: Task, model: LoadedModel, rows: Split, settings: Hyperparameters, states: StateStore) -> dict[str, float]:
    """Train in place on rows that are split already; return what `Full.train` returns."""
    set_seed(settings.seed)
    model.network.train()
    early_stopping = [EarlyStopping(settings.early_stopping)] if rows.held else []
    with refusing_model(model.folder):
        encoder = _encoder(task, model, states)
        examples, collate = encoder.encode(rows.learnt), task.collator(model)
        workers = count_workers(examples, collate, settings.batch_size // collectives.world_size())
        trainer = ResumableTrainer(
            states,
            stateful=early_stopping,
            model=model.network,
            args=_arguments(settings, examples, bool(rows.held), states.staging, hardware_settings(workers)),
            train_dataset=examples,
            eval_dataset=encoder.encode(rows.held) if rows.held else None,
            data_collator=collate,
            compute_loss_func=model.loss,
            callbacks=[_LogSteps(), *early_stopping],
        )
        tried = pick_extremes(examples, _longest_tried(trainer.args.per_device_train_batch_size))
        recompute_where_needed(model.network, settings.gradient_checkpointing, lambda: trainer.try_step(tried))
    special = getattr(model.processor, "all_special_ids", ())
    with training_attention(model.network), training_used_rows(model.network, examples, special) as watching:
        for callback in watching:
            trainer.add_callback(callback)
        loss = trainer.train_resumable()
        _check_finite(model.network, loss, settings)
        return {"loss": round(loss, 6)} | (early_stopping[0].restore(model.network) if early_stopping else {})


def _check_finite(network: Any, loss: float, settings: Hyperparameters) -> None:
    """Raise BadInput where weights or the loss aren't numbers any more: the same settings would end there again."""
    if not all(bool(torch.isfinite(weight).all()) for weight in network.parameters()):
        raise BadInput(f"the training diverged: hyperparameters.learning_rate={settings.learning_rate} is too high")
    if not math.isfinite(loss):
        raise BadInput(
            f"the training's loss is {loss}, which is no number to learn by: try a hyperparameters.learning_rate below "
            f"{settings.learning_rate}, or another startFrom"
        )


def _longest_tried(batch: int) -> int:
    """Return with how many of the longest rows a step is tried: on a GPU, with as many as a step has."""
    return max(1, batch - 1) if pick_device().type == "cuda" else 1


def _encoder(task: Task, model: LoadedModel, states: StateStore) -> Encoder:
    """Return what encodes rows, or finds what an earlier attempt of the same training has encoded."""
    of = [states.identity, model.labels]
    return Encoder(
        states.encoded,
        of,
        lambda rows: task.encode(model, rows),
        task.encodes_together,
        lambda row: task.size_of(row.values[task.input]),
    )


def _arguments(
    settings: Hyperparameters, examples: Sequence[Any], has_slice: bool, folder: Path, hardware: Mapping[str, Any]
) -> Any:
    steps = max(1, round(len(examples) / settings.batch_size * settings.epochs))
    return TrainingArguments(
        output_dir=str(folder),
        learning_rate=settings.learning_rate,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size // collectives.world_size(),
        per_device_eval_batch_size=settings.batch_size * 2 // collectives.world_size(),
        warmup_steps=settings.warmup_ratio,
        weight_decay=settings.weight_decay,
        seed=settings.seed,
        optim="adamw_torch_fused",
        train_sampling_strategy="group_by_length" if have_lengths(examples) else "random",
        remove_unused_columns=False,
        save_strategy="no",
        eval_strategy="epoch" if has_slice else "no",
        logging_steps=max(1, steps // 10),
        report_to="none",
        disable_tqdm=True,
        **hardware,
    )


class _LogSteps(TrainerCallback):  # type: ignore[misc]
    """Say ten times how far the training is."""

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        """Log step, epoch and whichever loss is there, once on each machine."""
        if not state.is_local_process_zero:
            return
        losses = {name: value for name, value in (logs or {}).items() if name in ("loss", "eval_loss")}
        for name, value in losses.items():
            log.info("train.step step=%d of=%d %s=%.4f", state.global_step, state.max_steps, name, float(value))


METHOD = Full()
