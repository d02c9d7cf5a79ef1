"""Images to one of a few labels. ResNet, ViT and any other that AutoModelForImageClassification knows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from transformers import AutoModelForImageClassification

from refit_trainer.data.blob import Blob
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.images import check_image, read_image, write_png
from refit_trainer.tasks import LoadedModel
from refit_trainer.tasks.components.classification import WEIGHED, Batch, Classification
from refit_trainer.tasks.components.processors import load_image_processor


class ImageClassification(Classification):
    """The task `image-classification`."""

    roles = ColumnRoles(required=("image", "label"), optional=WEIGHED, files=("image",))
    input = "image"
    plural = "images"
    head = "ForImageClassification"
    network = AutoModelForImageClassification

    def check_input(self, value: Any) -> str | None:
        """Say what is wrong with an image."""
        return check_image(value)

    def example(self) -> Blob:
        """Return a grey image."""
        return write_png(Image.new("RGB", (32, 32), "grey"))

    def load_processor(self, folder: Path, network: Any) -> Any:
        """Load what scales and normalizes."""
        return load_image_processor(folder)

    def encode_inputs(self, model: LoadedModel, values: Sequence[Any]) -> list[Batch]:
        """Keep the files' contents: pixels take fifty times as much, and are made batch by batch."""
        return [{"image": value} for value in values]

    def pad(self, model: LoadedModel, inputs: list[Batch]) -> Any:
        """Scale to the size that the model takes."""
        return model.processor(images=[read_image(row["image"]) for row in inputs], return_tensors="pt")


TASK = ImageClassification()
