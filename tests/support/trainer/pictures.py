"""Real scans of handwritten digits, 8x8, that scikit-learn ships, and a small ResNet to read them."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.trainer.commands import write_rows

SIDE = 32  # pixels that the model takes


def png(shade: int) -> bytes:
    """Return an image of one colour."""
    return _encode(np.full((8, 8), shade, dtype=np.uint8))


def write_digits(folder: Path, start: int, end: int, is_inverted: bool = False) -> Path:
    """Write scans as files with rows that name them; an inverted one is white on black turned black on white."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    rows = []
    (folder / "files").mkdir(parents=True)
    for number in range(start, end):
        shades = (digits.images[number] * 15).astype(np.uint8)
        name = f"files/{number}.png"
        (folder / name).write_bytes(_encode(255 - shades if is_inverted else shades))
        rows.append({"image": name, "label": str(digits.target[number])})
    write_rows(folder / "rows.jsonl", rows)
    return folder


def make_tiny_resnet(folder: Path) -> Path:
    """Write a ResNet of the real architecture, small and untrained, without a head."""
    import torch
    from transformers import ResNetConfig, ResNetModel

    torch.manual_seed(0)
    sizes = {"embedding_size": 16, "hidden_sizes": [16, 32, 64], "depths": [1, 1, 1], "layer_type": "basic"}
    ResNetModel(ResNetConfig(**sizes)).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(PREPROCESSOR)
    return folder


PREPROCESSOR = f"""{{"image_processor_type": "ViTImageProcessor", "do_resize": true,
"size": {{"height": {SIDE}, "width": {SIDE}}}, "do_rescale": true, "do_normalize": true,
"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}}
"""


def _encode(shades: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> bytes:
    contents = io.BytesIO()
    Image.fromarray(shades).save(contents, "PNG")
    return contents.getvalue()
