"""Images: from a file's contents to pixels, the same that Hugging Face `datasets` gives in RGB.

Sixteen bits a pixel are the exception: scaled here, where a conversion to RGB would make nearly all of them white.
"""

import io
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from refit_trainer.data.blob import Blob

MAX_PIXELS = 64_000_000  # more is a decompression bomb rather than a photograph
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF", "ICO")
"""What is tried: Pillow's other readers are rarely needed, and one of them starts a program."""
SIDEWAYS = range(5, 9)
"""Values of EXIF's orientation that exchange width and height."""


class UnfitImage(ValueError):
    """An image that can be read, and isn't taken."""


def read_image(blob: Blob) -> Any:
    """Return an image in RGB, upright; raise ValueError where the contents are none."""
    contents = blob.read()
    try:
        image = _open(contents)
        image.load()
        return _to_rgb(ImageOps.exif_transpose(image) if _orientation(image) else image)
    except (UnfitImage, MemoryError):
        raise
    except UnidentifiedImageError:
        raise ValueError(f"can't be read as an image: it is none of {', '.join(FORMATS)}, or damaged") from None
    except Exception as error:  # what Pillow's readers raise over damaged files is of a dozen types
        raise ValueError(f"can't be read as an image: {error}") from None


def check_image(value: Any) -> str | None:
    """Say what is wrong with an image."""
    try:
        read_image(value)
    except ValueError as error:
        return f"image {value.title}{error}"
    return None


def measure_image(blob: Blob) -> tuple[int, int]:
    """Return the width and height in pixels of what `read_image` reads."""
    with _open(blob.read()) as image:
        is_sideways = _orientation(image) in SIDEWAYS
        return (image.height, image.width) if is_sideways else (image.width, image.height)


def write_png(image: Any) -> Blob:
    """Return an image as PNG."""
    contents = io.BytesIO()
    image.save(contents, "PNG")
    return Blob(contents.getvalue())


def _open(contents: bytes) -> Any:
    image = Image.open(io.BytesIO(contents), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise UnfitImage(f"has {image.width}x{image.height} pixels, more than {MAX_PIXELS}")
    return image


def _orientation(image: Any) -> Any:
    return image.getexif().get(ExifTags.Base.Orientation)


def _to_rgb(image: Any) -> Any:
    if image.mode.startswith("I;16"):
        return _scale(image).convert("RGB")
    if image.mode in ("I", "F"):
        kind = "32-bit integers" if image.mode == "I" else "floating-point numbers"
        raise UnfitImage(f"has pixels that are {kind}, whose range isn't known: save it with 8 or 16 bits a channel")
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA")  # straight to RGB, Pillow warns of a transparent palette
    return image.convert("RGB")


def _scale(image: Any) -> Any:
    """Return sixteen bits as eight, the whole range on the whole range."""
    shades = np.asarray(image).astype(np.uint32)
    return Image.fromarray(((shades * 255 + 32_767) // 65_535).astype(np.uint8))
