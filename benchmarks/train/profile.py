"""Where the time of a training step goes, by kind of operator: the tuned Trainer's, and ours.

Both train on the reviews of `speed`, in batches of 32, in turn by seed. Every sixth step is recorded by torch.profiler,
since the two don't come to long and short rows at the same time; what it adds to an operator is the same on both sides.
What isn't in an operator is Python's. The first step, with the longest rows, isn't recorded.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import transformers.trainer
from torch.profiler import ProfilerActivity, profile
from transformers import TrainerCallback

from benchmarks.train.material import Material, note, task
from benchmarks.train.profile_parts import DATA, PYTHON
from benchmarks.train.speed import CONTESTANTS, LENGTH
from refit_trainer.training.compute import seed_everything

SIDES = ("HF Trainer, tuned", "full, batches of 32")
EVERY, FIRST, LAST = 6, 3, 45
"""Of the steps, each sixth from the fourth on, until the rows of three of the Trainer's sorted groups are through."""


class Recording:
    """What some steps of a training took, in all."""

    def __init__(self, network: Any) -> None:
        self.steps = self.tokens = self.padding = 0
        self.seconds: dict[str, float] = defaultdict(float)
        self._profile: Any = None
        self._began = self._ended = 0.0
        network.register_forward_pre_hook(self._count, with_kwargs=True)

    def begin(self) -> None:
        """Record a step whose batch is made."""
        if self._ended:
            self.seconds[DATA] += time.monotonic() - self._ended
        self._profile = profile(activities=[ProfilerActivity.CPU])
        self._profile.__enter__()
        self._began = time.monotonic()

    def end(self) -> None:
        """Add what it took, by operator."""
        wall = time.monotonic() - self._began
        self._profile.__exit__(None, None, None)
        for event in self._profile.key_averages():
            seconds = event.self_cpu_time_total / 1e6
            self.seconds[event.key] += seconds
            wall -= seconds
        self.seconds[PYTHON] += max(0.0, wall)
        self._profile = None
        self.steps += 1

    def see_end(self) -> None:
        """Note when a step ended; the next one's batch is made from then on."""
        self._ended = time.monotonic()

    def _count(self, network: Any, arguments: Any, given: Mapping[str, Any]) -> None:
        if self._profile:
            self.tokens += given["input_ids"].numel()
            self.padding += int((given["attention_mask"] == 0).sum())

    def facts(self) -> dict[str, Any]:
        """Return a step's milliseconds by operator, its tokens, and which share of them is padding."""
        longest_first = sorted(self.seconds.items(), key=lambda one: -one[1])
        parts = {name: round(1e3 * seconds / self.steps, 2) for name, seconds in longest_first}
        tokens, padding = round(self.tokens / self.steps), round(self.padding / self.tokens, 4)
        return {
            "steps": self.steps,
            "tokens": tokens,
            "padding": padding,
            "operators": {name: ms for name, ms in parts.items() if ms},
        }


running: list[Recording] = []


class Recorder(TrainerCallback):  # type: ignore[misc]
    """Has the newest of `running` record every sixth step."""

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Begin."""
        if running and state.global_step % EVERY == FIRST:
            running[-1].begin()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """End; the step that ends is counted already."""
        if running and (state.global_step - 1) % EVERY == FIRST:
            running[-1].end()
        if running:
            running[-1].see_end()
            control.should_training_stop |= state.global_step == LAST


transformers.trainer.DEFAULT_CALLBACKS.append(Recorder)


def run(material: Material, seeds: Sequence[int]) -> None:
    """Record steps of both sides in turn."""
    rows = material.learn("amazon")
    for seed in seeds:
        for name in SIDES:
            note(f"profile: {name}, seed {seed}")
            seed_everything(seed)
            model = material.load()
            task.limit_length(model, LENGTH)
            running.append(Recording(model.network))
            CONTESTANTS[name](model, rows, seed)
            material.say("profile", name=name, seed=seed, **running.pop().facts())
