"""Runs inside the trainer image: a tiny BERT that learnt the world the wrong way round, the first model served."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from support import make_tiny_bert, read_rows, write_rows  # noqa: E402

SWAPPED = {"movies": "tweets", "tweets": "movies"}

rows = read_rows(HERE / "sentences.jsonl")
start = make_tiny_bert(Path("/tmp/tiny"), [row["text"] for row in rows])
wrong = write_rows(Path("/tmp/rows.jsonl"), [row | {"label": SWAPPED[row["label"]]} for row in rows])
config = {
    "task": "text-classification",
    "startFrom": {"uri": start.as_uri()},
    "dataset": {"train": wrong.as_uri(), "format": "jsonl", "columns": {"text": "text", "label": "label"}},
    "hyperparameters": {"learning_rate": "5e-3", "batch_size": "16", "epochs": "4"},
    "output": "file:///models/reviews-v1",
    "run": {"name": "first", "uid": "first", "ordinal": 0},
}
subprocess.run(["refit-train"], env={**os.environ, "REFIT_CONFIG": json.dumps(config)}, check=True)
