"""Encoded once: found by a retry, made again where anything that it was made of differs, or it isn't whole."""

import errno
import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from refit_trainer.data.blob import Blob
from refit_trainer.data.records import Records, SortedNumbers
from refit_trainer.data.rows import Row
from refit_trainer.data.sources import find_places, pack_sources, unpack_sources
from refit_trainer.data.stored_rows import StoredRows, store
from refit_trainer.training import encoded
from refit_trainer.training.encoded import Encoder, LazyRows, Part, have_lengths, lengths_of, pick_extremes


class Counting:
    """Encodes texts as letters, and counts the rows."""

    def __init__(self) -> None:
        self.rows = 0

    def __call__(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        self.rows += len(rows)
        return [{"input_ids": list(map(ord, row.values["text"])), "labels": 1.5} for row in rows]


def rows_of(texts: Sequence[str]) -> StoredRows:
    return store(Row({"text": text}, f"a:{number}") for number, text in enumerate(texts))


TEXTS = [f"film {number}" for number in range(2500)]


def encode(folder: Path, texts: Sequence[str] = TEXTS, of: Any = "letters") -> tuple[Sequence[dict[str, Any]], int]:
    """Encode as an attempt does; return the encoded rows, and how many were made."""
    count = Counting()
    return Encoder(folder, of, count).encode(rows_of(texts)), count.rows - 1  # the first one is tried


def test_encoded_rows_are_those_of_the_function(tmp_path: Path) -> None:
    found, made = encode(tmp_path)
    assert made == len(found) == 2500 and list(found) == Counting()(rows_of(TEXTS))
    assert found[-1] == found[2499] == {"input_ids": list(map(ord, "film 2499")), "labels": 1.5}
    assert lengths_of(found).tolist() == [len(text) for text in TEXTS]


def test_a_retry_finds_them(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first, _ = encode(tmp_path)
    with caplog.at_level(logging.INFO, "refit_trainer"):
        again, made = encode(tmp_path)
    assert made == 0 and list(again) == list(first) and "data.encoded_found" in caplog.text


@pytest.mark.parametrize("change", [{"texts": TEXTS[::-1]}, {"of": "other letters"}, {"texts": TEXTS[:-1]}], ids=str)
def test_of_something_else_they_are_made_again_in_their_place(tmp_path: Path, change: dict[str, Any]) -> None:
    encode(tmp_path)
    found, made = encode(tmp_path, **change)
    assert made == len(found) == len(change.get("texts", TEXTS))
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("suffix", ["", ".lengths"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_what_is_not_whole_is_made_again(tmp_path: Path, suffix: str, damage: str) -> None:
    first, _ = encode(tmp_path)
    [path] = (file for file in tmp_path.iterdir() if not file.name.endswith(".lengths"))
    wanted, own = list(first), path.with_name(path.name + suffix)
    contents = own.read_bytes()
    own.unlink()
    if damage == "cut":
        own.write_bytes(contents[: len(contents) // 2])
    again, made = encode(tmp_path)
    assert made == 2500 and list(again) == wanted


def test_parts_are_encoded_together(tmp_path: Path) -> None:
    rows, count = rows_of(TEXTS), Counting()
    encoder = Encoder(tmp_path, "letters", count)
    learnt = encoder.encode(Part(rows, np.array([3, 1, 7])))
    held = encoder.encode(Part(rows, np.array([0, 2499])))
    assert count.rows == 2501
    assert [len(learnt), len(held)] == [3, 2] and learnt[1] == held.base[1] and lengths_of(held).tolist() == [6, 9]
    assert [len(one["input_ids"]) for one in pick_extremes(held)] == [6, 9]


def test_features_are_kept_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def features(rows: Sequence[Row]) -> list[dict[str, Any]]:
        made.extend(row.values["number"] for row in rows)
        return [{"input_values": np.full(100, row.values["number"], dtype=np.float32)} for row in rows]

    monkeypatch.setattr(encoded, "KEPT_BYTES", 1000)
    found = Encoder(tmp_path, "", features).encode([Row({"number": number}) for number in range(4)])
    assert isinstance(found, LazyRows) and not list(tmp_path.iterdir())
    made.clear()
    for _ in range(2):
        assert [one["input_values"][0] for one in found] == [0, 1, 2, 3]
    assert made == [0, 1, 2, 3, 2, 3]


def test_contents_of_files_are_not_kept(tmp_path: Path) -> None:
    rows = [Row({"image": Blob(b"x" * 1000)}) for _ in range(3)]
    found = Encoder(tmp_path, "", lambda some: [{"image": row.values["image"]} for row in some]).encode(rows)
    assert isinstance(found, LazyRows) and list(found) == [{"image": Blob(b"x" * 1000)}] * 3
    assert not found._kept and not list(tmp_path.iterdir())


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    """SQLite says the same of a file that may have no more pages as of a disk that has no more room."""
    records = Records(tmp_path / "rows")
    records._connection.execute("PRAGMA max_page_count = 20")
    with pytest.raises(OSError, match=rf"{tmp_path} is full: its files of rows take [\d,]+ bytes, [\d,]+ rows") as full:
        for _ in range(5000):
            records.append(b"x" * 100)
    assert full.value.errno == errno.ENOSPC and "ephemeral-storage" in str(full.value)
    keys = SortedNumbers()
    keys._connection.execute("PRAGMA max_page_count = 20")
    with pytest.raises(OSError, match="is full"):
        for number in range(50_000):
            keys.add(float(number), number)


def test_other_errors_of_a_file_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(b"no database, and longer than the header of one would be" * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        Records(tmp_path / "rows", is_complete=True)


def test_a_file_goes_with_its_rows(tmp_path: Path) -> None:
    rows = rows_of(TEXTS)
    folder = rows._records.path.parent
    assert folder.exists()
    del rows
    assert not folder.exists()


SOURCES = [
    "a.jsonl:1",
    "a.jsonl:2",
    "a.jsonl:4",
    "b:x.jsonl:9",
    "b:x.jsonl:10",
    "dark/1.png",
    "a.jsonl:007",
    "a:-1",
    "",
]


@pytest.mark.parametrize("sources", [[], SOURCES, SOURCES[::-1], SOURCES * 3, ["a.jsonl:0", "a.jsonl:1"]], ids=len)
def test_sources_come_back_as_they_were(sources: list[str]) -> None:
    assert list(unpack_sources(pack_sources(sources))) == sources


def test_sources_that_follow_one_another_take_few_bytes() -> None:
    packed = pack_sources(f"feedback.jsonl:{number}" for number in range(100_000))
    assert len(packed) < 100 and sum(1 for _ in unpack_sources(packed)) == 100_000


def test_rows_are_found_by_their_sources() -> None:
    rows = rows_of(TEXTS)
    assert list(find_places(rows, ["a:2499", "a:0", "a:1"])) == [2499, 0, 1]
    with pytest.raises(LookupError, match="a:2500 is gone"):
        list(find_places(rows, ["a:1", "a:2500"]))


def test_rows_are_measured_before_they_are_encoded(tmp_path: Path) -> None:
    made: list[float] = []

    def features(rows: Sequence[Row]) -> list[dict[str, Any]]:
        made.extend(row.values["seconds"] for row in rows)
        return [{"input_values": np.zeros(8)} for _ in rows]

    rows = [Row({"seconds": seconds}) for seconds in (1.5, 0.5, 3.0, 1.0)]
    encoder = Encoder(tmp_path, "", features, size_of=lambda row: float(row.values["seconds"]))
    learnt = encoder.encode(Part(rows, np.array([2, 0, 1])))
    made.clear()
    assert have_lengths(learnt) and lengths_of(learnt).tolist() == [3.0, 1.5, 0.5] and not made
    assert len(pick_extremes(learnt)) == 2 and made == [0.5, 3.0]


def test_rows_of_one_size_have_no_lengths(tmp_path: Path) -> None:
    made: list[Row] = []

    def read(rows: Sequence[Row]) -> list[dict[str, Any]]:
        made.extend(rows)
        return [{"image": row.values["image"]} for row in rows]

    rows = [Row({"image": Blob(b"x")}) for _ in range(3000)]
    found = Encoder(tmp_path, "", read).encode(Part(rows, range(2900)))
    assert not have_lengths(found)
    pick_extremes(found)
    assert len(made) < 1100  # the first, and those that are looked at
