"""Tokens a second of a fine-tuning: a decoder of a billion weights, by adapters and in full."""

import time
from pathlib import Path
from typing import Any

import torch
import transformers.trainer
from transformers import TrainerCallback

from benchmarks.gpu.models import make_decoder
from benchmarks.gpu.sizes import Sizes
from refit_trainer.data.rows import Row
from refit_trainer.methods import find_method
from refit_trainer.tasks import find_task
from refit_trainer.training.compute import limit_threads, pick_device
from refit_trainer.training.training_state import temporary_states

times: list[float] = []


class StepClock(TrainerCallback):  # type: ignore[misc]
    """Notes when each step of any Trainer in this process was over, on the device as well."""

    def on_step_end(self, *given: Any, **_: Any) -> None:
        """Wait for the device, and note the time."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(time.monotonic())


transformers.trainer.DEFAULT_CALLBACKS.append(StepClock)


def play(method: str, sizes: Sizes, folder: Path) -> dict[str, Any]:
    """Fine-tune for a few steps; return the tokens a second of those after the first ones, and the most memory."""
    limit_threads()
    task = find_task("text-generation")
    model = task.load(make_decoder(folder / "model", sizes))
    found = find_method(method)
    frozen = {"frozen_dtype": "bfloat16"} if method == "lora" else {}
    settings = found.hyperparameters.model_validate({"batch_size": sizes.batch, "learning_rate": 1e-5, **frozen})
    weights = sum(weight.numel() for weight in model.network.parameters())
    times.clear()
    found.train(task, model, make_rows(sizes), settings, temporary_states())
    steps = len(times) - sizes.uncounted
    seconds = times[-1] - times[sizes.uncounted - 1]
    peak = torch.cuda.max_memory_allocated() / 2**30 if pick_device().type == "cuda" else 0.0
    return {
        "weights": weights,
        "tokens_a_second": round(steps * sizes.batch * sizes.sequence / seconds, 1),
        "steps_counted": steps,
        "peak_gib_on_the_gpu": round(peak, 2),
    }


def make_rows(sizes: Sizes) -> list[Row]:
    """Return rows of the same number of tokens, one for each byte and one that ends the answer; half are learnt."""
    prompt, answer = sizes.sequence // 2, sizes.sequence - sizes.sequence // 2 - 1
    return [
        Row({"prompt": f"{number:08d}".rjust(prompt, "a"), "completion": "b" * answer})
        for number in range(sizes.batch * sizes.steps)
    ]
