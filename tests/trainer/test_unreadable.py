"""What a library raises while a file is read is told with the file; memory, disks and networks may pass."""

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
from refit_trainer.tasks.text_classification import TASK
from tests.support.trainer.commands import write_rows

ROWS = [{"text": "good film", "label": 0}, {"text": "bad film", "label": 1}]


def read(path: Path, format: str, **more: Any) -> RowSet:
    return read_rows(path.as_uri(), Dataset(format=format, **more), TASK.roles, check_row(TASK, None))


def refusal(*args: Any, **more: Any) -> str:
    with pytest.raises(BadInput) as refused:
        read(*args, **more)
    return str(refused.value)


def no_utf_8() -> Any:
    """Strings of which the second has a byte that is no UTF-8."""
    offsets = arrow.array([0, 1, 2, 3], arrow.int32()).buffers()[1]
    return arrow.StringArray.from_buffers(3, offsets, arrow.py_buffer(b"a\xffc"))


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"text": no_utf_8()}, "rows.parquet:2: column \"text\" can't be read: UnicodeDecodeError: 'utf-8' codec"),
        (
            {"text": arrow.array("abc"), "at": arrow.array([0, 1, 2**60], arrow.timestamp("ms"))},
            'rows.parquet:3: column "at" can\'t be read: ',
        ),
    ],
)
def test_a_value_of_parquet_that_cannot_be_read(tmp_path: Path, columns: dict[str, Any], problem: str) -> None:
    parquet.write_table(arrow.table(columns), tmp_path / "rows.parquet")
    assert refusal(tmp_path, "parquet").startswith(problem)


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    table = arrow.Table.from_arrays([arrow.array("ab")] * 2, names=["text", "text"])
    parquet.write_table(table, tmp_path / "rows.parquet")
    assert refusal(tmp_path, "parquet") == 'rows.parquet:1: has the column "text" twice'


def change(folder: Path, name: str, edit: Callable[[dict[str, Any]], Any]) -> None:
    document = json.loads((folder / name).read_text())
    changed = edit(document)
    (folder / name).write_text(json.dumps(document if changed is None else changed))


def save(folder: Path, rows: Any = ROWS, **more: Any) -> Path:
    datasets.Dataset.from_list(rows, **more).save_to_disk(str(folder))
    return folder


@pytest.mark.parametrize("label", [2, -2])
def test_a_class_beyond_the_names(tmp_path: Path, label: int) -> None:
    save(tmp_path / "data", [*ROWS, {"text": "a", "label": label}])
    names = {"names": ["negative", "positive"], "_type": "ClassLabel"}
    change(tmp_path / "data", "dataset_info.json", lambda info: info["features"].update(label=names))
    told = f'data:3: column "label" is {label}, and its ClassLabel has 2 names, from 0'
    assert refusal(tmp_path / "data", "hf-dataset") == told


@pytest.mark.parametrize(
    ("filename", "problem"),
    [
        ("../data-00000-of-00001.arrow", "is '../data-00000-of-00001.arrow', a path out of the data set"),
        ("/etc/passwd", "is '/etc/passwd', a path out of the data set"),
        ("link.arrow", "is 'link.arrow', a path out of the data set"),
        ("gone.arrow", "is 'gone.arrow', and there is no such file"),
        (7, "is 7, not a path"),
    ],
)
def test_data_files_that_are_not_the_data_sets(tmp_path: Path, filename: Any, problem: str) -> None:
    save(tmp_path)
    data = save(tmp_path / "data")
    (data / "link.arrow").symlink_to(tmp_path / "data-00000-of-00001.arrow")
    change(data, "state.json", lambda state: state.update(_data_files=[{"filename": filename}]))
    assert refusal(data, "hf-dataset") == f"state.json: a data file {problem}"


@pytest.mark.parametrize("name", ["state.json", "dataset_info.json"])
def test_what_describes_a_saved_data_set_is_its_own(tmp_path: Path, name: str) -> None:
    data = save(tmp_path / "data")
    (data / name).rename(tmp_path / name)
    (data / name).symlink_to(tmp_path / name)
    assert refusal(data, "hf-dataset") == f"{name}: is a link out of the data set"


