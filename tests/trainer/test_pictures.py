"""Pixels are those that Hugging Face `datasets` gives for the same file, or the image is refused by name."""

import io
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from PIL import Image

from refit_trainer.contract.config import Dataset
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.blob import Blob
from refit_trainer.data.images import FORMATS, check_image, measure_image, read_image
from refit_trainer.data.reader import read_rows
from refit_trainer.tasks.components.row_check import check_row
from refit_trainer.tasks.image_classification import TASK
from tests.support.trainer.commands import write_rows
from tests.support.trainer.pictures import png

RAMP = np.arange(16, dtype=np.uint16).reshape(4, 4) * 4369


def encode(image: Any, format: str, **options: Any) -> bytes:
    contents = io.BytesIO()
    image.save(contents, format, **options)
    return contents.getvalue()


def colours(mode: str) -> Any:
    """Return a small picture in a mode, 3 wide and 2 high, every pixel of another colour."""
    pixels = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[9, 99, 199], [255, 255, 255], [0, 0, 0]]], np.uint8)
    image = Image.fromarray(pixels)
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.fromarray(np.array([[0, 50, 100], [150, 200, 255]], np.uint8)))
    return image.convert(mode)


def transparent_palette() -> bytes:
    return encode(colours("P"), "PNG", transparency=bytes([0, 128, 255]))


def turned(orientation: int, mode: str = "RGB", format: str = "PNG") -> bytes:
    exif = Image.Exif()
    exif[Image.ExifTags.Base.Orientation] = orientation
    return encode(colours(mode), format, exif=exif)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_shades(format: str) -> None:
    pixels = np.asarray(read_image(Blob(encode(Image.fromarray(RAMP), format))))
    assert (pixels == (RAMP // 257)[:, :, None]).all() and len(np.unique(pixels)) == 16


def test_sixteen_bits_in_the_other_byte_order() -> None:
    contents = encode(Image.frombytes("I;16B", (4, 4), RAMP.astype(">u2").tobytes()), "TIFF")
    assert (np.asarray(read_image(Blob(contents)))[:, :, 0] == RAMP // 257).all()


@pytest.mark.parametrize(
    "contents",
    [
        *(pytest.param(encode(colours(mode), "PNG"), id=mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")),
        pytest.param(transparent_palette(), id="P with transparency"),
        pytest.param(encode(colours("CMYK"), "JPEG"), id="CMYK"),
        pytest.param(encode(colours("CMYK"), "TIFF"), id="CMYK, TIFF"),
        pytest.param(encode(colours("YCbCr"), "TIFF"), id="YCbCr"),
        pytest.param(encode(Image.new("LAB", (3, 2), (120, 9, 200)), "TIFF"), id="LAB"),
        *(pytest.param(turned(n), id=f"orientation {n}") for n in range(1, 10)),
        pytest.param(turned(6, "L", "JPEG"), id="JPEG, turned"),
        pytest.param(turned(6, "P"), id="P, turned"),
    ],
)
@pytest.mark.filterwarnings("ignore:Palette images with Transparency")
def test_pixels_are_those_of_hugging_face(contents: bytes) -> None:
    theirs = datasets.Image().decode_example({"bytes": contents, "path": None})
    assert (np.asarray(read_image(Blob(contents))) == np.asarray(theirs.convert("RGB"))).all()
    assert measure_image(Blob(contents)) == theirs.size


def test_sixteen_bits_are_turned_too() -> None:
    exif = Image.Exif()
    exif[Image.ExifTags.Base.Orientation] = 3
    contents = encode(Image.fromarray(RAMP), "PNG", exif=exif)
    assert (np.asarray(read_image(Blob(contents)))[:, :, 0] == RAMP[::-1, ::-1] // 257).all()


@pytest.mark.parametrize(
    ("mode", "problem"),
    [("I", "has pixels that are 32-bit integers"), ("F", "are floating-point numbers")],
)
def test_what_has_no_known_range_is_refused(mode: str, problem: str) -> None:
    image = Image.new(mode, (2, 2))
    assert problem in str(check_image(Blob(encode(image, "TIFF"))))


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_that_is_named_is_read(format: str) -> None:
    size = (16, 16)
    assert read_image(Blob(encode(Image.new("RGB", size, "red"), format))).size == size


def test_other_formats_are_not_tried() -> None:
    assert "it is none of PNG, JPEG" in str(check_image(Blob(encode(colours("RGB"), "EPS"))))


def test_a_bad_image_is_told_by_the_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"none")
    (tmp_path / "cut.png").write_bytes(png(10)[:50])
    rows = [{"image": name, "label": "dark"} for name in ("bad.png", "cut.png", "no\0file.png", "x" * 5000)]
    path = write_rows(tmp_path / "rows.jsonl", rows)
    with pytest.raises(BadInput) as refused:
        read_rows(path.as_uri(), Dataset(), TASK.roles, check_row(TASK, None))
    bad, cut, null, long = str(refused.value).splitlines()
    assert bad.startswith("rows.jsonl:1: image 'bad.png' can't be read as an image: it is none of PNG, ")
    assert cut.startswith("rows.jsonl:2: image 'cut.png' can't be read as an image: ")
    assert null.startswith('rows.jsonl:3: column "image" (image) ') and len(null) < 500
    assert long.startswith('rows.jsonl:4: column "image" (image) ') and "BytesIO" not in str(refused.value)
