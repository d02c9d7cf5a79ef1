"""A Hugging Face Trainer that may be stopped at any step, and goes on from there to the weights it would have had.

What it adds to the Trainer's own checkpoints: they are whole or not there (`unfinished`); they come by the clock, and
at SIGTERM; and the order of the rows is a function of seed and epoch alone, since the Trainer's own order by length
depends on what was drawn before.
"""

import logging
import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch
from safetensors import SafetensorError
from transformers import PrinterCallback, Trainer, TrainerCallback
from transformers.trainer_pt_utils import LengthGroupedSampler

from refit_trainer.errors import BadInput, Stopped
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
        """Tell whether a state should be saved now."""
        return self.is_stopping or time.monotonic() - self._last >= max(self._least, self._cost / SHARE)

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

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        if self.args.train_sampling_strategy != "group_by_length":
            return super()._get_train_sampler(train_dataset)
        return _ByLength(self.args.train_batch_size, train_dataset or self.train_dataset, seed=self.args.seed)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save a state that can be gone on from; that there is no room for one costs the resume, not the training."""
        if self.control.should_training_stop:
            return  # what is left to do takes less time than a save
        with self._clock.saving():
            try:
                self._save_state(model, trial)
            except (BadInput, OSError, RuntimeError, SafetensorError) as error:
                log.warning("state.not_saved step=%d error=%s: %s", self.state.global_step, type(error).__name__, error)
        if self._clock.is_stopping:
            raise Stopped(f"stopped by SIGTERM after step {self.state.global_step} of {self.state.max_steps}")

    def _save_state(self, model: Any, trial: Any) -> None:
        shutil.rmtree(self.args.output_dir, ignore_errors=True)
        super()._save_checkpoint(model, trial)
        [folder] = Path(self.args.output_dir).iterdir()
        (folder / "training_args.bin").unlink()  # a pickle that nothing reads
        for companion in self._companions:
            companion.save(folder)
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


class _ByLength(LengthGroupedSampler):  # type: ignore[misc]
    """Rows of about the same length together, in an order that is the epoch's own."""

    def __init__(self, batch_size: int, dataset: Any, seed: int) -> None:
        super().__init__(batch_size, dataset)
        self._seed = seed
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Take the order of that epoch."""
        self.generator = torch.Generator().manual_seed(self._seed + epoch)
