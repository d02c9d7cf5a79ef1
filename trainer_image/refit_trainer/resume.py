"""A Hugging Face Trainer that may be stopped at any step, and goes on from there to the weights it would have had.

What it adds to the Trainer's own checkpoints: they are whole or not there (`unfinished`); they come by the clock, and
at SIGTERM; and the order of rows by length is one of our own (`by_length`), since the Trainer's depends on what was
drawn before.
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

from refit_trainer import peers
from refit_trainer.by_length import ByLength
from refit_trainer.errors import BadInput, PeerLost, Stopped
from refit_trainer.unfinished import Unfinished

SHARE = 0.02  # of the time may go into saving
log = logging.getLogger(__name__)


class Companion(Protocol):
    """Something whose own state has to come back together with the training's."""

    def save(self, folder: Path) -> None:
        """Write the state into a folder."""

    def load(self, folder: Path) -> None:
        """Read it from there."""


class Clock:
    """When to save: asked for by SIGTERM, or as long after the last one that saving takes up no more than its share."""

    def __init__(self) -> None:
        self.is_stopping = False
        self._least = float(os.environ.get("REFIT_SAVE_SECONDS") or 60)
        self._cost, self._last = 0.0, time.monotonic()

    def is_due(self) -> bool:
        """Tell whether a state should be saved now. The processes of one training agree on it."""
        passed = time.monotonic() - self._last >= max(self._least, self._cost / SHARE)
        return peers.any_of(self.is_stopping or passed)

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Measure what a save costs."""
        started = time.monotonic()
        yield
        self._last = time.monotonic()
        self._cost = self._last - started

    @contextmanager
    def heeding_sigterm(self) -> Iterator[None]:
        """Make SIGTERM a wish to stop while this runs: the step that is under way is finished first."""

        def stop(signum: int, frame: FrameType | None) -> None:
            self.is_stopping = True

        before = signal.signal(signal.SIGTERM, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)


class ResumableTrainer(Trainer):  # type: ignore[misc]
    """The Trainer, given where its states are; its output folder is theirs."""

    def __init__(self, unfinished: Unfinished, companions: Sequence[Companion] = (), **settings: Any) -> None:
        self._unfinished, self._companions, self._clock = unfinished, companions, Clock()
        super().__init__(**settings)
        self.model_accepts_loss_kwargs &= peers.count() == 1 or self._heeds_count()
        self.remove_callback(PrinterCallback)
        self.add_callback(_AskForSaves(self._clock))

    def train_on(self) -> float:
        """Train from where the run was, and return the mean loss of all its steps; raise Stopped after SIGTERM."""
        saved = self._unfinished.saved
        if saved:
            log.info("train.resumed step=%d path=%s", saved.step, saved.folder)
            for companion in self._companions:
                companion.load(saved.folder)
        with self._clock.heeding_sigterm():
            self.train(resume_from_checkpoint=str(saved.folder) if saved else None)
        return mean_loss(self.state.log_history)

    def _heeds_count(self) -> bool:
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
        rows = train_dataset or self.train_dataset
        return ByLength([len(row["input_ids"]) for row in rows], batch, self.args.seed)

    def store_flos(self) -> None:
        """Count no operations: the Trainer adds them up over all processes, even where one alone saves."""
        self.current_flos = 0

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save a state that can be gone on from; that there is no room for one costs the resume, not the training."""
        if self.control.should_training_stop:
            return  # what is left to do takes less time than a save
        with self._clock.saving():
            random_states = peers.gather(self._random_state()) if peers.count() > 1 else []
            if peers.is_first():
                self._try_to_save(model, trial, random_states)
            is_stopping = self._clock.is_stopping
            is_one_stopping = peers.any_of(is_stopping)
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
        for companion in self._companions:
            companion.save(folder)
        for name, state in random_states:
            (folder / name).write_bytes(state)
        self._unfinished.keep(folder, self.state.global_step)
        log.info("state.saved step=%d of=%d", self.state.global_step, self.state.max_steps)


def mean_loss(history: Sequence[dict[str, Any]]) -> float:
    """Return the mean over all steps of the losses logged as means since the one before; 0 where none was logged."""
    logged = [(entry["step"], entry["loss"]) for entry in history if "loss" in entry]
    before = [0, *(step for step, _ in logged)]
    total = sum(loss * (step - last) for (step, loss), last in zip(logged, before, strict=False))
    return float(total / before[-1]) if logged else 0.0


class _AskForSaves(TrainerCallback):  # type: ignore[misc]
    """Ask the Trainer to save and to log, since what it hasn't logged of the loss would be lost with it.

    After an epoch's last step it waits for the epoch's end: the evaluation that comes in between isn't made up for.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save in the middle of an epoch; log the last step's loss."""
        control.should_log |= control.should_training_stop
        if not float(state.epoch).is_integer():
            self.on_epoch_end(args, state, control)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save if it is due."""
        if self._clock.is_due():
            control.should_save = control.should_log = True
