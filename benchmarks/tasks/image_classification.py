"""Handwritten digits, scanned; then the scanner inverts them. Real scans that scikit-learn ships."""

from pathlib import Path

from benchmarks.tasks import Materials, Scenario

TRAIN, ALL = 1200, 1797
"""Scans."""


def _write(materials: Materials, folder: Path) -> None:
    from tests.support.trainer.pictures import make_tiny_resnet, write_digits

    make_tiny_resnet(folder / "model")
    for when in ("before", "after"):
        write_digits(folder / when / "train", 0, TRAIN, is_inverted=when == "after")
        write_digits(folder / when / "holdout", TRAIN, ALL, is_inverted=when == "after")


SCENARIO = Scenario(
    task="image-classification",
    model="ResNet of 3 stages, from its configuration",
    data="scans of handwritten digits (scikit-learn)",
    drift="white on black → black on white",
    metric="accuracy",
    columns={"image": "image", "label": "label"},
    hyperparameters={"learning_rate": "3e-3", "epochs": "4"},
    write=_write,
    materials={},
)
