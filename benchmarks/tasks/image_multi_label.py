"""Which digits are on a page, none to two of them; then the scanner inverts it. Real scans, side by side."""

import random
from pathlib import Path

from benchmarks.rows import write_rows
from benchmarks.tasks import Materials, Scenario

SCANS = {"train": range(1200), "holdout": range(1200, 1797)}
"""No scan of the holdout was learnt."""
PAGES = {"train": 1500, "holdout": 300}


def write_pages(folder: Path, scans: range, pages: int, seed: int, is_inverted: bool) -> Path:
    """Write pages with room for two scans, each place taken in two cases of three."""
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    from refit_trainer.data.images import write_png

    digits, draw = load_digits(), random.Random(seed)
    rows = []
    for _ in range(pages):
        chosen = [draw.choice(scans) if draw.random() < 2 / 3 else None for _ in range(2)]
        halves = [np.zeros((8, 8)) if one is None else digits.images[one] for one in chosen]
        shades = np.hstack(halves) / 16 * 255
        image = Image.fromarray((255 - shades if is_inverted else shades).astype(np.uint8)).resize((32, 16))
        names = sorted({str(digits.target[one]) for one in chosen if one is not None})
        rows.append({"image": write_png(image), "labels": names})
    return write_rows(folder, rows)


def _write(materials: Materials, folder: Path) -> None:
    from tests.support.trainer.pictures import make_tiny_resnet

    make_tiny_resnet(folder / "model")
    for seed, when in enumerate(("before", "after")):
        for side, scans in SCANS.items():
            write_pages(folder / when / side, scans, PAGES[side], seed, is_inverted=when == "after")


SCENARIO = Scenario(
    task="image-multi-label",
    model="ResNet of 3 stages, from its configuration",
    data="scans of handwritten digits (scikit-learn), none to two on a page",
    drift="white on black → black on white",
    metric="micro_f1",
    columns={"image": "image", "labels": "labels"},
    hyperparameters={"learning_rate": "3e-3", "epochs": "6"},
    write=_write,
    materials={},
)
