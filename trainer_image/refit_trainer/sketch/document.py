"""The sketch of what a model was judged on, as a file beside its weights.

It is no part of their digest, so that whoever may write there may change it: it is read as what anybody may have
written, and what follows from it warns and decides nothing.
"""

import logging
import os
import stat
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError, model_validator

from refit_trainer.contract.config import Digest, describe

SKETCH = "report.sketch.json"
MAX_BYTES = 4 << 20
MAX_WIDTH = 8192
COMPONENTS = 16
KNOTS = 20
WINDOW = 200
"""Answers that drift is measured over."""
SHOWN = 300  # characters of what is wrong with a file
log = logging.getLogger(__name__)

Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
Vector = Annotated[tuple[Number, ...], Field(min_length=1, max_length=MAX_WIDTH), FailFast()]
Shares = Annotated[tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=1, max_length=KNOTS), FailFast()]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Calibration(_Document):
    """How often answers of a confidence were right: knots, straight lines between them, level beyond them."""

    confidence: Shares
    accuracy: Shares

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if len(self.confidence) != len(self.accuracy):
            raise ValueError("confidence and accuracy differ in length")
        if any(a >= b for a, b in pairwise(self.confidence)) or any(a > b for a, b in pairwise(self.accuracy)):
            raise ValueError("confidence has to rise, and accuracy not to fall")
        return self


class Sketch(_Document):
    """What the head of one model is given, along few axes, and how far 200 answers may lie from it by chance."""

    version: Literal[1] = 1
    digest: Digest
    """Of the model that it is a sketch of."""
    rows: Annotated[int, Field(gt=0)]
    """How many rows it was drawn from."""
    mean: Vector
    axes: Annotated[tuple[Vector, ...], Field(min_length=1, max_length=COMPONENTS)]
    """Principal components, each divided by its standard deviation."""
    limit: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """Of the squared length of the mean of 200 answers along the axes: the 99th percentile where nothing changed."""
    calibration: Calibration

    @model_validator(mode="after")
    def _has_one_width(self) -> Self:
        if any(len(axis) != len(self.mean) for axis in self.axes):
            raise ValueError(f"an axis hasn't the {len(self.mean)} numbers of the mean")
        return self


def render_sketch(sketch: Sketch) -> str:
    """Return the file's contents."""
    return sketch.model_dump_json() + "\n"


def read_sketch(folder: Path, digest: str) -> Sketch | None:
    """Return the sketch of the model with that digest; None where there is none, or none that can be used."""
    path = folder / SKETCH
    try:
        return _parse(path, digest)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("sketch.refused path=%s reason=%s", path, str(error)[:SHOWN])
        return None


def _parse(path: Path, digest: str) -> Sketch:
    """Return the sketch in a file; raise ValueError, which says what is wrong, where it can't be used."""
    try:
        found = Sketch.model_validate_json(_read(path))
    except ValidationError as error:
        raise ValueError(describe(error)) from None
    if found.digest != digest:
        raise ValueError(f"it is of the model {found.digest}, not {digest}")
    return found


def _read(path: Path) -> bytes:
    """Return a regular file's contents; a link isn't followed, and a pipe that stands there isn't waited for."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            raise ValueError(f"it isn't a file of at most {MAX_BYTES} bytes")
        return file.read(MAX_BYTES)
