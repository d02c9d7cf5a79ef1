"""What is in a data set's folder is read, or refused, or told by name and number: in the log and the report."""

import bz2
import gzip
import json
import logging
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
from refit_trainer.tasks.audio_classification import TASK as RECORDINGS
from refit_trainer.tasks.components.row_check import check_row
from refit_trainer.tasks.image_classification import TASK as IMAGES
from refit_trainer.tasks.text_classification import TASK as TEXTS
from tests.support.trainer.commands import write_rows
from tests.support.trainer.pictures import png
from tests.support.trainer.sounds import tone

ROWS = [{"text": "good film", "label": "positive"}, {"text": "bad film", "label": "negative"}]
LINES = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)
CSV = b"text,label\ngood film,positive\nbad film,negative\n"


def read(path: Path, format: str, task: Any = TEXTS, **more: Any) -> RowSet:
    return read_rows(path.as_uri(), Dataset(format=format, **more), task.roles, check_row(task, None))


def refusal(*args: Any, **more: Any) -> str:
    with pytest.raises(BadInput) as refused:
        read(*args, **more)
    return str(refused.value)


def put(path: Path, contents: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents)
    return path


def write_jsonl(folder: Path) -> None:
    put(folder / "good.jsonl", LINES)


def write_csv(folder: Path) -> None:
    put(folder / "good.csv", CSV)


def write_parquet(folder: Path) -> None:
    parquet.write_table(arrow.Table.from_pylist(ROWS), folder / "good.parquet")


def write_hf(folder: Path) -> None:
    datasets.Dataset.from_list(ROWS).save_to_disk(str(folder))


def write_images(folder: Path) -> None:
    for label in ("dark", "light"):
        put(folder / label / "1.png", png(10))


def write_recordings(folder: Path) -> None:
    for label in ("low", "high"):
        put(folder / label / "1.wav", tone().read())


def write_listed(folder: Path) -> None:
    for name in ("1.png", "2.png"):
        put(folder / name, png(10))
    write_rows(folder / "metadata.jsonl", [{"file_name": name, "label": "dark"} for name in ("1.png", "2.png")])


WRITERS: dict[str, tuple[str, Any, Callable[[Path], None]]] = {
    "jsonl": ("jsonl", TEXTS, write_jsonl),
    "csv": ("csv", TEXTS, write_csv),
    "parquet": ("parquet", TEXTS, write_parquet),
    "hf-dataset": ("hf-dataset", TEXTS, write_hf),
    "imagefolder": ("imagefolder", IMAGES, write_images),
    "listed images": ("imagefolder", IMAGES, write_listed),
    "audiofolder": ("audiofolder", RECORDINGS, write_recordings),
}
STRANGE = {
    "jsonl": ["more.json", "more.jsonl.bz2", "more.ndjson", "old/more.jsonl"],
    "csv": ["more.csv.zip", "more.tsv", "more.txt", "old/more.csv"],
    "parquet": ["more.jsonl", "more.parquet.gz", "more.pq", "year=2026/more.parquet"],
    "hf-dataset": ["data-00001-of-00002.arrow", "more.parquet", "test/data-00000-of-00001.arrow"],
    "imagefolder": ["dark/2.heic", "dark/2.png.gz", "dark/old/2.png", "top.png"],
    "listed images": ["3.png", "dark/4.png", "metadata.csv"],
    "audiofolder": ["low/2.m4a", "low/old/2.wav", "low/readings.csv", "top.wav"],
}
LEFT = [
    ".DS_Store",
    ".ipynb_checkpoints/good-checkpoint.jsonl",
    "@eaDir/more.jsonl",
    "good.jsonl~",
    "README.md",
    "_SUCCESS",
]


