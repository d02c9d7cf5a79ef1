"""Seconds until an untrained ResNet reads handwritten digits: pictures are decoded, moved and learnt."""

from pathlib import Path
from typing import Any

from benchmarks.gpu.sizes import Sizes
from benchmarks.train.stopwatch import Stopwatch, running
from refit_trainer.data.blob import Blob
from refit_trainer.data.rows import Row
from refit_trainer.methods import find_method
from refit_trainer.tasks import LoadedModel, find_task
from refit_trainer.training.compute import limit_threads
from refit_trainer.training.training_state import temporary_states
from tests.support.trainer.commands import read_rows
from tests.support.trainer.pictures import make_tiny_resnet, write_digits

HELD = 400
"""Scans that no training sees."""


def play(sizes: Sizes, folder: Path) -> dict[str, Any]:
    """Train until the goal; return the seconds, without those of measuring, and how far it came."""
    limit_threads()
    task = find_task("image-classification")
    digits = write_digits(folder / "rows", 0, sizes.digits + HELD)
    rows = [
        Row({"image": Blob(digits / row["image"]), "label": row["label"]}) for row in read_rows(digits / "rows.jsonl")
    ]
    learnt, held = rows[: sizes.digits], rows[sizes.digits :]
    model = task.load(make_tiny_resnet(folder / "model"), learnt)

    def measure(network: Any) -> float:
        predictions = task.predict(LoadedModel(network, model.processor, model.labels), held)
        return task.measure(held, predictions)["accuracy"]

    watch = Stopwatch(measure, sizes.goal, every_rows=4 * 32)
    running.append(watch)
    full = find_method("full")
    settings = full.hyperparameters.model_validate({"learning_rate": 3e-3, "epochs": 12})
    full.train(task, model, learnt, settings, temporary_states())
    running.pop()
    watch.measure(model.network)
    reached = next((seconds for seconds, accuracy in watch.points if accuracy >= sizes.goal), None)
    best = max(accuracy for _, accuracy in watch.points)
    return {"goal": sizes.goal, "seconds_to_it": reached, "best_accuracy": round(best, 4)}
