"""Rows come out the same, whatever their files look like, and what is wrong is said with file and row."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pyarrow as arrow
import pytest
from pyarrow import parquet

from refit_trainer.contract.config import Dataset
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.reader import read_rows
from refit_trainer.data.rows import RowSet
from refit_trainer.tasks.components.row_check import check_row
from refit_trainer.tasks.image_classification import TASK as IMAGES
from refit_trainer.tasks.text_classification import TASK as TEXTS
from tests.support.trainer.commands import write_rows
from tests.support.trainer.pictures import png

ROWS = [{"text": "a fine film", "label": "positive"}, {"text": "dull, long", "label": "negative"}]
LABELS = ("negative", "positive")


def write_json_lines(folder: Path) -> None:
    write_rows(folder / "rows.jsonl", ROWS)


def write_csv(folder: Path) -> None:
    (folder / "rows.csv").write_text('text,label\na fine film,positive\n"dull, long",negative\n')


def write_parquet(folder: Path) -> None:
    parquet.write_table(arrow.Table.from_pylist(ROWS), folder / "rows.parquet")


def write_hf(folder: Path) -> None:
    names = datasets.ClassLabel(names=list(LABELS))
    features = datasets.Features({"text": datasets.Value("string"), "label": names})
    rows = [{**row, "label": LABELS.index(row["label"])} for row in ROWS]
    datasets.Dataset.from_list(rows, features=features).save_to_disk(str(folder))


WRITERS: dict[str, Callable[[Path], None]] = {
    "jsonl": write_json_lines,
    "csv": write_csv,
    "parquet": write_parquet,
    "hf-dataset": write_hf,
}


def read(path: Path, format: str, task: Any = TEXTS, labels: Any = LABELS, **more: Any) -> RowSet:
    return read_rows(path.as_uri(), Dataset(format=format, **more), task.roles, check_row(task, labels))


def refusal(*args: Any, **more: Any) -> str:
    with pytest.raises(BadInput) as refused:
        read(*args, **more)
    return str(refused.value)


def test_every_format_gives_the_same_rows(tmp_path: Path) -> None:
    digests = set()
    for name, write in WRITERS.items():
        (tmp_path / name).mkdir()
        write(tmp_path / name)
        rows = read(tmp_path / name, name)
        assert [dict(row.values) for row in rows.rows] == ROWS, name
        digests.add(rows.digest)
    assert len(digests) == 1


@pytest.mark.parametrize("name", WRITERS)
def test_an_empty_folder_says_what_it_should_hold(tmp_path: Path, name: str) -> None:
    assert ("save_to_disk" if name == "hf-dataset" else f"has no rows in files named *.{name}") in refusal(
        tmp_path, name
    )


def test_an_unknown_format_names_the_known_ones(tmp_path: Path) -> None:
    message = (
        "dataset.format='xml': unknown; this image knows audiofolder, csv, hf-dataset, imagefolder, jsonl, parquet"
    )
    assert refusal(tmp_path, "xml") == message


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("text,label\na,positive\nb,positive,more\n", "rows.csv:3: has more fields than the header's 2"),
        ("text,label\na,positive\n,positive\n", 'rows.csv:3: column "text" (text) is null'),
        ("text,label\na,positive\nb,unheard\n", "rows.csv:3: unknown label 'unheard'"),
        ('text,label\na,positive\n"b,positive\n', "rows.csv:3: not CSV: unexpected end of data"),
        ("text,label,text,,\na,positive,b,,\n", 'rows.csv:1: has the column "text" twice'),
    ],
)
def test_a_bad_csv_row_is_named(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "rows.csv").write_text(text)
    assert problem in refusal(tmp_path, "csv")


def test_csv_that_is_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"text,label\ncaf\xe9,positive\n")
    assert refusal(tmp_path, "csv").startswith("rows.csv:2: not CSV: 'utf-8' codec can't decode")


def test_the_line_of_a_byte_that_is_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"text,label\n" + b"bad,negative\n" * 59 + b"caf\xe9,positive\n")
    assert refusal(tmp_path, "csv").startswith("rows.csv:61: not CSV: 'utf-8' codec can't decode")


def test_a_broken_parquet_file(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 and nothing")
    assert refusal(tmp_path, "parquet").startswith("rows.parquet:1: can't be read: ArrowInvalid: ")


def test_a_dictionary_of_splits_is_no_split(tmp_path: Path) -> None:
    split = datasets.Dataset.from_list(ROWS)
    datasets.DatasetDict({"train": split, "test": split}).save_to_disk(str(tmp_path))
    assert "it has the splits test, train: name one of them" in refusal(tmp_path, "hf-dataset")


def pictures(folder: Path) -> Path:
    for label, shade in (("dark", 10), ("light", 240)):
        (folder / label).mkdir(parents=True)
        (folder / label / "1.png").write_bytes(png(shade))
    return folder


def as_jsonl(folder: Path, **row: Any) -> Path:
    return write_rows(folder / "rows.jsonl", [row])


def test_the_folder_of_an_image_is_its_label(tmp_path: Path) -> None:
    rows = read(pictures(tmp_path), "imagefolder", IMAGES, None).rows
    assert [(row.values["label"], row.source) for row in rows] == [("dark", "dark/1.png"), ("light", "light/1.png")]
    assert rows[0].values["image"].read() == png(10)


def test_images_by_path_in_base64_and_in_parquet_have_one_digest(tmp_path: Path) -> None:
    pictures(tmp_path / "folder")
    as_jsonl(tmp_path / "folder", image="dark/1.png", label="dark")
    as_jsonl(tmp_path / "inline", image={"bytes": base64.b64encode(png(10)).decode()}, label="dark")
    (tmp_path / "parquet").mkdir()
    table = arrow.Table.from_pylist([{"image": {"bytes": png(10), "path": None}, "label": "dark"}])
    parquet.write_table(table, tmp_path / "parquet" / "rows.parquet")
    found = [read(tmp_path / name, "jsonl", IMAGES, None) for name in ("folder", "inline")]
    found.append(read(tmp_path / "parquet", "parquet", IMAGES, None))
    assert len({rows.digest for rows in found}) == 1


def test_images_of_a_hugging_face_data_set(tmp_path: Path) -> None:
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["dark", "light"])})
    rows = [{"image": {"bytes": png(10), "path": None}, "label": 0}]
    datasets.Dataset.from_list(rows, features=features).save_to_disk(str(tmp_path))
    (row,) = read(tmp_path, "hf-dataset", IMAGES, None).rows
    assert row.values["image"].read() == png(10) and row.values["label"] == "dark"


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        ("dark/2.png", "column \"image\" (image) is 'dark/2.png', and there is no such file"),
        ("../secret.png", "column \"image\" (image) is '../secret.png', a path out of the data set"),
        ("/etc/passwd", "a path out of the data set"),
        (7, 'column "image" (image) is 7, not a path'),
        ({"bytes": "!"}, 'column "image" (image) isn\'t base64'),
        ({"bytes": base64.b64encode(b"GIF89a").decode()}, "rows.jsonl:1: image can't be read as an image"),
    ],
)
def test_an_image_that_is_none(tmp_path: Path, image: Any, problem: str) -> None:
    (tmp_path / "secret.png").write_bytes(png(1))
    pictures(tmp_path / "data")
    assert problem in refusal(as_jsonl(tmp_path / "data", image=image, label="dark"), "jsonl", IMAGES, None)


def test_a_link_out_of_an_imagefolder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(1))
    (pictures(tmp_path / "data") / "dark" / "link.png").symlink_to(tmp_path / "secret.png")
    assert "dark/link.png: is a link out of the data set" in refusal(tmp_path / "data", "imagefolder", IMAGES, None)


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_rows_that_are_a_link_out_of_the_data_set_are_refused(tmp_path: Path, format: str) -> None:
    (tmp_path / "data").mkdir()
    WRITERS[format](tmp_path)
    (tmp_path / "data" / f"rows.{format}").symlink_to(tmp_path / f"rows.{format}")
    assert f"rows.{format}: is a link out of the data set" in refusal(tmp_path / "data", format)


@pytest.mark.parametrize("name", [".ipynb_checkpoints", "@eaDir", "__MACOSX", "lost+found", "$RECYCLE.BIN"])
def test_what_tools_leave_is_no_class(tmp_path: Path, name: str) -> None:
    left = pictures(tmp_path) / name
    left.mkdir()
    (left / "0-checkpoint.png").write_bytes(png(1))
    rows = read(tmp_path, "imagefolder", IMAGES, None).rows
    assert [row.values["label"] for row in rows] == ["dark", "light"]


@pytest.mark.parametrize(("number", "named"), [(0, "negative"), (-1, None)])
def test_minus_one_of_a_class_label_is_missing(tmp_path: Path, number: int, named: str | None) -> None:
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=list(LABELS))})
    datasets.Dataset.from_list([{"text": "a", "label": number}], features=features).save_to_disk(str(tmp_path))
    if named is None:
        assert 'column "label" (label) is null' in refusal(tmp_path, "hf-dataset", TEXTS, None)
    else:
        assert read(tmp_path, "hf-dataset").rows[0].values["label"] == named


def test_a_link_out_of_the_data_set_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(1))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "link.png").symlink_to(tmp_path / "secret.png")
    path = as_jsonl(tmp_path / "data", image="link.png", label="dark")
    assert "a path out of the data set" in refusal(path, "jsonl", IMAGES, None)
    assert json.loads(path.read_text())["image"] == "link.png"
