"""Data sets of every format, almost right or not at all, are rows or are refused: never another exception."""

import gzip
import io
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
import pyarrow as arrow
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from pyarrow import parquet

from refit_trainer.contract.config import Dataset
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.reader import read_rows
from refit_trainer.tasks import find_task
from refit_trainer.tasks.components.evidence import select_distinct
from refit_trainer.tasks.components.row_check import check_row
from tests.support.trainer.damage import find_places
from tests.support.trainer.pictures import png
from tests.support.trainer.sounds import tone

TASKS = st.sampled_from(
    [
        "text-classification",
        "image-classification",
        "object-detection",
        "recommendation",
        "speech-recognition",
        "text-generation",
        "token-classification",
        "multi-label",
        "image-multi-label",
        "regression",
        "text2text-generation",
        "tabular-classification",
    ]
)
TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
"""With halves of characters, unlike hypothesis's own."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
LIKELY: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        ["a film", "positive", "", " ", 0, -1, 1.5, [], {}, None, "a\0b", "x" * 300, ["a", "b"], {"q": "yes"}]
    ),
    st.sampled_from(["1.png", "../1.png", {"path": "1.png"}, {"bytes": "aGk="}, {"bytes": b"hi", "path": None}]),
    st.sampled_from(["2026-11-24T16:40:02Z", "20261124", 1795000000, 1795000000000, 10**40, float("nan")]),
    st.sampled_from([[{"role": "user", "content": "a film"}], [{"role": "assistant", "content": None}], [{"role": 1}]]),
    st.sampled_from([[{"label": "a", "box": [0, 0, 1, 1]}], {"bbox": [[0, 0, 1, 1]], "categories": ["a"]}]),
    st.sampled_from([[{"label": "a", "start": 2, "end": 9}], [{"label": "a", "start": 0, "end": 10**30}], ["a", "a"]]),
    st.sampled_from([{"a": None}, {"a": []}, "1e3", "-inf", 10**400]),
)
SOUND = tone(0.1).read()
GOOD = {
    "text": "a film",
    "label": "positive",
    "image": "1.png",
    "audio": "1.wav",
    "objects": [{"label": "a", "box": [0, 0, 1, 1]}],
    "items": ["a", "b"],
    "next": "c",
    "prompt": "a film",
    "completion": "good",
    "entities": [{"label": "a", "start": 0, "end": 1}],
    "labels": ["a"],
    "value": 1,
    "target": "a",
    "features": {"a": 1, "b": "x"},
}
"""A row that every task takes."""
COLUMNS = (*GOOD, "time", "slice", "more")
CHANGES = st.dictionaries(st.sampled_from(COLUMNS), LIKELY | JSON, max_size=2)
ROWS = st.lists(CHANGES.map(lambda changes: GOOD | changes) | JSON, max_size=4)
OBJECTS = st.lists(CHANGES.map(lambda changes: GOOD | changes), max_size=4)
ENDS = st.just(b"\n") | st.sampled_from([b"\n", b"\r", b"\r\n", b"", b"\n\n", b"\xef\xbb\xbf", b"\0", b",", b"{"])
CUTS: st.SearchStrategy[list[tuple[float, int]]] = st.just([]) | st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=3
)
END = st.just(1.0) | st.floats(0, 1)
"""How much of a file is there."""


def read(folder: Path, format: str, task_name: str = "text-classification", **more: Any) -> None:
    """Read a data set, and whatever is read of it when it is used."""
    task = find_task(task_name)
    try:
        rows = read_rows(folder.as_uri(), Dataset(format=format, **more), task.roles, check_row(task, None))
        select_distinct(task, rows.rows)
    except BadInput as refused:
        json.dumps(str(refused))
    else:
        assert len(rows) and json.dumps(rows.facts() | {"of": [row.source for row in rows.rows]})


def read_file(name: str, contents: bytes, *args: Any, **more: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "1.png").write_bytes(png(10))
        (Path(folder) / "1.wav").write_bytes(SOUND)
        (Path(folder) / name).write_bytes(contents)
        read(Path(folder), *args, **more)


def damage(contents: bytes, end: float, changes: Sequence[tuple[float, int]]) -> bytes:
    """Return the first part of some bytes with some of them changed."""
    damaged = bytearray(contents[: round(len(contents) * end)])
    for at, value in changes if damaged else ():
        damaged[int(len(damaged) * at)] = value
    return bytes(damaged)


def encode(row: Any) -> bytes:
    return json.dumps(row, default=lambda value: str(value)).encode()


@given(
    st.binary(max_size=80), st.sampled_from(["jsonl", "csv", "parquet", "imagefolder"]), st.sampled_from(["", ".gz"])
)
@example(b'{"text": "a", "label": "b", "n": ' + b"9" * 5000 + b"}\n", "jsonl", "")
@example(b'{"text": "a", "label": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", "jsonl", "")
@example(b"text,label\n" + b"a" * 200_000 + b",b\n", "csv", "")
@example(b"\xff\xfet\0,\0l\0\n\0", "csv", "")
@example(b"text,label\na\0,b\n", "csv", "")
def test_bytes(contents: bytes, format: str, packed: str) -> None:
    name = "metadata.jsonl" if format == "imagefolder" else f"rows.{format}{packed}"
    read_file(name, contents, format)


@given(ROWS, TASKS, st.lists(ENDS, min_size=5, max_size=5), st.sampled_from([None, 1, 3]), st.booleans())
def test_json_lines(rows: list[Any], task: str, ends: list[bytes], recent: int | None, is_listed: bool) -> None:
    contents = b"".join(part for row, end in zip(rows, ends, strict=False) for part in (encode(row), end))
    if is_listed:
        read_file("metadata.jsonl", contents, "imagefolder", task, recent=recent)
    read_file("rows.jsonl", contents, "jsonl", task, recent=recent)


@given(
    st.lists(
        st.lists(st.sampled_from([*COLUMNS, "a", '"', '"a""', "1.5", "", "\r", "\0"]) | TEXT, max_size=4), max_size=5
    )
)
def test_csv(lines: list[list[str]]) -> None:
    contents = "\n".join(map(",".join, [["text", "label"], *lines]))
    for text in (contents, contents.partition("\n")[2]):
        read_file("rows.csv", text.encode(errors="surrogatepass"), "csv")


@given(OBJECTS, TASKS, END, CUTS)
def test_parquet(rows: list[Any], task: str, end: float, changes: list[tuple[float, int]]) -> None:
    try:
        table = arrow.Table.from_pylist(rows)
        contents = arrow.BufferOutputStream()
        parquet.write_table(table, contents)
    except (arrow.ArrowException, OverflowError, UnicodeEncodeError):
        return  # there is no such file
    whole = contents.getvalue().to_pybytes()
    read_file("rows.parquet", whole, "parquet", task)
    read_file("rows.parquet", damage(whole, end, changes), "parquet", task)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "data"
    names = datasets.ClassLabel(names=["negative", "positive"])
    kinds = {"text": datasets.Value("string"), "label": names, "image": datasets.Image(), "more": datasets.Json()}
    rows = [{"text": text, "label": 1, "image": {"bytes": png(10), "path": None}, "more": [1]} for text in "abc"]
    datasets.Dataset.from_list(rows, features=datasets.Features(kinds)).save_to_disk(str(folder))
    return folder


FILES = ("state.json", "dataset_info.json", "data-00000-of-00001.arrow")


@given(st.sampled_from(FILES), END, CUTS, TASKS)
def test_saved_data_sets(saved: Path, name: str, end: float, changes: list[tuple[float, int]], task: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(saved, Path(scratch) / "data"))
        (folder / name).write_bytes(damage((folder / name).read_bytes(), end, changes))
        read(folder, "hf-dataset", task)


@given(st.sampled_from(FILES[:2]), st.integers(0, 60), LIKELY | JSON)
def test_what_describes_saved_data_sets(saved: Path, name: str, at: int, value: Any) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(saved, Path(scratch) / "data"))
        document = json.loads((folder / name).read_text())
        places = list(find_places(document))
        inner, key = places[at % len(places)]
        inner[key] = value
        (folder / name).write_bytes(encode(document))
        read(folder, "hf-dataset")


NAMES = st.sampled_from(
    ["dark", "light", "1.png", "2.PNG", "é.png", "a\n.png", ".dark", "@eaDir", "metadata.jsonl", "x" * 200]
)


@given(st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map(tuple), END, max_size=5), CUTS)
def test_folders(files: dict[tuple[str, ...], float], changes: list[tuple[float, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for parts, end in files.items():
            path = Path(folder, *parts)
            if not any(parent.is_file() for parent in path.parents) and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(damage(png(10), end, changes))
        for format in ("imagefolder", "audiofolder", "jsonl"):
            read(Path(folder), format, "image-classification" if format == "imagefolder" else "audio-classification")


@given(ROWS, END, CUTS)
def test_gzip(rows: list[Any], end: float, changes: list[tuple[float, int]]) -> None:
    packed = gzip.compress(b"".join(encode(row) + b"\n" for row in rows), mtime=0)
    read_file("rows.jsonl.gz", damage(packed, end, changes), "jsonl")


def picture(format: str) -> bytes:
    contents = io.BytesIO()
    Image.new("RGB", (16, 8), "red").save(contents, format)
    return contents.getvalue()


PICTURES = st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF", "ICO"]).map(picture)
SOUNDS = st.sampled_from(["WAV", "FLAC", "OGG", "MP3"]).map(lambda format: tone(0.1, format=format).read())


@given(PICTURES, SOUNDS, END, CUTS)
def test_pictures_and_recordings(image: bytes, sound: bytes, end: float, changes: list[tuple[float, int]]) -> None:
    row = GOOD | {"image": {"bytes": damage(image, end, changes)}, "audio": {"bytes": damage(sound, end, changes)}}
    contents = arrow.BufferOutputStream()
    parquet.write_table(arrow.Table.from_pylist([row]), contents)
    for task in ("image-classification", "object-detection", "audio-classification"):
        read_file("rows.parquet", contents.getvalue().to_pybytes(), "parquet", task)
