"""`python -m benchmarks.play_scarce FILE`, inside the trainer image: what is seen without labels, on real sentences.

MiniLM learns one of four domains, is judged on rows of its own, and is then asked about windows of 200 sentences, of
which a share is of another domain. What the server would export of each window is compared with what its labels say.
"""

import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from refit_trainer.contract.process_setup import set_defaults

set_defaults()
os.environ["REFIT_REPORT"] = "off"

from refit_serving.metrics import Metrics  # noqa: E402
from refit_serving.model import ServedModel, load_model  # noqa: E402
from refit_serving.settings import read_settings  # noqa: E402
from refit_serving.watch import Watch  # noqa: E402
from refit_trainer.commands.judge import judge  # noqa: E402
from refit_trainer.commands.train import train  # noqa: E402
from refit_trainer.sketch.document import WINDOW  # noqa: E402
from refit_trainer.tasks import Prediction  # noqa: E402

DOMAINS = ("movies", "amazon", "tweets", "nyt")
LEARNT, JUDGED, ASKED = 1200, 700, 1000  # rows of each domain, in this order
SHARES = (0.0, 0.1, 0.25, 0.5, 1.0)
WINDOWS = 50
Row = dict[str, Any]
Answers = Sequence[tuple[Prediction, bool]]
"""The prediction of each row, and whether it is right."""


def play(data: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield a record for each pair of domains and each share of the second one."""
    rows = {domain: _read(data / f"{domain}.jsonl") for domain in DOMAINS}
    asked = {domain: found[LEARNT + JUDGED :][:ASKED] for domain, found in rows.items()}
    for learnt in DOMAINS:
        model, accuracy = _make_model(data / "minilm", rows[learnt], folder / learnt)
        answers = {domain: _answer(model, found) for domain, found in asked.items()}
        for foreign in DOMAINS:
            for share in SHARES if foreign != learnt else ():
                windows = _draw(answers[learnt], answers[foreign], share)
                yield {"learnt": learnt, "foreign": foreign, "share": share} | _measure(model, windows, accuracy)


def _read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _make_model(start: Path, rows: Sequence[Row], folder: Path) -> tuple[ServedModel, float]:
    """Train and judge; return the model as it is served, and its accuracy on the holdout."""
    files = {"train": rows[:LEARNT], "holdout": rows[LEARNT : LEARNT + JUDGED]}
    for name, some in files.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in some))
    run = {"name": f"{folder.name}-1", "uid": folder.name}
    task = {"task": "text-classification", "run": run}
    model = folder / "model"
    learning = {"startFrom": {"uri": start.as_uri()}, "hyperparameters": {"learning_rate": "1e-4"}}
    train(json.dumps(task | learning | {"dataset": {"train": (folder / "train").as_uri()}, "output": model.as_uri()}))
    judging = {"candidate": {"uri": model.as_uri()}, "gate": {"metric": "accuracy"}}
    report = judge(json.dumps(task | judging | {"dataset": {"holdout": (folder / "holdout").as_uri()}}))
    return load_model(read_settings({"INITIAL_MODEL_URI": model.as_uri()})), float(
        report["candidate"]["metrics"]["accuracy"]
    )


def _answer(model: ServedModel, rows: Sequence[Row]) -> Answers:
    predictions = model.predict([row["text"] for row in rows])
    return [(one, one.value == row["label"]) for one, row in zip(predictions, rows, strict=True)]


def _draw(own: Answers, foreign: Answers, share: float) -> list[Answers]:
    draw = random.Random(f"{share}")
    count = round(share * WINDOW)
    return [[*draw.sample(own, WINDOW - count), *draw.sample(foreign, count)] for _ in range(WINDOWS)]


def _measure(model: ServedModel, windows: Sequence[Answers], before: float) -> dict[str, float]:
    """Return how many windows are flagged, and the mean errors of the estimate and of the accuracy before."""
    watches = [_follow(model, window) for window in windows]
    true = [fmean(right for _, right in window) for window in windows]
    estimated = [watch.estimated_accuracy or 0.0 for watch in watches]
    found = {
        "flagged": fmean((watch.drift or 0.0) > 1 for watch in watches),
        "drift": fmean(watch.drift or 0.0 for watch in watches),
        "true": fmean(true),
        "estimated": fmean(estimated),
        "error": fmean(abs(a - b) for a, b in zip(true, estimated, strict=True)),
        "error_of_before": fmean(abs(a - before) for a in true),
    }
    return {"windows": len(windows), "before": before} | {name: round(value, 4) for name, value in found.items()}


def _follow(model: ServedModel, window: Answers) -> Watch:
    watch = Watch(model.task, model.loaded.labels, model.sketch, Metrics(model.digest))
    for prediction, _ in window:
        watch.follow(prediction)
    return watch


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        lines = [json.dumps(record) + "\n" for record in play(Path("/materials/data"), Path(made))]
    Path(sys.argv[1]).write_text("".join(lines))
