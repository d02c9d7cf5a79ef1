"""Images: from a file's contents to pixels."""

import io
from typing import Any

from PIL import Image

from refit_trainer.data.blob import Blob

MAX_PIXELS = 64_000_000  # more is a decompression bomb rather than a photograph


def read_image(blob: Blob) -> Any:
    """Return an image in RGB; raise ValueError where the contents are none."""
    try:
        image = Image.open(io.BytesIO(blob.read()))
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(f"has {image.width}x{image.height} pixels, more than {MAX_PIXELS}")
        return image.convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"can't be read as an image: {error}") from None


def check_image(value: Any) -> str | None:
    """Say what is wrong with an image."""
    try:
        read_image(value)
    except ValueError as error:
        return f"image {error}"
    return None


def measure_image(blob: Blob) -> tuple[int, int]:
    """Return the width and height in pixels of what `read_image` reads."""
    with Image.open(io.BytesIO(blob.read())) as image:
        return image.width, image.height


def write_png(image: Any) -> Blob:
    """Return an image as PNG."""
    contents = io.BytesIO()
    image.save(contents, "PNG")
    return Blob(contents.getvalue())
