"""A Hugging Face Trainer that can be stopped at any step and resumed to the weights of an uninterrupted training.

What it adds to the Trainer's own checkpoints: they are whole or not there (`training_state`); they are saved by time,
and at SIGTERM; and rows are grouped by length with a sampler of our own (`samplers`), since the order of the Trainer's
depends on random numbers drawn before.
"""

import logging
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch
from safetensors import SafetensorError
from transformers import PrinterCallback, Trainer, TrainerCallback

from refit_trainer.contract.errors import BadInput, PeerLost, Stopped
from refit_trainer.distributed import collectives
from refit_trainer.training.encoded import lengths_of
from refit_trainer.training.samplers import LengthGroupedSampler
from refit_trainer.training.training_state import StateStore
from refit_trainer.training.vocabulary import other_rows

SAVE_SHARE = 0.02
"""The share of the time that saving may take."""
log = logging.getLogger(__name__)


class Stateful(Protocol):
    """Something whose state is saved and restored together with the training's."""

    def save(self, folder: Path) -> None:
        """Write the state into a folder."""

    def load(self, folder: Path) -> None:
        """Read it from there."""


class SaveSchedule:
    """When to save: at SIGTERM, or so long after the last save that saving takes no more than its share of the time."""

    def __init__(self) -> None:
        self.is_stopping = False
        self._least = float(os.environ.get("REFIT_SAVE_SECONDS") or 60)
        self._cost, self._last = 0.0, time.monotonic()

    def is_due(self) -> bool:
        """Tell whether a state should be saved now. The processes of one training agree on it."""
        passed = time.monotonic() - self._last >= max(self._least, self._cost / SAVE_SHARE)
        return collectives.any_rank(self.is_stopping or passed)

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Measure what a save costs."""
        started = time.monotonic()
        yield
        self._last = time.monotonic()
        self._cost = self._last - started

    @contextmanager
    def deferring_sigterm(self) -> Iterator[None]:
        """Defer SIGTERM while this runs: the current step is finished and saved first."""

        def stop(signum: int, frame: FrameType | None) -> None:
            self.is_stopping = True

        before = signal.signal(signal.SIGTERM, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)


class ResumableTrainer(Trainer):  # type: ignore[misc]
    """The Trainer with a store for its states; its output folder is the store's staging folder."""

    def __init__(self, states: StateStore, stateful: Sequence[Stateful] = (), **settings: Any) -> None:
        self._states, self._stateful, self._schedule = states, stateful, SaveSchedule()
        super().__init__(**settings)
        has_own_loss = self.compute_loss_func is None  # the network's, not one that it was given
        self.model_accepts_loss_kwargs &= collectives.world_size() == 1 or (has_own_loss and self._divides_by_count())
        self.remove_callback(PrinterCallback)
        self.add_callback(_RequestSaves(self._schedule))

    def train_resumable(self) -> float:
        """Train, from the saved state if there is one; return the mean loss of all steps, raise Stopped at SIGTERM."""
        if self._states.saved and (problem := other_rows(self._states.saved.folder, self.model)):
            self._states.ignore(problem)
        saved = self._states.saved
        if saved:
            log.info("train.resumed step=%d path=%s", saved.step, saved.folder)
            for part in self._stateful:
                part.load(saved.folder)
        with self._schedule.deferring_sigterm():
            self.train(resume_from_checkpoint=str(saved.folder) if saved else None)
        return mean_loss(self.state.log_history)

    def try_step(self, rows: Sequence[Any]) -> None:
        """Go forward and backward with some rows; whatever is raised there would end the training. No weight learns."""
        self.model.eval()  # so that no random number is drawn and no mean over a batch is kept
        with self.compute_loss_context_manager():
            loss = self.compute_loss(self.model, self._prepare_inputs(self.data_collator(list(rows))))
        loss.backward()
        self.model.zero_grad()
        self.model.train()

    def _divides_by_count(self) -> bool:
        """Tell whether the network divides its loss by the number of labels that it is given, those of all processes.

        The Trainer believes it of each that takes keywords, and multiplies the loss by the number of processes; of one
        that takes the mean of its own rows, the mean over the processes is what one alone would have.
        """
        inputs = self._prepare_inputs(self.data_collator([self.train_dataset[0]]))
        self.model.eval()
        with torch.no_grad():
            plain, counted = (float(self.model(**inputs, **more).loss) for more in ({}, {"num_items_in_batch": 1000}))
        self.model.train()
        return plain != counted

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        if self.args.train_sampling_strategy != "group_by_length":
            return super()._get_train_sampler(train_dataset)
        batch = self.args.train_batch_size * self.args.world_size  # a step's rows, which the processes share
        return LengthGroupedSampler(lengths_of(train_dataset or self.train_dataset), batch, self.args.seed)

    def store_flos(self) -> None:
        """Count no FLOPs: the Trainer sums them over all processes, and would wait for those that don't save."""
        self.current_flos = 0

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save a state to resume from; a failure to write it is logged and doesn't end the training."""
        if self.control.should_training_stop:
            return  # the rest takes less time than a save
        with self._schedule.saving():
            random_states = collectives.all_gather(self._random_state()) if collectives.world_size() > 1 else []
            if collectives.is_rank_zero():
                self._try_to_save(model, trial, random_states)
            is_stopping = self._schedule.is_stopping
            is_one_stopping = collectives.any_rank(is_stopping)
        reached = f"after step {self.state.global_step} of {self.state.max_steps}"
        if is_stopping:
            raise Stopped(f"stopped by SIGTERM {reached}")
        if is_one_stopping:
            raise PeerLost(f"it was stopped {reached}")

    def _random_state(self) -> tuple[str, bytes]:
        """Return the file in which the Trainer keeps this process's random numbers, by its name."""
        with tempfile.TemporaryDirectory() as folder:
            self._save_rng_state(folder)
            [path] = Path(folder).iterdir()
            return path.name, path.read_bytes()

    def _try_to_save(self, model: Any, trial: Any, random_states: Sequence[tuple[str, bytes]]) -> None:
        try:
            self._save_state(model, trial, random_states)
        except (BadInput, OSError, RuntimeError, SafetensorError) as error:
            log.warning("state.not_saved step=%d error=%s: %s", self.state.global_step, type(error).__name__, error)

    def _save_state(self, model: Any, trial: Any, random_states: Sequence[tuple[str, bytes]]) -> None:
        shutil.rmtree(self.args.output_dir, ignore_errors=True)
        super()._save_checkpoint(model, trial)
        [folder] = Path(self.args.output_dir).iterdir()
        (folder / "training_args.bin").unlink()  # a pickle that nothing reads
        for part in self._stateful:
            part.save(folder)
        for name, state in random_states:
            (folder / name).write_bytes(state)
        self._states.commit(folder, self.state.global_step)
        log.info("state.saved step=%d of=%d", self.state.global_step, self.state.max_steps)


def mean_loss(history: Sequence[dict[str, Any]]) -> float:
    """Return the mean over all steps of the losses logged as means since the one before; 0 where none was logged."""
    logged = [(entry["step"], entry["loss"]) for entry in history if "loss" in entry]
    before = [0, *(step for step, _ in logged)]
    total = sum(loss * (step - last) for (step, loss), last in zip(logged, before, strict=False))
    return float(total / before[-1]) if logged else 0.0


class _RequestSaves(TrainerCallback):  # type: ignore[misc]
    """Ask the Trainer to save, and to log, since a loss that wasn't logged before a save is lost on resuming.

    After an epoch's last step it waits for the epoch's end: a resumed training doesn't make up for its evaluation.
    """

    def __init__(self, schedule: SaveSchedule) -> None:
        self._schedule = schedule

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save in the middle of an epoch; log the last step's loss."""
        control.should_log |= control.should_training_stop
        if not float(state.epoch).is_integer():
            self.on_epoch_end(args, state, control)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save if it is due."""
        if self._schedule.is_due():
            control.should_save = control.should_log = True
