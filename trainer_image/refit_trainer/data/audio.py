"""Recordings: from a file's contents to features."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import soundfile
from scipy.signal import resample_poly

from refit_trainer.data.blob import Blob

MAX_SECONDS = 120
"""A network's memory grows with the square of a recording's length; longer ones must be cut into pieces."""
SHORTEST = 0.25
"""Seconds; shorter ones are padded with silence, since SpecAugment masks spans of a fifth of a second."""

Features = dict[str, Any]
Samples = Any
"""A NumPy array of 32-bit floats between -1 and 1, one dimension."""


def read_audio(blob: Blob, rate: int) -> Samples:
    """Return a recording's samples, its channels mixed, at `rate` samples a second; raise ValueError for no recording.

    WAV, FLAC, Ogg, MP3 and what else libsndfile reads.
    """
    contents = io.BytesIO(blob.read())
    try:
        with soundfile.SoundFile(contents) as file:
            _refuse_length(file.frames / file.samplerate)
            samples = file.read(dtype="float32", always_2d=True).mean(axis=1)
            found = file.samplerate
    except soundfile.SoundFileError as error:
        raise ValueError(f"can't be read as a recording: {_say(error)}") from None
    if not np.isfinite(samples).all():
        raise ValueError("has samples that aren't numbers")
    return samples if found == rate else _resample(samples, found, rate)


def check_audio(value: Any) -> str | None:
    """Say what is wrong with a recording."""
    try:
        read_audio(value, rate=16_000)
    except ValueError as error:
        return f"audio {value.title}{error}"
    return None


def measure_seconds(blob: Blob) -> float:
    """Return how long a recording is, from its header alone."""
    contents = io.BytesIO(blob.at) if isinstance(blob.at, bytes) else str(blob.at)
    return float(soundfile.info(contents).duration)


def write_wav(samples: Samples, rate: int) -> Blob:
    """Return samples as a WAV file of 16 bits."""
    contents = io.BytesIO()
    soundfile.write(contents, samples, rate, format="WAV", subtype="PCM_16")
    return Blob(contents.getvalue())


def encode_recordings(extractor: Any, blobs: Sequence[Blob]) -> list[Features]:
    """Return the features of each recording."""
    return [_extract(extractor, blob) for blob in blobs]


def pad_recordings(extractor: Any, encoded: Sequence[Mapping[str, Any]]) -> Any:
    """Return a batch of encoded recordings as tensors, padded to the longest."""
    name = extractor.model_input_names[0]
    return extractor.pad({name: [row[name] for row in encoded]}, padding=True, return_tensors="pt")


def _extract(extractor: Any, blob: Blob) -> Features:
    rate = extractor.sampling_rate
    samples = read_audio(blob, rate)
    missing = max(0, round(SHORTEST * rate) - len(samples))
    name = extractor.model_input_names[0]
    found = extractor([np.pad(samples, (0, missing))], sampling_rate=rate, return_tensors="np")
    return {name: np.asarray(found[name][0], dtype=np.float32)}


def _resample(samples: Samples, found: int, rate: int) -> Samples:
    common = np.gcd(found, rate)
    return resample_poly(samples, rate // common, found // common).astype(np.float32)


def _say(error: Exception) -> str:
    """Return libsndfile's own words, without the object that the file was opened as."""
    return str(getattr(error, "error_string", error))


def _refuse_length(seconds: float) -> None:
    if seconds == 0:
        raise ValueError("is empty")
    if seconds > MAX_SECONDS:
        raise ValueError(f"has {seconds:.0f} s, more than {MAX_SECONDS}")
