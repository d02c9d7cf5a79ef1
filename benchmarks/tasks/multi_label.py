"""What a package is for, by its one-line description: any number of tags. Of games and media, then of libraries."""

import random
from pathlib import Path

from benchmarks.packages import ensure_packages, read_packages
from benchmarks.rows import write_rows
from benchmarks.tasks import Materials, Scenario
from demo.data import ensure_data

TRAIN, HOLDOUT = 1500, 400
"""Packages on each side, before and after."""
SECTIONS = {"before": ("games", "graphics", "sound", "video"), "after": ("libs", "libdevel", "doc", "web", "net")}


def _write(materials: Materials, folder: Path) -> None:
    (folder / "model").symlink_to(materials["sentences"] / "minilm")
    for when, sections in SECTIONS.items():
        rows = read_packages(materials["packages"], sections)
        random.Random(0).shuffle(rows)
        write_rows(folder / when / "holdout", rows[:HOLDOUT])
        write_rows(folder / when / "train", rows[HOLDOUT : HOLDOUT + TRAIN])


SCENARIO = Scenario(
    task="multi-label",
    model="MiniLM, pretrained",
    data="tags that people gave Debian's packages (debtags), by their one-line descriptions",
    drift="games and media → libraries, documents, networks",
    metric="micro_f1",
    columns={"text": "text", "labels": "labels"},
    hyperparameters={"learning_rate": "1e-4", "epochs": "10"},
    write=_write,
    materials={"sentences": ensure_data, "packages": ensure_packages},
)