@pytest.mark.parametrize("kind", WRITERS)
def test_what_is_there_and_is_not_read_is_named(tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    format, task, write = WRITERS[kind]
    write(tmp_path)
    for name in (*STRANGE[kind], *LEFT):
        put(tmp_path / name, b"more")
    with caplog.at_level(logging.WARNING, "refit_trainer"):
        rows = read(tmp_path, format, task)
    assert len(rows) == 2
    assert rows.facts()["unread"] == {"count": len(STRANGE[kind]), "names": STRANGE[kind]}
    assert (
        f"data.unread uri={tmp_path.as_uri()} count={len(STRANGE[kind])} names={', '.join(STRANGE[kind])}: "
        in caplog.text
    )


@pytest.mark.parametrize("kind", WRITERS)
def test_where_all_is_read_nothing_is_told(tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    format, task, write = WRITERS[kind]
    write(tmp_path)
    for name in LEFT:
        put(tmp_path / name, b"more")
    rows = read(tmp_path, format, task)
    assert rows.unread == () and "unread" not in rows.facts() and "data.unread" not in caplog.text


@pytest.mark.parametrize(("format", "name", "contents"), [("jsonl", "a.jsonl.gz", LINES), ("csv", "a.CSV.gz", CSV)])
def test_gzip_is_read(tmp_path: Path, format: str, name: str, contents: bytes) -> None:
    put(tmp_path / name, gzip.compress(contents))
    put(tmp_path / f"b.{format}", contents)
    rows = read(tmp_path, format)
    assert [row.values["text"] for row in rows.rows] == ["good film", "bad film"] * 2
    assert rows.rows[0].source == f"{name}:{1 if format == 'jsonl' else 2}" and rows.unread == ()
    assert len(read(tmp_path / name, format)) == 2


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:-9], lambda whole: LINES, lambda whole: whole[:20] + b"!" * 20]
)
def test_what_is_no_gzip_is_refused_by_name(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    write_jsonl(tmp_path)
    put(tmp_path / "2026-10.jsonl.gz", damage(gzip.compress(LINES)))
    assert refusal(tmp_path, "jsonl").startswith("2026-10.jsonl.gz: not gzip: ")


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_every_line_end_is_one(tmp_path: Path, end: bytes) -> None:
    put(tmp_path / "cr.jsonl", LINES.replace(b"\n", end))
    put(tmp_path / "cr.csv", CSV.replace(b"\n", end))
    assert [len(read(tmp_path / name, name[3:])) for name in ("cr.jsonl", "cr.csv")] == [2, 2]


@pytest.mark.parametrize(
    ("contents", "problem"),
    [
        (json.dumps(ROWS).encode(), "odd.jsonl:1: a JSON array, not a JSON object: the format is one object a line"),
        (json.dumps(ROWS, indent=1).encode(), "odd.jsonl:1: not JSON: Expecting value"),
        (json.dumps(ROWS[0], indent=1).encode(), "odd.jsonl:1: not JSON: Expecting property name"),
        (LINES.replace(b"\n", b" "), "odd.jsonl:1: not JSON: Extra data"),
        (LINES + b"{'text': 'a', 'label': 'b'}", "odd.jsonl:3: not JSON: Expecting property name"),
        (LINES + b"good film,positive", "odd.jsonl:3: not JSON: Expecting value"),
        (LINES + b"7", "odd.jsonl:3: not a JSON object"),
        (LINES.decode().encode("utf-16"), "odd.jsonl:2: not JSON"),
    ],
)
def test_what_is_no_beginning_of_an_object_is_refused(tmp_path: Path, contents: bytes, problem: str) -> None:
    put(tmp_path / "odd.jsonl", contents)
    assert problem in refusal(tmp_path, "jsonl")


def test_every_beginning_of_an_object_is_an_unfinished_line(tmp_path: Path) -> None:
    row = {"text": 'é"\ud83d\n', "label": "a", "ok": [True, None, -1.5e-7, {}], "no": False, "n": float("-inf")}
    line = (json.dumps(row) + json.dumps(row, ensure_ascii=False).encode(errors="replace").decode()).encode()
    (middle,) = [at for at in range(len(line)) if line[at : at + 2] == b"}{"]
    for whole in (line[: middle + 1], line[middle + 1 :]):
        for end in range(1, len(whole)):
            put(tmp_path / "rows.jsonl", LINES + whole[:end])
            rows = read(tmp_path, "jsonl")
            assert len(rows) == 2 and rows.facts()["unread"] == {"count": 1, "names": ["rows.jsonl:3"]}, whole[:end]


def test_a_class_without_a_row_is_named(tmp_path: Path) -> None:
    write_images(tmp_path)
    (tmp_path / "grey").mkdir()
    put(tmp_path / "red" / "1.psd", b"more")
    assert read(tmp_path, "imagefolder", IMAGES).facts()["unread"] == {
        "count": 3,
        "names": ["red/1.psd", "grey/", "red/"],
    }


def test_links_are_followed_to_rows_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_jsonl(data.joinpath("..data") if put(data / "..data" / "x", b"") else data)
    (data / "rows.jsonl").symlink_to("..data/good.jsonl")
    (data / "rows.json").symlink_to("..data/good.jsonl")
    (data / "old").symlink_to(put(tmp_path / "old" / "more.jsonl", LINES).parent)
    rows = read(data, "jsonl")
    assert len(rows) == 2 and rows.unread == ("old/", "rows.json")


def test_what_rows_name_is_read(tmp_path: Path) -> None:
    for name in ("old.png", "new.png", "spare.png"):
        put(tmp_path / "files" / name, png(10))
    images: list[Any] = ["files/old.png", {"path": "./files/new.png", "bytes": None}]
    write_rows(tmp_path / "rows.jsonl", [{"picture": image, "label": "dark"} for image in images])
    rows = read(tmp_path, "jsonl", IMAGES, columns={"image": "picture"}, recent=1)
    assert len(rows) == 1 and rows.unread == ("files/spare.png",)


def test_many_names_are_counted_and_odd_ones_made_harmless(tmp_path: Path) -> None:
    write_jsonl(tmp_path)
    for number in range(40):
        put(tmp_path / f"{number:02}\n{'é' * 100}", b"more")
    unread = read(tmp_path, "jsonl").facts()["unread"]
    assert unread["count"] == 40 and unread["names"] == [f"{number:02}\ufffd{'é' * 77}" for number in range(5)]


def test_a_folder_without_rows_says_what_it_has(tmp_path: Path) -> None:
    put(tmp_path / "rows.jsonl.bz2", bz2.compress(LINES))
    assert refusal(tmp_path, "jsonl").endswith("in files named *.jsonl or *.jsonl.gz; not read: rows.jsonl.bz2")
