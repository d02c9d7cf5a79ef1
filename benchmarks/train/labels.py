"""Accuracy against the share of rows that have a label: with those rows alone, and with the others beside them."""

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.train.material import TRAIN_ROWS, Material, accuracies, learn, note
from refit_trainer.data.rows import Row

SHARES = (0.025, 0.1)
NEW = "tweets"
SETTINGS = {"learning_rate": 1e-4, "epochs": 2}


def run(material: Material, seeds: Sequence[int]) -> None:
    """Train the model that knows films on tweets of which few have a label."""
    rows = material.learn(NEW)
    for seed in seeds:
        for share in SHARES:
            note(f"labels: {share:.1%}, seed {seed}")
            labelled = round(share * TRAIN_ROWS)
            first = (seed - 1) * labelled
            some = rows[first : first + labelled]
            others = [without_label(row) for row in (*rows[:first], *rows[first + labelled :])]
            for name, method, taught in (("without", "full", some), ("with", "semi-supervised", [*some, *others])):
                model = material.load()
                metrics, seconds = learn(model, taught, method, seed=seed, **SETTINGS)
                facts = {"share": share, "labels": labelled, "name": name, "seed": seed, "seconds": seconds}
                found = accuracies(material, model, (NEW,))[NEW]
                material.say("labels", **facts, accuracy=found, pseudo_share=metrics.get("pseudo_share"))


def without_label(row: Row) -> Row:
    """Return the row without its label."""
    return replace(row, values={**row.values, "label": None})
