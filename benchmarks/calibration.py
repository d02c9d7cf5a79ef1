"""`python -m benchmarks.calibration FOLDER`, in the trainer image: the threshold for a drift that really happened.

MiniLM learns from 2,000 movie reviews, through the contract. Then its answers on other movie reviews, in which nothing
has changed, and on product reviews, tweets and editorials, each of which is a drift, go into one history a drift, as a
server would have written it at 200 labels in ten minutes. `refit-calibrate` chooses the threshold for each.
"""

import csv
import json
import os
import sys
from pathlib import Path
from typing import Any

from refit_trainer.contract.process_setup import set_defaults

set_defaults()

from refit_calibrate.__main__ import main as calibrate  # noqa: E402
from refit_trainer.commands.train import train  # noqa: E402
from refit_trainer.data.rows import Row  # noqa: E402
from refit_trainer.tasks import Task  # noqa: E402
from refit_trainer.tasks.text_classification import TASK  # noqa: E402
from refit_trainer.training.compute import limit_threads  # noqa: E402

LEARNT, BEFORE, AFTER = 2000, 2400, 1200  # rows
SECONDS = 3.0  # between labels: 200 in ten minutes
DRIFTS = ("amazon", "tweets", "nyt")


def run(data: Path, folder: Path) -> None:
    """Write a CSV, the YAML and a picture for each drift."""
    rows = {domain: _read(data / f"{domain}.jsonl") for domain in ("movies", *DRIFTS)}
    _write_rows(folder / "train.jsonl", rows["movies"][:LEARNT])
    if not (folder / "movies").exists():
        train(json.dumps(_config(data / "minilm", folder)))
    limit_threads()
    task: Task = TASK
    model = task.load(folder / "movies")
    before = rows["movies"][LEARNT : LEARNT + BEFORE]
    predictions = {domain: _predict(task, model, found[:AFTER]) for domain, found in rows.items() if domain != "movies"}
    good = _predict(task, model, before)
    for domain in DRIFTS:
        path = _write_history(folder / f"{domain}.csv", good, predictions[domain])
        print(f"\nmovies, then {domain}:")
        calibrate([str(path)])
        calibrate([str(path), "--rule", "3/5", "--picture", str(folder / f"{domain}.png")])


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _config(start: Path, folder: Path) -> dict[str, Any]:
    return {
        "task": "text-classification",
        "startFrom": {"uri": start.as_uri()},
        "dataset": {"train": (folder / "train.jsonl").as_uri()},
        "hyperparameters": {"learning_rate": "1e-4"},
        "output": (folder / "movies").as_uri(),
        "run": {"name": "movies-1", "uid": "movies-1"},
    }


def _predict(task: Task, model: Any, rows: list[dict[str, Any]]) -> list[bool]:
    answers = task.predict(model, [Row(row) for row in rows])
    return [answer.value == row["label"] for answer, row in zip(answers, rows, strict=True)]


def _write_history(path: Path, good: list[bool], drifted: list[bool]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "correct", "drifted"])
        marked = [*((right, 0) for right in good), *((right, 1) for right in drifted)]
        writer.writerows([place * SECONDS, int(right), flag] for place, (right, flag) in enumerate(marked))
    return path


if __name__ == "__main__":
    run(Path(os.environ["REFIT_DATA"]), Path(sys.argv[1]))
