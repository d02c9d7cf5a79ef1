"""A clock that stands still while accuracy is measured: for every Hugging Face Trainer of this process, ours too.

The Trainer adds each class in `DEFAULT_CALLBACKS` to itself, so that nothing has to be passed through the methods.
"""

import time
from collections.abc import Callable
from typing import Any

import transformers.trainer
from transformers import TrainerCallback

Measure = Callable[[Any], float]


class Stopwatch:
    """Seconds of training, and the accuracy reached by then."""

    def __init__(self, measure: Measure, goal: float, every_rows: int) -> None:
        """`measure` gives a network's accuracy; training ends where it is `goal`."""
        self.points: list[tuple[float, float]] = []
        self.goal, self.every_rows = goal, every_rows
        self._measure = measure
        self._started, self._paused, self._rows = time.monotonic(), 0.0, 0

    @property
    def seconds(self) -> float:
        """Seconds since the start without those of measuring."""
        return time.monotonic() - self._started - self._paused

    def measure(self, network: Any) -> bool:
        """Measure, and return whether the goal is reached."""
        began = time.monotonic()
        seconds = self.seconds
        self.points.append((round(seconds, 3), self._measure(network)))
        self._paused += time.monotonic() - began
        return self.points[-1][1] >= self.goal

    def count(self, rows: int) -> bool:
        """Count rows trained on; return whether it is time to measure."""
        before, self._rows = self._rows // self.every_rows, self._rows + rows
        return self._rows // self.every_rows > before


running: list[Stopwatch] = []


class StopAtGoal(TrainerCallback):  # type: ignore[misc]
    """Measures at the running stopwatch's intervals, and stops at its goal."""

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any, **_: Any) -> None:
        """Measure every so many rows."""
        if running and running[-1].count(args.per_device_train_batch_size):
            control.should_training_stop |= running[-1].measure(model)
            model.train()


transformers.trainer.DEFAULT_CALLBACKS.append(StopAtGoal)
