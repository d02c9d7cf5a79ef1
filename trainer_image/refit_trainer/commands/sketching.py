"""The judge leaves a sketch beside the candidate. Without one a run goes on as it would: it decides nothing."""

import logging
import os
from collections.abc import Sequence

from refit_trainer.artifacts.beside import write_beside
from refit_trainer.contract.errors import BadInput, StorageFailed
from refit_trainer.data.rows import Row
from refit_trainer.sketch.document import SKETCH, Sketch, render_sketch
from refit_trainer.tasks import LoadedModel, Prediction, Task

log = logging.getLogger(__name__)


def try_to_draw(
    task: Task, model: LoadedModel, digest: str, rows: Sequence[Row], predictions: Sequence[Prediction]
) -> Sketch | None:
    """Return the sketch of a model; None where it has none, none is wanted, or its own code fails at it."""
    from refit_trainer.sketch.draw import draw_sketch

    if os.environ.get("REFIT_SKETCH", "on") == "off":
        return None
    try:
        return draw_sketch(task, model, digest, rows, predictions)
    except Exception as error:
        log.warning("sketch.not_drawn error=%s: %s", type(error).__name__, error)
        return None


def try_to_leave(sketch: Sketch | None, uri: str) -> None:
    """Write the sketch, where there is one, beside the model at a URI."""
    if sketch is None:
        return
    try:
        write_beside(uri, {SKETCH: render_sketch(sketch)})
        log.info("sketch.written rows=%d axes=%d limit=%.4f", sketch.rows, len(sketch.axes), sketch.limit)
    except (BadInput, OSError, StorageFailed) as error:
        log.warning("sketch.not_written error=%s: %s", type(error).__name__, error)
