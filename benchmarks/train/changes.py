"""What each thing that spares a training work is worth: the same rows with it and without it, in turn by seed.

Timed is a whole training from texts in memory to its thirtieth step, without profiler or measurements.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import transformers.trainer
from transformers import TrainerCallback

from benchmarks.train import CHANGES, TIMED_STEPS
from benchmarks.train.material import Material, note, task
from benchmarks.train.speed import CONTESTANTS, LENGTH
from refit_trainer.training import attention, vocabulary
from refit_trainer.training.compute import seed_everything

NEVER = "never"


@contextmanager
def without(used_rows: bool = False, stepwise: bool = False) -> Iterator[None]:
    """Have `full` train as it did before: all rows of the embedding, or by torch's fused attention, or both."""
    before = vocabulary.MOST_USED, attention.FUSED
    vocabulary.MOST_USED = 0 if used_rows else before[0]
    attention.FUSED = NEVER if stepwise else before[1]
    try:
        yield
    finally:
        vocabulary.MOST_USED, attention.FUSED = before


OURS, THEIRS = "full, batches of 32", "HF Trainer, tuned"
WAYS: dict[str, tuple[str, Callable[[], Any]]] = dict(
    zip(
        CHANGES,
        (
            (THEIRS, without),
            (OURS, lambda: without(used_rows=True, stepwise=True)),
            (OURS, lambda: without(used_rows=True)),
            (OURS, lambda: without(stepwise=True)),
            (OURS, without),
        ),
        strict=True,
    )
)


class StopHere(TrainerCallback):  # type: ignore[misc]
    """Ends a training at its thirtieth step, while `ends` asks for it."""

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note when that was."""
        if ends and state.global_step == TIMED_STEPS:
            ends.append(time.monotonic())
            control.should_training_stop = True


ends: list[float] = []
transformers.trainer.DEFAULT_CALLBACKS.append(StopHere)


def run(material: Material, seeds: Sequence[int]) -> None:
    """Train each way in turn."""
    rows = material.learn("amazon")
    for seed in seeds:
        for name, (contestant, as_before) in WAYS.items():
            note(f"changes: {name}, seed {seed}")
            seed_everything(seed)
            model = material.load()
            task.limit_length(model, LENGTH)
            with as_before():
                ends.append(time.monotonic())
                CONTESTANTS[contestant](model, rows, seed)
            began, ended = ends
            ends.clear()
            material.say("changes", name=name, seed=seed, seconds=round(ended - began, 2))
