"""From the pointer to a model in memory, verified: a wrong digest must fail the rollout, not serve."""

import logging
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from refit_serving.pointer import read_pointer
from refit_serving.room import file_bytes
from refit_serving.settings import Settings
from refit_trainer.artifacts.model_folder import verify_folder
from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.rows import Row
from refit_trainer.sketch.document import Sketch, read_sketch
from refit_trainer.storage.uris import fetch, local_path, pin
from refit_trainer.tasks import LoadedModel, Prediction, Task, find_task

POINTER = re.compile(r"^(?P<uri>.+)@(?P<digest>sha256:[0-9a-f]{64})$")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model in memory, verified and run once."""

    digest: str
    task: Task
    loaded: LoadedModel
    sketch: Sketch | None = None
    """What it was judged on; None where no judge left it, or it doesn't fit."""
    pointer: str = ""
    """What named it; empty for the initial model."""
    file_bytes: int = 0
    """Bytes of its files."""
    scratch: Path | None = None
    """Where its files were fetched to; None where they are on a mount."""

    def discard(self) -> None:
        """Remove what was fetched for it."""
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def predict(self, inputs: list[Any]) -> list[Prediction]:
        """Return the prediction for each input."""
        return self.task.predict(self.loaded, [Row({self.task.input: value}) for value in inputs])


def load_model(settings: Settings) -> ServedModel:
    """Load and verify the model that the pointer names at the start; raise BadInput where it isn't right."""
    return load_pointed(settings, read_pointer(settings))


def load_pointed(settings: Settings, pointer: str, check: Callable[[Path], None] = lambda folder: None) -> ServedModel:
    """Load and verify the model that a pointer names, and run it once; raise BadInput where it isn't right.

    `check` is called with its folder, verified, before anything is loaded.
    """
    uri, expected = parse_pointer(settings, pointer)
    uri = pin(uri)
    folder = fetch(uri)
    scratch = folder if local_path(uri) is None else None
    try:
        digest = verify_folder(folder, expected, uri)
        model = replace(_load(settings, folder, digest, check), pointer=pointer, scratch=scratch)
    except BaseException:
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)
        raise
    log.info("model.loaded uri=%s digest=%s sketch=%s", uri, model.digest, model.sketch is not None)
    return model


def _load(settings: Settings, folder: Path, digest: str, check: Callable[[Path], None]) -> ServedModel:
    from refit_trainer.training.compute import limit_threads

    task = find_task(settings.task).as_served(settings.max_new_tokens)
    if task.known_labels(folder) is None:
        raise BadInput(f"{folder} has no head for {settings.task}")
    check(folder)
    limit_threads()
    loaded = task.load(folder)
    sketch = _follow(loaded, read_sketch(folder, digest))
    model = ServedModel(digest, task, loaded, sketch, file_bytes=file_bytes(folder))
    with refusing_model(folder):
        model.predict([task.example()])  # the first call is the slow one
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


def parse_pointer(settings: Settings, pointer: str) -> tuple[str, str | None]:
    """Return URI and digest of the pointer; while it is empty, of INITIAL_MODEL_URI, whose digest may be left out."""
    text = pointer or settings.initial_model_uri
    if not text:
        raise BadInput("neither MODEL_URI nor INITIAL_MODEL_URI is set")
    if match := POINTER.match(text):
        return match["uri"], match["digest"]
    if pointer:
        name = "MODEL_URI" if pointer == settings.model_uri else f"MODEL_URI_FILE={settings.model_uri_file} has"
        raise BadInput(f"{name}{'=' if pointer == settings.model_uri else ' '}{pointer!r} isn't <uri>@sha256:<digest>")
    return text, None
