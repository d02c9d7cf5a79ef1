"""Only what a person can tell apart becomes a class."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.contract.config import Dataset
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.reader import read_rows
from refit_trainer.tasks.components.objects import check_objects
from refit_trainer.tasks.components.questions import check_answers
from refit_trainer.tasks.components.row_check import check_row
from refit_trainer.tasks.text_classification import TASK
from tests.support.trainer.commands import write_rows

ODD = [b"positive", Decimal("1.5"), 1.5, True, "", "  ", " positive", "positive\t", "posi\ntive", "\ud800", [], {}]


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_an_odd_label_is_refused(value: Any) -> None:
    assert str(TASK.check_truth(value, None)).startswith(f"label is {value!r:.80}, ")
    assert f"the answer to 'mood' is {value!r:.80}, " in str(check_answers({"mood": value}, None))
    assert f"has the label {value!r:.60}, " in str(check_objects([{"label": value, "box": [0, 0, 1, 1]}], None))


@pytest.mark.parametrize("value", ["positive", 1, -1, "-1", "two words", "été", "日本"])
def test_a_label(value: Any) -> None:
    assert TASK.check_truth(value, None) is None
    assert check_answers({"mood": value}, None) is None


def test_a_model_keeps_the_odd_labels_that_it_has() -> None:
    assert TASK.check_truth(" positive", (" positive", "negative")) is None
    assert check_answers({"mood": " good"}, ("mood= good", "mood=bad")) is None
    assert check_objects([{"label": " cat", "box": [0, 0, 1, 1]}], (" cat",)) is None


def test_what_a_library_raises_is_the_columns(tmp_path: Path) -> None:
    class Fragile(type(TASK)):  # type: ignore[misc]
        def check_input(self, value: Any) -> str | None:
            raise KeyError("inner")

    path = write_rows(tmp_path / "rows.jsonl", [{"review": "a", "label": "b"}])
    with pytest.raises(BadInput) as refused:
        read_rows(path.as_uri(), Dataset(columns={"text": "review"}), TASK.roles, check_row(Fragile(), None))
    assert str(refused.value) == "rows.jsonl:1: column \"review\" (text) can't be read: KeyError: 'inner'"


@pytest.mark.parametrize("error", [MemoryError(), OSError(5, "Input/output error")], ids=repr)
def test_what_a_retry_may_mend_is_not_the_rows(tmp_path: Path, error: Exception) -> None:
    class Failing(type(TASK)):  # type: ignore[misc]
        def check_input(self, value: Any) -> str | None:
            raise error

    path = write_rows(tmp_path / "rows.jsonl", [{"text": "a", "label": "b"}])
    with pytest.raises(type(error)):
        read_rows(path.as_uri(), Dataset(), TASK.roles, check_row(Failing(), None))
