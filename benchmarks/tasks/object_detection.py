"""Handwritten digits to be found on a page, and the scanner inverts it. Real scans, spliced onto a canvas.

Handwriting and digits are real; where they lie and how large they are is drawn. No scan of the holdout was trained on.
"""

from pathlib import Path

from benchmarks.tasks import Materials, Scenario

TRAIN, HOLDOUT = range(1200), range(1200, 1797)
"""Scans."""
SCENES = {"train": 1000, "holdout": 200}
DIGITS = "017"


def _write(materials: Materials, folder: Path) -> None:
    from tests.support.trainer.scenes import make_tiny_yolos, write_scenes

    make_tiny_yolos(folder / "model")
    for seed, when in enumerate(("before", "after")):
        for side, scans in {"train": TRAIN, "holdout": HOLDOUT}.items():
            target, is_inverted = folder / when / side, when == "after"
            write_scenes(target, scans, SCENES[side], DIGITS, seed=seed, is_inverted=is_inverted)


SCENARIO = Scenario(
    task="object-detection",
    model="YOLOS of 2 layers, from its configuration",
    data="scans of handwritten digits (scikit-learn), spliced onto a canvas: zeros, ones and sevens",
    drift="white on black → black on white",
    metric="map_50",
    columns={"image": "image", "objects": "objects"},
    hyperparameters={"learning_rate": "1e-3", "epochs": "30"},
    write=_write,
    materials={},
)
