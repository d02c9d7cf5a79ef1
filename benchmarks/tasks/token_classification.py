"""What the words of a manual are: of pages about system calls, then of those about devices. Marked by their authors."""

import random
from pathlib import Path

from benchmarks.manuals import ensure_manuals, read_sentences
from benchmarks.rows import write_rows
from benchmarks.tasks import Materials, Scenario
from demo.data import ensure_data

TRAIN, HOLDOUT = 1000, 400
"""Sentences on each side, before and after."""


def _write(materials: Materials, folder: Path) -> None:
    (folder / "model").symlink_to(materials["sentences"] / "minilm")
    for when, section in {"before": "man2", "after": "man4"}.items():
        rows = list(read_sentences(materials["manuals"], section))
        random.Random(0).shuffle(rows)
        write_rows(folder / when / "holdout", rows[:HOLDOUT])
        write_rows(folder / when / "train", rows[HOLDOUT : HOLDOUT + TRAIN])


SCENARIO = Scenario(
    task="token-classification",
    model="MiniLM, pretrained",
    data="functions, arguments, constants, files and pages in FreeBSD's manual, as its authors marked them",
    drift="system calls → devices",
    metric="f1",
    columns={"text": "text", "entities": "entities"},
    hyperparameters={"learning_rate": "3e-4", "epochs": "2"},
    write=_write,
    materials={"sentences": ensure_data, "manuals": ensure_manuals},
)
