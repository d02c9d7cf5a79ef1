"""Detectors: images and objects to tensors, and a network's output back to objects.

In training, boxes are relative to the network's input: to the image alone where the network takes a pixel mask, else to
the image with its padding. In prediction nothing is padded: images of one size make a batch.
"""

import inspect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from refit_trainer.data.blob import Blob
from refit_trainer.data.images import read_image
from refit_trainer.tasks import LoadedModel
from refit_trainer.tasks.components.objects import Object, clip

MIN_SCORE = 0.05  # score below which an object is left out
MAX_OBJECTS = 100  # objects found in an image
Batch = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """An image and its objects."""

    image: Blob
    objects: Sequence[Object]


def make_batch(model: LoadedModel, examples: Sequence[Example]) -> Batch:
    """Return pixels, the pixel mask where the network takes one, and the objects as DETR's loss takes them."""
    images = [read_image(example.image) for example in examples]
    pixels = [_scale(model, image) for image in images]
    height, width = (max(one.shape[side] for one in pixels) for side in (1, 2))
    values = torch.zeros(len(pixels), pixels[0].shape[0], height, width)
    mask = torch.zeros(len(pixels), height, width, dtype=torch.long)
    for i, one in enumerate(pixels):
        values[i, :, : one.shape[1], : one.shape[2]] = one
        mask[i, : one.shape[1], : one.shape[2]] = 1
    knows = _takes_mask(model.network)
    seen = [one.shape[1:] if knows else (height, width) for one in pixels]
    targets = [
        _target(model, example.objects, image, (one.shape[2] / across, one.shape[1] / down))
        for example, image, one, (down, across) in zip(examples, images, pixels, seen, strict=True)
    ]
    return {"pixel_values": values, **({"pixel_mask": mask} if knows else {}), "labels": targets}


def detect(model: LoadedModel, blobs: Sequence[Blob]) -> list[list[Object]]:
    """Return the objects in each image, the surest first."""
    images = [read_image(blob) for blob in blobs]
    pixels = [_scale(model, image) for image in images]
    sizes: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for i, one in enumerate(pixels):
        sizes[tuple(one.shape)].append(i)
    found: dict[int, list[Object]] = {}
    for chosen in sizes.values():
        values = torch.stack([pixels[i] for i in chosen]).to(model.network.device)
        found_boxes = _infer(model, values, [images[i].size[::-1] for i in chosen])
        for i, one in zip(chosen, found_boxes, strict=True):
            found[i] = _read(model, one, *images[i].size)
    return [found[i] for i in range(len(blobs))]


def _infer(model: LoadedModel, values: Any, sizes: list[tuple[int, int]]) -> Any:
    output = model.network(pixel_values=values)
    output.logits, output.pred_boxes = output.logits.float(), output.pred_boxes.float()
    return model.processor.post_process_object_detection(output, threshold=MIN_SCORE, target_sizes=sizes)


def _read(model: LoadedModel, found_boxes: Any, width: int, height: int) -> list[Object]:
    """Return what a network found in an image, clipped to its edges, without those outside of it or of no class."""
    found = []
    for score, number, (left, top, right, bottom) in zip(
        found_boxes["scores"].tolist(), found_boxes["labels"].tolist(), found_boxes["boxes"].tolist(), strict=True
    ):
        box = clip((left, top, right - left, bottom - top), width, height)
        if min(box[2:]) > 0 and number < len(model.labels):
            found.append(Object(model.labels[number], box, score))
    return sorted(found, key=lambda one: -one.score)[:MAX_OBJECTS]


def _scale(model: LoadedModel, image: Any) -> Any:
    """Return an image's pixels as the model takes them, (channels, height, width), without padding."""
    return model.processor(images=image, return_tensors="pt", do_pad=False)["pixel_values"][0]


def _takes_mask(network: Any) -> bool:
    bare = network.get_base_model() if hasattr(network, "get_base_model") else network  # adapters hide the signature
    return "pixel_mask" in inspect.signature(bare.forward).parameters


def _target(model: LoadedModel, objects: Sequence[Object], image: Any, share: tuple[float, float]) -> dict[str, Any]:
    """Return label numbers, and boxes by centre and size, relative to the input, of which the image takes a share."""
    numbers = [model.labels.index(one.label) for one in objects]
    x, y = share[0] / image.width, share[1] / image.height
    boxes = [clip(one.box, image.width, image.height) for one in objects]
    centres = [[(b[0] + b[2] / 2) * x, (b[1] + b[3] / 2) * y, b[2] * x, b[3] * y] for b in boxes]
    return {
        "class_labels": torch.tensor(numbers, dtype=torch.long),
        "boxes": torch.tensor(centres, dtype=torch.float32).reshape(-1, 4),
    }
