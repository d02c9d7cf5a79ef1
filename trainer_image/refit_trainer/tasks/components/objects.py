"""Objects in an image: how rows and predictions hold them, how they are checked, and how they are matched.

A box is [x, y, width, height] in pixels, x and y those of its upper left corner, as COCO has it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from refit_trainer.tasks.components.names import check_name

Box = tuple[float, float, float, float]
LABEL_COLUMNS = ("categories", "category", "labels", "label")
"""What Hugging Face's data sets call the column of labels beside `bbox`."""
EDGE_TOLERANCE = 1.0  # pixels that a box may reach beyond the image's edge
MIN_IOU = 0.5  # intersection over union from which two boxes are of one object


@dataclass(frozen=True, slots=True)
class Object:
    """A labelled box; the score is a model's confidence in it, 1 for the true objects of a row."""

    label: str
    box: Box
    score: float = 1.0


def list_objects(value: Any) -> Any:
    """Return a row's objects one by one, where they are columns: `{"bbox": [...], "categories": [...]}`."""
    if not isinstance(value, Mapping):
        return value
    boxes, labels = value.get("bbox"), next((value[name] for name in LABEL_COLUMNS if name in value), None)
    if not isinstance(boxes, list) or not isinstance(labels, list) or len(boxes) != len(labels):
        return value
    return [{"label": label, "box": box} for label, box in zip(labels, boxes, strict=True)]


def read_objects(value: Any) -> list[Object]:
    """Return the valid objects of a row or a prediction."""
    found = list_objects(value)
    fit = [one for one in found if _find_problem(one) is None] if isinstance(found, list) else []
    return [
        Object(str(one["label"]), tuple(map(float, one["box"])), float(one.get("score", 1)))  # type: ignore[arg-type]
        for one in fit
    ]


def check_objects(value: Any, labels: Sequence[str] | None) -> str | None:
    """Say all that is wrong with a row's objects; any label is right where `labels` is None."""
    found = list_objects(value)
    if not isinstance(found, list):
        return f"objects is {value!r:.80}, not a list of objects"
    problems = [f"objects[{i}] {problem}" for i, one in enumerate(found) if (problem := _find_problem(one))]
    if labels is None and not problems:
        told = [(i, one["label"], check_name(one["label"])) for i, one in enumerate(found)]
        problems = [f"objects[{i}] has the label {label!r:.60}, {problem}" for i, label, problem in told if problem]
    if labels is not None and not problems:
        named = [(i, str(one["label"])) for i, one in enumerate(found)]
        unknown = [f"objects[{i}] has the unknown label {label!r}" for i, label in named if label not in labels]
        problems = [*unknown, f"the model knows {', '.join(labels)}"] if unknown else []
    return "; ".join(problems) or None


def check_inside(value: Any, width: int, height: int) -> str | None:
    """Say which boxes are outside of an image; a pixel over its edge is rounding."""
    problems = [
        f"objects[{i}].box is {list(one.box)}, outside of the image of {width}x{height} pixels"
        for i, one in enumerate(read_objects(value))
        if not _is_inside(one.box, width, height)
    ]
    return "; ".join(problems) or None


def clip(box: Box, width: int, height: int) -> Box:
    """Return the part of a box that is in the image."""
    x, y = max(0.0, box[0]), max(0.0, box[1])
    return x, y, min(width, box[0] + box[2]) - x, min(height, box[1] + box[3]) - y


def count_matches(found: Sequence[Object], true: Sequence[Object]) -> int:
    """Return how many objects were found: with the same label, and boxes that overlap enough; each is matched once."""
    left, matches = list(true), 0
    for one in sorted(found, key=lambda one: -one.score):
        same_label = [(i, other.box) for i, other in enumerate(left) if other.label == one.label]
        best, index = max(((intersection_over_union(one.box, box), i) for i, box in same_label), default=(0.0, -1))
        if best >= MIN_IOU:
            del left[index]
            matches += 1
    return matches


def intersection_over_union(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(0.0, width) * max(0.0, height)
    either = one[2] * one[3] + other[2] * other[3] - both
    return both / either if either > 0 else 0.0


def _is_inside(box: Box, width: int, height: int) -> bool:
    *_, wide, high = clip(box, width, height)
    over = (-box[0], -box[1], box[0] + box[2] - width, box[1] + box[3] - height)
    return max(over) <= EDGE_TOLERANCE and min(wide, high) > 0


def _find_problem(one: Any) -> str | None:
    """Return what is wrong with one object, whatever its label is."""
    if not isinstance(one, Mapping) or not {"label", "box"} <= set(one):
        return f'is {one!r:.60}, not {{"label": …, "box": …}}'
    label, box = one["label"], one["box"]
    if not isinstance(label, (str, int)) or isinstance(label, bool) or label == "":
        return f"has the label {label!r:.60}, not a name"
    if not isinstance(box, (list, tuple)) or len(box) != 4:
        return f"has the box {box!r:.60}, not [x, y, width, height]"
    if odd := [number for number in box if not _is_number(number)]:
        return f"has {odd[0]!r:.60} in its box, not a number"
    return None if min(box[2:]) > 0 else f"has the box {list(box)}: width and height must be over 0"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
