"""Rows of Arrow tables, as Parquet files and saved data sets give them."""

from typing import Any

from refit_trainer.data.rows import Problems
from refit_trainer.data.unreadable import describe_error, may_pass


def to_rows(batch: Any, name: str, before: int, problems: Problems) -> list[dict[str, Any]]:
    """Return a batch's rows; where a value can't be read, none, with each of these noted."""
    try:
        return list(batch.to_pylist())
    except Exception as error:
        if may_pass(error) or not _note_values(batch, name, before, problems):
            raise
        return []


def _note_values(batch: Any, name: str, before: int, problems: Problems) -> int:
    """Note each value that can't be read; return how many there are."""
    found = 0
    for column, values in zip(batch.schema.names, batch.columns, strict=True):
        for at, value in enumerate(values, start=before + 1):
            try:
                value.as_py()
            except Exception as error:
                if may_pass(error):
                    raise
                problems.add(f"{name}:{at}", f'column "{column}" {describe_error(error)}')
                found += 1
    return found
