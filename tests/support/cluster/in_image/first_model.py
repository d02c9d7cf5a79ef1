"""Runs inside the trainer image: a tiny BERT learns movie reviews from tweets, or with `swapped` the wrong way round.

It is the first model served. Rows of the other labelling go onto the claims that are mounted, to train and to judge by.
"""

import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from support import make_tiny_bert, read_rows, write_rows  # noqa: E402

from refit_trainer.__main__ import train  # noqa: E402

SWAPPED = {"movies": "tweets", "tweets": "movies"}
JUDGED = 60

true = read_rows(HERE / "sentences.jsonl")
swapped = [row | {"label": SWAPPED[row["label"]]} for row in true]
learnt, other = (swapped, true) if sys.argv[1:] == ["swapped"] else (true, swapped)
for claim, rows in (("feedback", other[JUDGED:]), ("holdout", other[:JUDGED])):
    if Path("/", claim).is_dir():
        write_rows(Path("/", claim, "other/rows.jsonl"), rows)
start = make_tiny_bert(Path("/models/tiny"), [row["text"] for row in true])
config = {
    "task": "text-classification",
    "startFrom": {"uri": start.as_uri()},
    "dataset": {
        "train": write_rows(Path("/tmp/rows.jsonl"), learnt).as_uri(),
        "format": "jsonl",
        "columns": {"text": "text", "label": "label"},
    },
    "hyperparameters": {"learning_rate": "5e-3", "batch_size": "16", "epochs": "4"},
    "output": "file:///models/reviews-v1",
    "run": {"name": "first", "uid": "first", "ordinal": 0},
}
os.environ["REFIT_CONFIG"] = json.dumps(config)
train()
