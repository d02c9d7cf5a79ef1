"""Scenes to find digits in, spliced of real scans that scikit-learn ships, and a small YOLOS that finds them.

The scans are real handwriting, and where they lie and how large they are is drawn. No scan is in both of two ranges.
"""

import random
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.rows import write_rows
from refit_trainer.data.images import write_png

SIDE = 32
"""Pixels of a scene."""
SMALLEST, LARGEST = 12, 18
"""Pixels that a scan of 8x8 is enlarged to."""
MOST = 2
"""Digits in a scene."""
TOKENS = 8
"""Objects that the model can find in a scene."""
INK = 60
"""Shades of 255 from which a pixel counts as written on."""
Shades = Any
"""A NumPy array of bytes."""


def write_scenes(folder: Path, scans: range, count: int, digits: str, seed: int = 0, is_inverted: bool = False) -> Path:
    """Write so many scenes with one digit or two of the scans with these numbers; inverted, black on white."""
    draw = random.Random(seed)
    drawn = [_draw_scene(draw, _read_scans(scans, digits)) for _ in range(count)]
    rows = [
        {"image": write_png(Image.fromarray(255 - shades if is_inverted else shades)), "objects": objects}
        for shades, objects in drawn
    ]
    return write_rows(folder, rows)


def make_tiny_yolos(folder: Path, width: int = 96, layers: int = 2, patch: int = 8) -> Path:
    """Write a YOLOS of the real architecture, small and untrained, without a head.

    It knows where each patch is: the original gets that from a pretrained ViT, and an untrained one has zeros there.
    """
    import torch
    from transformers import YolosConfig, YolosModel
    from transformers.models.yolos.image_processing_pil_yolos import YolosImageProcessorPil

    torch.manual_seed(0)
    size = {"hidden_size": width, "intermediate_size": 2 * width, "num_hidden_layers": layers, "num_attention_heads": 4}
    shape = {"image_size": [SIDE, SIDE], "patch_size": patch, "num_detection_tokens": TOKENS}
    network = YolosModel(YolosConfig(**size, **shape, use_mid_position_embeddings=False, initializer_range=0.1))
    with torch.no_grad():
        network.embeddings.detection_tokens.normal_()
        network.embeddings.position_embeddings[0, 1:-TOKENS] = _waves(SIDE // patch, width)
    network.save_pretrained(folder)
    YolosImageProcessorPil(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    return folder


def make_tiny_detr(folder: Path, kind: str) -> Path:
    """Write a DETR or an RT-DETR, small and untrained, without a head, that keeps an image's shape."""
    import torch
    import transformers

    torch.manual_seed(0)
    sizes = {"embedding_size": 16, "hidden_sizes": [16, 32, 64], "depths": [1, 1, 1], "layer_type": "basic"}
    size: dict[str, object] = {"encoder_layers": 1, "decoder_layers": 1, "num_queries": 5, "d_model": 32}
    size |= {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    if kind == "RTDetr":
        size |= {"encoder_hidden_dim": 32, "encoder_in_channels": [16, 32, 64], "decoder_in_channels": [32, 32, 32]}
        backbone = transformers.RTDetrResNetConfig(**sizes, out_features=["stage1", "stage2", "stage3"])
    else:
        backbone = transformers.ResNetConfig(**sizes, out_features=["stage3"])
    config = getattr(transformers, f"{kind}Config")(backbone_config=backbone, **size)
    getattr(transformers, f"{kind}Model")(config).save_pretrained(folder)
    processor = getattr(transformers, f"{kind}ImageProcessor")
    processor(size={"shortest_edge": 32, "longest_edge": 64}).save_pretrained(folder)
    return folder


def _waves(side: int, width: int) -> Any:
    """Return a square's places as sines and cosines of several lengths, row by row: (places, width)."""
    import torch

    angles = torch.arange(side)[:, None] * torch.pi / side * 2 ** torch.linspace(0, 3, width // 4)
    waves = torch.cat([angles.sin(), angles.cos()], dim=1)
    down, across = waves[:, None].expand(-1, side, -1), waves[None].expand(side, -1, -1)
    return torch.cat([down, across], dim=2).flatten(0, 1)


def _read_scans(scans: range, digits: str) -> list[tuple[str, Shades]]:
    from sklearn.datasets import load_digits

    found = load_digits()
    named = [(str(found.target[number]), found.images[number]) for number in scans]
    return [(name, (image * 15.9).astype(np.uint8)) for name, image in named if name in digits]


def _draw_scene(draw: random.Random, scans: list[tuple[str, Shades]]) -> tuple[Shades, list[dict[str, Any]]]:
    """Return a black canvas with one digit or more on it, none over another, and where they are."""
    canvas = np.zeros((SIDE, SIDE), dtype=np.uint8)
    objects = []
    for _ in range(draw.randint(1, MOST)):
        label, scan = draw.choice(scans)
        written = _enlarge(scan, draw.randint(SMALLEST, LARGEST))
        height, width = written.shape
        x, y = draw.randint(0, SIDE - width), draw.randint(0, SIDE - height)
        if not canvas[y : y + height, x : x + width].any():
            canvas[y : y + height, x : x + width] = written
            objects.append({"label": label, "box": [x, y, width, height]})
    return canvas, objects


def _enlarge(scan: Shades, side: int) -> Shades:
    """Return a scan enlarged, cut to what is written."""
    shades = np.asarray(Image.fromarray(scan).resize((side, side), Image.Resampling.BILINEAR))
    rows, columns = (np.flatnonzero((shades > INK).any(axis=axis)) for axis in (1, 0))
    return shades[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
