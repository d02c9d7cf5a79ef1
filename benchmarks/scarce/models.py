"""A model of one domain as it is served, made by what the operator runs, inside the trainer image."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rows import write_rows
from benchmarks.scarce import Domain, Kind, Row
from refit_serving.model import ServedModel, load_model
from refit_serving.settings import read_settings
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.tasks import Prediction

Answers = Sequence[tuple[Prediction, bool]]
"""The prediction of each row, and whether it is right."""


@dataclass(frozen=True)
class Learnt:
    """A model, and its accuracy on the holdout."""

    model: ServedModel
    accuracy: float


def make_model(kind: Kind, start: Path, domain: Domain, folder: Path) -> Learnt:
    """Train and judge."""
    write_rows(folder / "train", domain.learnt)
    write_rows(folder / "holdout", domain.judged)
    task = {"task": kind.task, "run": {"name": f"{folder.name}-1", "uid": folder.name}}
    model = folder / "model"
    learning = {"startFrom": {"uri": start.as_uri()}, "hyperparameters": dict(kind.hyperparameters)}
    train(json.dumps(task | learning | {"dataset": {"train": (folder / "train").as_uri()}, "output": model.as_uri()}))
    judging = {"candidate": {"uri": model.as_uri()}, "gate": {"metric": "accuracy"}}
    report = judge(json.dumps(task | judging | {"dataset": {"holdout": (folder / "holdout").as_uri()}}))
    served = load_model(read_settings({"INITIAL_MODEL_URI": model.as_uri(), "TASK": kind.task}))
    return Learnt(served, float(report["candidate"]["metrics"]["accuracy"]))


def answer(model: ServedModel, rows: Sequence[Row]) -> Answers:
    """Return the answers to rows."""
    predictions = model.predict([row[model.task.input] for row in rows])
    return [(one, one.value == row["label"]) for one, row in zip(predictions, rows, strict=True)]
