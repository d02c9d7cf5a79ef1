"""Early stopping without writing checkpoints: the best weights so far are kept in memory."""

import json
import logging
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from transformers import TrainerCallback

BEST, NOTES = "best.safetensors", "best.json"
log = logging.getLogger(__name__)


class EarlyStopping(TrainerCallback):  # type: ignore[misc]
    """Remember the weights of the lowest loss on the slice; stop after `patience` epochs without a lower one."""

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._waited = 0
        self._loss = float("inf")
        self._weights: dict[str, Any] = {}

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float], model: Any, **_: Any) -> None:
        """Compare this epoch's loss with the best one."""
        if metrics["eval_loss"] < self._loss:
            self._loss, self._waited = metrics["eval_loss"], 0
            self._weights = {name: weight.detach().cpu().clone() for name, weight in model.state_dict().items()}
            return
        self._waited += 1
        if self._waited >= self._patience:
            log.info("train.stopped_early epoch=%.1f best_loss=%.4f", state.epoch, self._loss)
            control.should_training_stop = True

    def save(self, folder: Path) -> None:
        """Write the best weights beside a state of the training."""
        if self._weights:
            save_file({name: weight.contiguous() for name, weight in self._weights.items()}, folder / BEST)
        (folder / NOTES).write_text(json.dumps({"loss": self._loss, "waited": self._waited}))

    def load(self, folder: Path) -> None:
        """Read what `save` wrote."""
        notes = json.loads((folder / NOTES).read_text())
        self._loss, self._waited = notes["loss"], notes["waited"]
        self._weights = load_file(folder / BEST) if (folder / BEST).exists() else {}

    def restore(self, network: Any) -> dict[str, float]:
        """Put the best weights back and return their loss."""
        if not self._weights:
            return {}
        network.load_state_dict(self._weights)
        return {"slice_loss": round(self._loss, 6)}
