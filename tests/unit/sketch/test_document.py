"""A damaged sketch is refused by name, whoever wrote it, and nothing else happens."""

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.sketch.document import MAX_BYTES, MAX_WIDTH, SKETCH, Calibration, Sketch, read_sketch, render_sketch

DIGEST = "sha256:" + "a" * 64
WHOLE = Sketch(
    digest=DIGEST,
    rows=300,
    mean=(0.5, -1.0, 2.0),
    axes=((1.0, 0.0, 0.0), (0.0, 2.0, 0.0)),
    limit=0.2,
    calibration=Calibration(confidence=(0.5, 0.9), accuracy=(0.4, 0.8)),
)


def changed(**fields: Any) -> str:
    return json.dumps(json.loads(render_sketch(WHOLE)) | fields)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    (tmp_path / SKETCH).write_text(render_sketch(WHOLE))
    assert read_sketch(tmp_path, DIGEST) == WHOLE


def test_no_sketch_is_nothing_to_tell(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert read_sketch(tmp_path, DIGEST) is None and not caplog.records


DAMAGED = {
    "nothing": ("", "Invalid JSON"),
    "half a file": (render_sketch(WHOLE)[:-40], "Invalid JSON"),
    "lists in lists": ("[" * 100_000, "Invalid JSON"),
    "a list": ("[]", "document=[]"),
    "another version": (changed(version=2), "version=2"),
    "another model's": (changed(digest="sha256:" + "b" * 64), f"not {DIGEST}"),
    "an axis too short": (changed(axes=[[1.0, 0.0]]), "an axis hasn't the 3 numbers of the mean"),
    "no axis": (changed(axes=[]), "axes=[]"),
    "too many axes": (changed(axes=[[1.0] * 3] * 17), "axes="),
    "too wide": (changed(mean=[0.0] * (MAX_WIDTH + 1)), "mean="),
    "an infinity": (changed(limit=0.2).replace("0.2", "1e999"), "limit=inf"),
    "no number": (changed(mean=[0.0, "many", 0.0]), "mean.1='many'"),
    "words for numbers": (changed(mean=["many"] * 3000), "mean.0='many'"),
    "a number that overflows": (changed(mean=[0.0, 1e300, 0.0]), "mean.1=1e+300"),
    "no limit": (changed(limit=0), "limit=0"),
    "confidence that falls": (
        changed(calibration={"confidence": [0.9, 0.5], "accuracy": [0.1, 0.2]}),
        "confidence has to rise",
    ),
    "accuracy that falls": (
        changed(calibration={"confidence": [0.5, 0.9], "accuracy": [0.2, 0.1]}),
        "accuracy not to fall",
    ),
    "a calibration of two lengths": (
        changed(calibration={"confidence": [0.5, 0.9], "accuracy": [0.2]}),
        "differ in length",
    ),
    "too large": ("[" + "1," * MAX_BYTES, f"at most {MAX_BYTES} bytes"),
}


@pytest.mark.parametrize(("text", "said"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_sketch_is_refused_by_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, said: str
) -> None:
    (tmp_path / SKETCH).write_text(text)
    with caplog.at_level(logging.WARNING):
        assert read_sketch(tmp_path, DIGEST) is None
    (record,) = caplog.records
    assert said in record.getMessage() and SKETCH in record.getMessage() and len(record.getMessage()) < 600


def test_what_stands_in_its_place_is_neither_followed_nor_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "elsewhere").write_text(render_sketch(WHOLE))
    for make in (lambda path: path.symlink_to(tmp_path / "elsewhere"), os.mkfifo, Path.mkdir):
        path = tmp_path / SKETCH
        make(path)
        assert read_sketch(tmp_path, DIGEST) is None
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    assert len(caplog.records) == 3
