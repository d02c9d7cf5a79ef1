"""What a request may ask of the model: inputs bounded by characters, pixels and samples, read from headers alone.

Contents are decoded once, by the model's own thread: a picture of a few kilobytes may have millions of pixels.
"""

import io
from typing import Any

import soundfile
from PIL import Image

from refit_serving.batching import Cost
from refit_serving.bodies import parts_of
from refit_serving.refusals import InvalidRequest
from refit_trainer.data.audio import MAX_SECONDS
from refit_trainer.data.blob import Blob, decode_base64
from refit_trainer.tasks import Task

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
RATES = (1_000, 192_000)  # samples a second
SAMPLES = 24_000_000
"""Of one recording, all channels together: two minutes at 96 kHz in stereo, 92 MiB once decoded."""


class Inputs:
    """Reads the inputs of one task within the bounds of a server."""

    def __init__(self, task: Task, max_characters: int, max_pixels: int) -> None:
        self._task = task
        self._max_characters = max_characters
        self._max_pixels = max_pixels
        self.cost = {
            "image": Cost(self._measure_image, 2 * max_pixels, 1e-7),
            "audio": Cost(_measure_audio, 2 * SAMPLES, 1e-7),
        }.get(task.input, Cost(lambda value: 1 + count_characters(value) / 1000))

    def read(self, value: Any) -> Any:
        """Return an input as the model takes it; raise InvalidRequest."""
        name = self._task.input
        if name not in self._task.roles.files:
            self.check_characters(name, value)
            if problem := self._task.check_input(value):
                raise InvalidRequest(problem)
            return value
        blob = decode_base64(value)
        if isinstance(blob, str):
            raise InvalidRequest(f"{name} {blob}")
        try:
            self.cost.of(blob)
        except ValueError as error:
            raise InvalidRequest(f"{name} {error}") from None
        return blob

    def check_characters(self, name: str, value: Any) -> None:
        """Raise InvalidRequest where a value is too long."""
        found = count_characters(value)
        if found > self._max_characters:
            raise InvalidRequest(f"{name} has {found} characters, more than {self._max_characters}")

    def check_together(self, values: list[Any]) -> None:
        """Raise InvalidRequest where the inputs of one request are too much together, each being right by itself."""
        total = sum(map(self.cost.of, values))
        if total > self.cost.batch:
            raise InvalidRequest(f"the request has {total:.0f} pixels or samples, more than {self.cost.batch:.0f}")

    def _measure_image(self, blob: Blob) -> float:
        try:
            with Image.open(io.BytesIO(blob.read()), formats=FORMATS) as image:
                pixels = image.width * image.height
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise ValueError(f"can't be read as an image: {error}") from None
        if pixels > self._max_pixels:
            raise ValueError(f"has {image.width}x{image.height} pixels, more than {self._max_pixels}")
        return pixels


def count_characters(value: Any) -> int:
    """Return the characters of all strings and numbers in a document's value, and one for each list and object."""
    return sum(len(one) if isinstance(one, str) else 1 for one in parts_of(value))


def _measure_audio(blob: Blob) -> float:
    try:
        header = soundfile.info(io.BytesIO(blob.read()))
    except (soundfile.SoundFileError, OSError) as error:
        raise ValueError(f"can't be read as a recording: {error}") from None
    if not RATES[0] <= header.samplerate <= RATES[1]:
        raise ValueError(f"has {header.samplerate} samples a second, not {RATES[0]} to {RATES[1]}")
    if not 0 < header.frames <= MAX_SECONDS * header.samplerate:
        raise ValueError(f"has {header.frames / header.samplerate:.0f} s, more than {MAX_SECONDS} or none")
    if (samples := header.frames * header.channels) > SAMPLES:
        raise ValueError(f"has {samples} samples, more than {SAMPLES}")
    return float(samples)
