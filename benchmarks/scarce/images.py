"""Scans of handwritten digits, and a small Vision Transformer; then others write, or the scanner is another.

The scans are in the order of their writers: what comes last is by people whose digits weren't learnt.
"""

import io
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.scarce import Domain, Kind, Materials, Row

LEARNT, JUDGED, ASKED = 500, 350, 450  # scans of the first writers, in this order
SIDE, WHITE = 8, 16.0
Scan = Any
"""A NumPy array of 8x8 shades from 0 to WHITE."""
Change = Callable[[Scan], Scan]


def _read(materials: Materials) -> Mapping[str, Domain]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    scans = list(zip(digits.images, map(str, digits.target), strict=True))
    first = scans[: LEARNT + JUDGED + ASKED]
    random.Random(0).shuffle(first)
    learnt, judged, asked = first[:LEARNT], first[LEARNT : LEARNT + JUDGED], first[LEARNT + JUDGED :]
    return {
        "digits": Domain(_rows(asked), _rows(learnt), _rows(judged)),
        "other writers": Domain(_rows(scans[len(first) :])),
        "out of focus": Domain(_rows(asked, _blur)),
        "noise": Domain(_rows(asked, _add_noise)),
        "black on white": Domain(_rows(asked, _invert)),
        "only 0 to 4": Domain(_rows([(scan, label) for scan, label in asked if label in "01234"])),
    }


def _rows(scans: Sequence[tuple[Scan, str]], change: Change = lambda scan: scan) -> list[Row]:
    return [{"image": _encode(change(scan)), "label": label} for scan, label in scans]


def _encode(scan: Scan) -> Any:
    from PIL import Image

    from refit_trainer.data.blob import Blob

    contents = io.BytesIO()
    Image.fromarray((scan.clip(0, WHITE) * (255 / WHITE)).astype("uint8")).save(contents, "PNG")
    return Blob(contents.getvalue())


def _invert(scan: Scan) -> Scan:
    return WHITE - scan


def _blur(scan: Scan) -> Scan:
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(scan, sigma=1.0)


def _add_noise(scan: Scan) -> Scan:
    import numpy as np

    return scan + np.random.default_rng(int(scan.sum())).normal(0, WHITE / 4, scan.shape)


def _start(materials: Materials, folder: Path) -> Path:
    """Write a Vision Transformer of the real architecture, small and untrained, without a head."""
    import torch
    from transformers import ViTConfig, ViTImageProcessor, ViTModel

    torch.manual_seed(0)
    size = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4}
    ViTModel(ViTConfig(image_size=SIDE, patch_size=2, **size)).save_pretrained(folder)
    ViTImageProcessor(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    return folder


KIND = Kind(
    task="image-classification",
    materials={},
    start=_start,
    hyperparameters={"learning_rate": "1e-3", "epochs": "40"},
    read=_read,
)
