"""What every measurement starts from: real sentences, and MiniLM fine-tuned on those about films."""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refit_trainer.data.rows import Row
from refit_trainer.methods import find_method
from refit_trainer.storage.uris import make_scratch
from refit_trainer.tasks import LoadedModel, Task
from refit_trainer.tasks.text_classification import TASK
from refit_trainer.training.compute import seed_everything
from refit_trainer.training.training_state import temporary_states

task: Task = TASK
START_ROWS, TRAIN_ROWS, HELD_ROWS = 3000, 2000, 600


@dataclass(frozen=True)
class Material:
    """The prepared data folder, and the model that is in service: it knows films."""

    data: Path
    served: Path
    file: Path

    def rows(self, domain: str) -> list[Row]:
        """Return a domain's sentences, in an order that is always the same."""
        return [Row(json.loads(line)) for line in (self.data / f"{domain}.jsonl").read_text().splitlines()]

    def learn(self, domain: str, count: int = TRAIN_ROWS) -> list[Row]:
        """Return the first sentences of a domain."""
        return self.rows(domain)[:count]

    def held(self, domain: str) -> list[Row]:
        """Return the last ones, which no training sees."""
        return self.rows(domain)[-HELD_ROWS:]

    def load(self) -> LoadedModel:
        """Load the model in service."""
        return task.load(self.served)

    def say(self, bench: str, **measured: Any) -> None:
        """Write one measurement, a line of JSON, and show it."""
        line = json.dumps({"bench": bench, **measured})
        print(line, flush=True)
        with self.file.open("a") as lines:
            lines.write(line + "\n")


def prepare(data: Path, file: Path) -> Material:
    """Fine-tune MiniLM on films."""
    material = Material(data, make_scratch() / "served", file)
    rows = material.learn("movies", START_ROWS)
    seed_everything(42)
    model = task.load(data / "minilm", rows)
    seconds = learn(model, rows, "full", learning_rate=1e-4)[1]
    task.save(model, material.served)
    found = accuracies(material, model, ("movies", "amazon", "tweets"))
    material.say("start", rows=len(rows), seconds=seconds, cpus=len(os.sched_getaffinity(0)), **found)
    return material


def learn(model: LoadedModel, rows: Sequence[Row], method: str = "full", **settings: Any) -> tuple[Any, float]:
    """Train by one of our methods; return its metrics and the seconds it took."""
    found = find_method(method)
    started = time.monotonic()
    metrics = found.train(task, model, rows, found.hyperparameters(**settings), temporary_states())
    return metrics, round(time.monotonic() - started, 2)


def accuracy(model: LoadedModel, rows: Sequence[Row]) -> float:
    """Return the share of right answers."""
    return round(task.measure(rows, task.predict(model, rows))["accuracy"], 4)


def accuracies(material: Material, model: LoadedModel, domains: Sequence[str]) -> dict[str, float]:
    """Return the accuracy on the rows held back of each domain."""
    return {domain: accuracy(model, material.held(domain)) for domain in domains}


def note(text: str) -> None:
    """Print how far it is."""
    print(text, file=sys.stderr, flush=True)


Benchmark = Callable[[Material, Sequence[int]], None]
