"""Runs inside the trainer image: a tiny BERT that has learnt nothing is the first model; rows to train and judge."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from support import make_tiny_bert, read_rows, write_rows  # noqa: E402
from transformers import AutoModelForSequenceClassification  # noqa: E402

rows = read_rows(HERE / "sentences.jsonl")
write_rows(Path("/feedback/train/rows.jsonl"), rows[:140])
write_rows(Path("/holdout/rows/rows.jsonl"), rows[140:])
folder = make_tiny_bert(Path("/models/reviews-v1"), [row["text"] for row in rows])
names = {0: "movies", 1: "tweets"}
labels = {"id2label": names, "label2id": {name: number for number, name in names.items()}}
AutoModelForSequenceClassification.from_pretrained(folder, **labels).save_pretrained(folder)
