"""A first model, and what clients send: `python -m tests.support.cluster.in_image.prepare_task TASK FOLDER`.

Runs inside the trainer image.

The model has learnt from the data before the drift, through `refit-train`. The rows go to the server as they are: a
client's requests with their true labels, images and recordings in base64.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.trainer.commands import read_rows

SECONDS = 1.0
"""Of a recording that are heard."""


def write_digits_and_inverted(folder: Path) -> None:
    from tests.support.trainer.pictures import make_tiny_resnet, write_digits

    make_tiny_resnet(folder / "start")
    write_digits(folder / "train", 0, 800)
    write_digits(folder / "drifted", 800, 1797, is_inverted=True)


def write_speakers_and_others(folder: Path) -> None:
    from benchmarks.tasks.audio_classification import make_ast, write_prompts

    make_ast(folder / "start", SECONDS, width=64, layers=2)
    recordings = Path(os.environ["REFIT_RECORDINGS"])
    write_prompts(recordings, folder, ("es-allison", "it-carlo"), SECONDS)
    write_prompts(recordings, folder / "others", ("es-colombia", "it-menardi"), SECONDS)
    (folder / "others" / "train").rename(folder / "drifted")


Write = Callable[[Path], None]
TASKS: dict[str, tuple[str, Write, dict[str, str]]] = {
    "image-classification": ("image", write_digits_and_inverted, {"learning_rate": "3e-3", "epochs": "4"}),
    "audio-classification": ("audio", write_speakers_and_others, {"learning_rate": "2e-3", "epochs": "4"}),
}


def prepare(task: str, folder: Path) -> None:
    column, write, settings = TASKS[task]
    scratch = Path("/scratch/task")
    write(scratch)
    config = {
        "task": task,
        "startFrom": {"uri": (scratch / "start").as_uri()},
        "dataset": {"train": (scratch / "train").as_uri(), "columns": {column: column, "label": "label"}},
        "hyperparameters": settings | {"batch_size": "16"},
        "output": (folder / "models" / "reviews-v1").as_uri(),
        "run": {"name": "first", "uid": "first", "ordinal": 0},
    }
    log = {"REFIT_TERMINATION_LOG": "/scratch/termination-log"}
    subprocess.run(["refit-train"], env={**os.environ, **log, "REFIT_CONFIG": json.dumps(config)}, check=True)
    (folder / "traffic").mkdir()
    with (folder / "traffic" / "drifted.jsonl").open("w") as lines:
        for number, row in enumerate(read_rows(scratch / "drifted" / "rows.jsonl")):
            contents = base64.b64encode((scratch / "drifted" / row[column]).read_bytes()).decode()
            request = {"id": f"{task}-{number}", column: contents, "label": row["label"], "domain": "drifted"}
            lines.write(json.dumps(request) + "\n")
    (folder / "traffic" / "phase").write_text("drifted")


if __name__ == "__main__":
    prepare(sys.argv[1], Path(sys.argv[2]))
