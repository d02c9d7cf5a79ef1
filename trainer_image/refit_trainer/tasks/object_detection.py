"""Images to the objects in them. YOLOS, DETR and any other that AutoModelForObjectDetection knows."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from transformers import AutoModelForObjectDetection

from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.blob import Blob
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.images import check_image, measure_image, write_png
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Prediction, Tally, Task
from refit_trainer.tasks.components.average_precision import CONFIDENT, measure_average_precision
from refit_trainer.tasks.components.batches import predict_in_batches
from refit_trainer.tasks.components.detector import Example, detect, make_batch
from refit_trainer.tasks.components.heads import load_network, read_labels
from refit_trainer.tasks.components.objects import Object, check_inside, check_objects, count_matches, read_objects
from refit_trainer.tasks.components.processors import load_image_processor
from refit_trainer.training.compute import pick_device

PROPOSING = ("score_head", "class_embed")  # what RT-DETR and its kin have of the labels before their decoder
BATCH = 16  # images searched at once
Batch = dict[str, Any]


class ObjectDetection(Task):
    """The task `object-detection`: `image` to `objects`, a list of `{"label", "box"}`, which may be empty."""

    roles = ColumnRoles(required=("image", "objects"), files=("image",))
    input = "image"
    truth = "objects"
    has_one_answer = True
    metrics: Mapping[str, bool] = {"map_50": True, "map": True, "recall_100": True}

    def known_labels(self, folder: Path) -> tuple[str, ...] | None:
        """Read the label names from config.json; a model without a detection head knows none."""
        return read_labels(folder, "ForObjectDetection")

    def check_input(self, value: Any) -> str | None:
        """Say what is wrong with an image."""
        return check_image(value)

    def check_truth(self, value: Any, labels: tuple[str, ...] | None) -> str | None:
        """Say what is wrong with the objects."""
        return check_objects(value, labels)

    def check_pair(self, value: Any, truth: Any) -> str | None:
        """Say which objects are outside of the image."""
        return check_inside(truth, *measure_image(value))

    def answers(self, truth: Any, labels: tuple[str, ...]) -> list[str]:
        """Return the objects' labels."""
        return [one.label for one in read_objects(truth)]

    def example(self) -> Blob:
        """Return a grey image."""
        return write_png(Image.new("RGB", (32, 32), "grey"))

    def load(self, folder: Path, rows: Sequence[Row] = ()) -> LoadedModel:
        """Load network and processor; a new head gets the labels of the rows' objects in sorted order."""
        known = self.known_labels(folder)
        labels = known or tuple(sorted({one.label for row in rows for one in read_objects(row.values["objects"])}))
        if not labels:
            raise BadInput(f"{folder} has no head, and the rows have no object whose label it could learn")
        with refusing_model(folder):
            network = load_network(AutoModelForObjectDetection, folder, labels, known is not None, PROPOSING)
            processor = load_image_processor(folder)
        if not hasattr(processor, "post_process_object_detection"):
            raise BadInput(f"{folder}: {type(processor).__name__} can't read boxes from a network's output")
        return LoadedModel(network.to(pick_device()), processor, labels, folder=folder)

    def limit_length(self, model: LoadedModel, length: int) -> None:
        """Refuse: images have no length."""
        raise BadInput(f"hyperparameters.max_length={length}: images aren't cut")

    def save(self, model: LoadedModel, folder: Path) -> None:
        """Write safetensors, configuration and processor."""
        model.network.save_pretrained(folder)
        model.processor.save_pretrained(folder)

    def encode(self, model: LoadedModel, rows: Sequence[Row]) -> list[Batch]:
        """Keep the files' contents and the objects: pixels are made batch by batch."""
        return [{"image": row.values["image"], "objects": read_objects(row.values["objects"])} for row in rows]

    def collator(self, model: LoadedModel) -> Callable[[list[Batch]], Batch]:
        """Scale to the size that the model takes, and pad to the largest of the batch."""

        def collate(encoded: list[Batch]) -> Batch:
            return make_batch(model, [Example(row["image"], row["objects"]) for row in encoded])

        return collate

    def count_cut(self, model: LoadedModel, rows: Sequence[Row]) -> int:
        """Count nothing: images aren't cut."""
        return 0

    def predict(self, model: LoadedModel, rows: Sequence[Row]) -> list[Prediction]:
        """Find the objects, the surest first; the score is that of the surest one, 0 where there is none."""
        values = [row.values["image"] for row in rows]
        found = predict_in_batches(model.network, values, lambda value: 0, BATCH, lambda some: detect(model, some))
        return [Prediction(_write(objects), max((one.score for one in objects), default=0.0)) for objects in found]

    def tally(self, prediction: Any, truth: Any) -> Tally:
        """Count the objects found with a score of 0.5 or more and the true ones; those on one side alone are errors."""
        found = [one for one in read_objects(prediction) if one.score >= CONFIDENT]
        true = read_objects(truth)
        same = count_matches(found, true)
        every = len(found) + len(true) - same
        return Tally(every - same, max(1, every))

    def agrees(self, answer: Any, other: Any, tolerance: float) -> bool:
        """Return whether two models find the same objects with a score of 0.5 or more."""
        sure = [one for one in other if one["score"] >= CONFIDENT]
        return not self.tally(answer, sure).errors

    def measure(self, rows: Sequence[Row], predictions: Sequence[Prediction]) -> dict[str, float]:
        """Return COCO's mean average precision at an overlap of 0.5, that over 0.5 to 0.95, and the recall."""
        found = [read_objects(prediction.value) for prediction in predictions]
        return measure_average_precision(found, [read_objects(row.values["objects"]) for row in rows])


def _write(objects: Sequence[Object]) -> list[dict[str, Any]]:
    return [
        {"label": one.label, "score": round(one.score, 6), "box": [round(number, 2) for number in one.box]}
        for one in objects
    ]


TASK = ObjectDetection()