@pytest.mark.parametrize(
    ("name", "edit", "problem"),
    [
        ("state.json", lambda state: [], "state.json: can't be read: TypeError: "),
        ("state.json", lambda state: {}, "state.json: can't be read: KeyError: '_data_files'"),
        (
            "state.json",
            lambda state: state.pop("_fingerprint") and None,
            "data: can't be read: KeyError: '_fingerprint'",
        ),
        ("state.json", lambda state: state.update(_data_files=[]), "data: can't be read: "),
        ("state.json", lambda state: state.update(_format_type="no such"), "data: can't be read: ValueError: "),
        ("dataset_info.json", lambda info: [], "data: can't be read: "),
        (
            "dataset_info.json",
            lambda info: info.update(features={"text": {"_type": "Foo"}}),
            "data: can't be read: Value",
        ),
    ],
)
def test_a_damaged_description(tmp_path: Path, name: str, edit: Callable[[Any], Any], problem: str) -> None:
    change(save(tmp_path / "data"), name, edit)
    assert refusal(tmp_path / "data", "hf-dataset").startswith(problem)


def test_a_damaged_data_file(tmp_path: Path) -> None:
    path = save(tmp_path / "data") / "data-00000-of-00001.arrow"
    path.write_bytes(path.read_bytes()[:100])
    assert refusal(tmp_path / "data", "hf-dataset").startswith("data: can't be read: Arrow")


def test_a_row_of_a_saved_data_set_that_cannot_be_read(tmp_path: Path) -> None:
    datasets.Dataset(arrow.table({"text": no_utf_8()})).save_to_disk(str(tmp_path / "data"))
    assert refusal(tmp_path / "data", "hf-dataset").startswith('data:2: column "text" can\'t be read: Uni')


def test_what_was_saved_with_a_view_is_read_whole(tmp_path: Path) -> None:
    view = datasets.Dataset.from_list(ROWS).with_format("torch", columns=["text"])
    view.save_to_disk(str(tmp_path))
    assert [dict(row.values) for row in read(tmp_path, "hf-dataset").rows] == ROWS


def test_images_deep_in_a_column_are_not_decoded(tmp_path: Path) -> None:
    features = datasets.Features(
        {"text": datasets.Value("string"), "seen": [datasets.Image()], "label": datasets.Value("string")}
    )
    rows = [{"text": "a", "label": "b", "seen": [{"bytes": b"%!PS-Adobe-3.0 EPSF-3.0", "path": None}]}]
    save(tmp_path, rows, features=features)
    assert len(read(tmp_path, "hf-dataset")) == 1


def test_json_in_a_column_is_decoded(tmp_path: Path) -> None:
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.Json()})
    save(tmp_path, [{"text": "a", "label": 3}], features=features)
    assert read(tmp_path, "hf-dataset").rows[0].values["label"] == 3


def fail(error: BaseException) -> Callable[..., Any]:
    def failing(*args: Any, **more: Any) -> Any:
        raise error

    return failing


@pytest.mark.parametrize(
    "error", [MemoryError(), OSError(5, "Input/output error"), OSError(110, "timed out")], ids=repr
)
@pytest.mark.parametrize(
    ("format", "what"),
    [
        ("jsonl", "pathlib.Path.open"),
        ("csv", "pathlib.Path.open"),
        ("parquet", "pyarrow.parquet.ParquetFile.iter_batches"),
        ("hf-dataset", "datasets.load_from_disk"),
    ],
)
def test_what_a_retry_may_mend_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str, what: str, error: Exception
) -> None:
    write_rows(tmp_path / "rows.jsonl", ROWS)
    (tmp_path / "rows.csv").write_text("text,label\na,b\n")
    parquet.write_table(arrow.Table.from_pylist(ROWS), tmp_path / "rows.parquet")
    save(tmp_path)
    monkeypatch.setattr(what, fail(error))
    with pytest.raises(type(error)) as raised:
        read(tmp_path, format)
    assert raised.value is error


@pytest.mark.parametrize("error", [ValueError("odd"), KeyError("odd"), OSError("odd")], ids=repr)
def test_what_else_is_raised_is_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    write_rows(tmp_path / "data" / "rows.jsonl", ROWS)
    monkeypatch.setattr("refit_trainer.data.formats.jsonl.open_contents", fail(error))
    assert refusal(tmp_path / "data", "jsonl").startswith(f"data: can't be read: {type(error).__name__}: ")
