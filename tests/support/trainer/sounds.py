"""Recordings that are computed, for what real ones can't show."""

import io

import numpy as np
import soundfile

from refit_trainer.data.blob import Blob


def tone(seconds: float = 1.0, rate: int = 8000, channels: int = 1, format: str = "WAV") -> Blob:
    """A sine of 440 Hz."""
    wave = np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate) / 2
    contents = io.BytesIO()
    soundfile.write(contents, np.stack([wave] * channels, axis=1), rate, format=format)
    return Blob(contents.getvalue())
