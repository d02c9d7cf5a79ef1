"""Seconds of training until a fixed accuracy on product reviews, from the model that knows films.

Six contestants in turn, by seed: Hugging Face's Trainer as its documentation shows it, the same with every setting
that makes it fast here, and our methods, `full` with the settings of either. All cut texts at the same length. The
clock begins with the model in memory and texts as text.
"""

from collections.abc import Callable, Sequence
from typing import Any

from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

from benchmarks.train import EVERY_ROWS, GOAL
from benchmarks.train.material import Material, accuracy, learn, note, task
from benchmarks.train.stopwatch import Stopwatch, running
from refit_trainer.data.rows import Row
from refit_trainer.storage.uris import make_scratch
from refit_trainer.tasks import LoadedModel
from refit_trainer.training.compute import is_bf16_fast, seed_everything

LENGTH = 128  # tokens; the documentation pads to what the model takes, 512: four times as slow again
Contestant = Callable[[LoadedModel, Sequence[Row], int], Any]


def as_documented(model: LoadedModel, rows: Sequence[Row], seed: int) -> None:
    """Train with the defaults: padding to one length, batches of 8, 5e-5, three epochs, fp32."""
    _train(model, rows, {"padding": "max_length"}, seed=seed)


def tuned(model: LoadedModel, rows: Sequence[Row], seed: int) -> None:
    """Train as experienced users of the Trainer do: padding by batch, rows grouped by length, bf16, larger batches."""
    _train(
        model,
        rows,
        {},
        seed=seed,
        per_device_train_batch_size=32,
        learning_rate=1e-4,
        num_train_epochs=1,
        warmup_steps=0.1,
        weight_decay=0.01,
        bf16=is_bf16_fast(),
        optim="adamw_torch_fused",
        train_sampling_strategy="group_by_length",
    )


def _train(model: LoadedModel, rows: Sequence[Row], padding: dict[str, Any], **settings: Any) -> None:
    numbers = {label: i for i, label in enumerate(model.labels)}
    encoded = model.processor([row.values["text"] for row in rows], truncation=True, max_length=LENGTH, **padding)
    examples = [
        {name: encoded[name][i] for name in encoded} | {"labels": numbers[row.values["label"]]}
        for i, row in enumerate(rows)
    ]
    quiet = {"report_to": "none", "save_strategy": "no", "logging_strategy": "no", "disable_tqdm": True}
    arguments = TrainingArguments(str(make_scratch()), use_cpu=True, dataloader_pin_memory=False, **quiet, **settings)
    collator = DataCollatorWithPadding(model.processor)
    Trainer(model=model.network, args=arguments, train_dataset=examples, data_collator=collator).train()


CONTESTANTS: dict[str, Contestant] = {
    "HF Trainer, as documented": as_documented,
    "HF Trainer, tuned": tuned,
    "full, batches of 8 as documented": lambda model, rows, seed: learn(
        model, rows, "full", learning_rate=5e-5, batch_size=8, epochs=3, warmup_ratio=0, weight_decay=0, seed=seed
    ),
    "full, batches of 32": lambda model, rows, seed: learn(model, rows, "full", learning_rate=1e-4, seed=seed),
    "head": lambda model, rows, seed: learn(model, rows, "head", seed=seed),
    "lora": lambda model, rows, seed: learn(model, rows, "lora", seed=seed),
}


def run(material: Material, seeds: Sequence[int]) -> None:
    """Let the contestants train in turn."""
    rows, held = material.learn("amazon"), material.held("amazon")
    for seed in seeds:
        for name in CONTESTANTS:
            note(f"speed: {name}, seed {seed}")
            points = measure(material, name, rows, held, seed)
            material.say("speed", name=name, seed=seed, points=points)


def measure(
    material: Material, name: str, rows: Sequence[Row], held: Sequence[Row], seed: int
) -> list[tuple[float, float]]:
    """Train once; return seconds and accuracy on the way, and where it ended."""
    model = material.load()
    task.limit_length(model, LENGTH)
    seed_everything(seed)

    def measure(network: Any) -> float:
        return accuracy(LoadedModel(network, model.processor, model.labels), held)

    watch = Stopwatch(measure, GOAL, EVERY_ROWS)
    running.append(watch)
    CONTESTANTS[name](model, rows, seed)
    running.pop()
    watch.measure(model.network)
    return watch.points
