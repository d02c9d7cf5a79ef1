"""Mean average precision as COCO measures it, by faster-coco-eval."""

from collections.abc import Sequence
from typing import Any

from faster_coco_eval import COCO, COCOeval_faster

from refit_trainer.tasks.components.objects import Object

MAP, MAP_50, RECALL_100 = 0, 1, 8  # places among COCO's twelve numbers
CONFIDENT = 0.5  # score from which an object counts where precision has no meaning


def measure_average_precision(found: Sequence[Sequence[Object]], true: Sequence[Sequence[Object]]) -> dict[str, float]:
    """Return map_50, map and recall_100 of the objects found in each image against the true ones.

    Where no image has an object there is no precision; then all is 1, or 0 where objects were found all the same.
    """
    if not any(true):
        right = not any(one.score >= CONFIDENT for objects in found for one in objects)
        return dict.fromkeys(("map_50", "map", "recall_100"), float(right))
    if not any(found):
        return dict.fromkeys(("map_50", "map", "recall_100"), 0.0)
    stats = _evaluate(found, true)
    return {"map_50": float(stats[MAP_50]), "map": float(stats[MAP]), "recall_100": float(stats[RECALL_100])}


def _evaluate(found: Sequence[Sequence[Object]], true: Sequence[Sequence[Object]]) -> Any:
    labels = sorted({one.label for side in (found, true) for objects in side for one in objects})
    ids = {label: number for number, label in enumerate(labels, start=1)}
    images = [{"id": image, "width": 1, "height": 1} for image in range(len(true))]
    named = {"images": images, "categories": [{"id": number, "name": label} for label, number in ids.items()]}
    truth = COCO({**named, "annotations": _annotations(true, ids)})
    evaluation = COCOeval_faster(truth, truth.loadRes(_annotations(found, ids)), "bbox", print_function=_keep_quiet)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation.stats


def _annotations(sides: Sequence[Sequence[Object]], ids: dict[str, int]) -> list[dict[str, Any]]:
    every = [(image, one) for image, objects in enumerate(sides) for one in objects]
    return [
        {"id": number, "image_id": image, "category_id": ids[one.label], "bbox": list(one.box), "iscrowd": 0}
        | {"area": one.box[2] * one.box[3], "score": one.score}
        for number, (image, one) in enumerate(every, start=1)
    ]


def _keep_quiet(*_: Any) -> None:
    """Print nothing."""
