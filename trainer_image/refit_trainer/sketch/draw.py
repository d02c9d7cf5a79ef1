"""Draw the sketch of a model from the rows that it was judged on."""

import logging
import random
from collections.abc import Sequence

from refit_trainer.data.rows import Row
from refit_trainer.sketch.axes import find_axes
from refit_trainer.sketch.document import MAX_WIDTH, Sketch
from refit_trainer.tasks import LoadedModel, Prediction, Task
from refit_trainer.tasks.components.classification import Classification
from refit_trainer.tasks.components.head_inputs import compute_features
from refit_trainer.tasks.components.heads import find_last_layer

ROWS = 2000
"""Rows that go through the model once more, at most: the mean of so many is known ten times as well as a window's."""
SEED = 0
log = logging.getLogger(__name__)


def draw_sketch(
    task: Task, model: LoadedModel, digest: str, rows: Sequence[Row], predictions: Sequence[Prediction]
) -> Sketch | None:
    """Return the sketch; None where the model isn't a classifier that ends in a linear layer, or the rows are few."""
    from refit_trainer.sketch.calibration import calibrate

    if not isinstance(task, Classification):
        return None
    layer = find_last_layer(model.network, len(model.labels))
    if layer is None or layer.in_features > MAX_WIDTH:
        return None
    drawn = random.Random(SEED).sample(list(rows), min(ROWS, len(rows)))
    found = find_axes(compute_features(task, model, layer, drawn).cpu().double().numpy())
    if found is None:
        log.info("sketch.not_drawn rows=%d: too few, or all alike to the model", len(drawn))
        return None
    tallies = [task.tally(one.value, row.values[task.truth]) for one, row in zip(predictions, rows, strict=True)]
    right = [1 - one.errors / max(1, one.units) for one in tallies]
    return Sketch(
        digest=digest,
        rows=len(drawn),
        mean=tuple(map(_short, found.mean)),
        axes=tuple(tuple(map(_short, axis)) for axis in found.axes),
        limit=_short(found.limit),
        calibration=calibrate([one.score for one in predictions], right),
    )


def _short(number: float) -> float:
    return float(f"{number:.6g}")
