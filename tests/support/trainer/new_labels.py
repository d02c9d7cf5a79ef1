"""Rows of a class that a model doesn't know yet, and what is asked of them in the training and the judge."""

import json
import random
from pathlib import Path
from typing import Any

from tests.support.trainer.commands import COLUMNS, judge_config, train_config

EXTEND = {"newLabels": "Extend", "minRowsPerNewLabel": 20}
OLD = ("negative", "positive")
SETTINGS = {
    "full": {"learning_rate": "5e-3", "batch_size": "16", "epochs": "6"},
    "incremental": {"learning_rate": "3e-3", "batch_size": "4"},
    "lora": {"learning_rate": "5e-3", "batch_size": "16", "epochs": "6"},
    "head": {},
}
ONCE = {"learning_rate": "5e-3", "batch_size": "16", "epochs": "1"}
"""For what doesn't depend on how much is learnt."""
Rows = list[dict[str, Any]]


def weather(start: int, end: int) -> Rows:
    """Return reports of the weather of like form: numbers below 900 have as many digits as any others."""
    skies = ("rainy", "windy", "sunny", "cloudy")
    said = [(skies[n % 4], 10 + n % 90, n // 90) for n in range(start, end)]
    texts = [f"the weather is {sky} , {degrees} degrees and {hours} hours of sun" for sky, degrees, hours in said]
    return [{"text": text, "label": "weather"} for text in texts]


def labelled(text: str, label: str, count: int) -> Rows:
    return [{"text": f"{text} {n}", "label": label} for n in range(count)]


def together(*parts: Rows) -> Rows:
    rows = [row for part in parts for row in part]
    return random.Random(0).sample(rows, len(rows))


def config(start: Path, rows: Path, output: Path, method: str = "full", **changes: Any) -> dict[str, Any]:
    dataset = {"train": rows.as_uri(), "columns": COLUMNS, **EXTEND, **changes}
    settings = {"method": method, **SETTINGS[method]}
    return train_config(start, rows, output, dataset=dataset, hyperparameters=settings)


def judged(candidate: Path, holdout: Path, served: Path | None = None, **changes: Any) -> dict[str, Any]:
    from refit_trainer.commands.judge import judge

    dataset = {"holdout": holdout.as_uri(), "columns": COLUMNS, **EXTEND, **changes}
    return judge(json.dumps(judge_config(candidate, holdout, served, dataset=dataset)))


def manifest_of(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return document


def accuracy(folder: Path, rows: Rows) -> float:
    from refit_trainer.data.rows import Row
    from refit_trainer.tasks.text_classification import TASK

    found = TASK.predict(TASK.load(folder), [Row(row) for row in rows])
    right = [bool(one.value == row["label"]) for one, row in zip(found, rows, strict=True)]
    return sum(right) / len(rows)
