"""From the pointer to a model in memory, verified: a wrong digest must fail the rollout, not serve."""

import logging
import re
from dataclasses import dataclass
from typing import Any

from refit_serving.settings import Settings
from refit_trainer.artifacts.model_folder import verify_folder
from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.rows import Row
from refit_trainer.sketch.document import Sketch, read_sketch
from refit_trainer.storage.uris import fetch, pin
from refit_trainer.tasks import LoadedModel, Prediction, Task, as_served, find_task

POINTER = re.compile(r"^(?P<uri>.+)@(?P<digest>sha256:[0-9a-f]{64})$")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServedModel:
    """The model that this process serves until it ends."""

    digest: str
    task: Task
    loaded: LoadedModel
    sketch: Sketch | None = None
    """What it was judged on; None where no judge left it, or it doesn't fit."""

    def predict(self, inputs: list[Any]) -> list[Prediction]:
        """Return the prediction for each input."""
        return self.task.predict(self.loaded, [Row({self.task.input: value}) for value in inputs])


def load_model(settings: Settings) -> ServedModel:
    """Load and verify the model the environment points to, and run it once; raise BadInput where it isn't right."""
    from refit_trainer.training.compute import limit_threads

    uri, expected = parse_pointer(settings)
    uri = pin(uri)
    folder = fetch(uri)
    digest = verify_folder(folder, expected, uri)
    task = as_served(find_task(settings.task), settings.max_new_tokens)
    if task.known_labels(folder) is None:
        raise BadInput(f"{uri} has no head for {settings.task}")
    threads = limit_threads()
    loaded = task.load(folder)
    model = ServedModel(digest, task, loaded, _follow(loaded, read_sketch(folder, digest)))
    with refusing_model(folder):
        model.predict([task.example()])  # the first call is the slow one
    log.info("model.loaded uri=%s digest=%s threads=%d sketch=%s", uri, digest, threads, model.sketch is not None)
    return model


def _follow(loaded: LoadedModel, sketch: Sketch | None) -> Sketch | None:
    """Have the model say where its inputs lie along the sketch's axes; None where it has no layer that they fit."""
    from refit_trainer.tasks.components.head_inputs import HeadWatch
    from refit_trainer.tasks.components.heads import find_last_layer

    layer = find_last_layer(loaded.network, len(loaded.labels)) if sketch else None
    if sketch is None or layer is None or layer.in_features != len(sketch.mean):
        return None
    loaded.watch = HeadWatch(layer, sketch.mean, sketch.axes)
    return sketch


def parse_pointer(settings: Settings) -> tuple[str, str | None]:
    """Return URI and digest of MODEL_URI, or of INITIAL_MODEL_URI, whose digest may be left out, while it is empty."""
    pointer = settings.model_uri or settings.initial_model_uri
    if not pointer:
        raise BadInput("neither MODEL_URI nor INITIAL_MODEL_URI is set")
    if match := POINTER.match(pointer):
        return match["uri"], match["digest"]
    if settings.model_uri:
        raise BadInput(f"MODEL_URI={pointer!r} isn't <uri>@sha256:<digest>")
    return pointer, None
