"""Recordings to one of a few labels: languages, emotions, keywords. wav2vec2, AST, Whisper's encoder and others."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from transformers import AutoModelForAudioClassification

from refit_trainer.data.audio import check_audio, encode_recordings, measure_seconds, pad_recordings, write_wav
from refit_trainer.data.blob import Blob
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.tasks import LoadedModel
from refit_trainer.tasks.components.classification import WEIGHED, Batch, Classification
from refit_trainer.tasks.components.processors import load_feature_extractor


class AudioClassification(Classification):
    """The task `audio-classification`."""

    roles = ColumnRoles(required=("audio", "label"), optional=WEIGHED, files=("audio",))
    input = "audio"
    plural = "recordings"
    head = ("ForSequenceClassification", "ForAudioClassification")
    network = AutoModelForAudioClassification
    batch = 16

    def check_input(self, value: Any) -> str | None:
        """Say what is wrong with a recording."""
        return check_audio(value)

    def example(self) -> Blob:
        """Return a second of silence."""
        return write_wav(np.zeros(16_000), 16_000)

    def load_processor(self, folder: Path, network: Any) -> Any:
        """Load what makes features of samples."""
        return load_feature_extractor(folder)

    def size_of(self, value: Any) -> float:
        """Return the recording's length in seconds."""
        return measure_seconds(value)

    def encode_inputs(self, model: LoadedModel, values: Sequence[Any]) -> list[Batch]:
        """Compute the features."""
        return encode_recordings(model.processor, values)

    def pad(self, model: LoadedModel, inputs: list[Batch]) -> Any:
        """Pad to the longest."""
        return pad_recordings(model.processor, inputs)


TASK = AudioClassification()
