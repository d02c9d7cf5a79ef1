"""From files to rows: read, take the newest, then check exactly the rows that will be used.

The model server may be appending while this reads: an unfinished last line isn't a row yet.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from refit_trainer.config import Dataset
from refit_trainer.errors import BadInput
from refit_trainer.rows import Problems, Row, RowSet
from refit_trainer.storage import fetch

log = logging.getLogger(__name__)
Check = Callable[[Mapping[str, Any]], str | None]


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns that a task knows by role; a required one that isn't mapped has its role's name."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ("slice", "time")

    def map_columns(self, columns: Mapping[str, str]) -> dict[str, str]:
        """Return column by role; raise BadInput for a role that the task doesn't have."""
        known = (*self.required, *self.optional)
        if unknown := sorted(set(columns) - set(known)):
            raise BadInput(f"dataset.columns.{unknown[0]}: unknown role; this task has {', '.join(known)}")
        return {role: columns.get(role, role) for role in known if role in self.required or role in columns}


@dataclass(frozen=True, slots=True)
class _Line:
    document: Mapping[str, Any]
    source: str


def read_rows(uri: str, dataset: Dataset, roles: Roles, check: Check) -> RowSet:
    """Read the rows at a URI, the newest `dataset.recent` of them; raise BadInput with all that is wrong."""
    columns = roles.map_columns(dataset.columns)
    path, problems = fetch(uri), Problems()
    lines = [line for file in _files(path) for line in _read_lines(file, problems)]
    times = _times(lines, dataset.columns.get("time"), problems)
    problems.raise_if_any()
    if not lines:
        raise BadInput(f"{uri} has no rows" if path.is_file() else f"{uri} has no rows in files named *.jsonl")
    order = sorted(range(len(lines)), key=lambda i: times[i]) if times else range(len(lines))
    chosen = [lines[i] for i in order][-(dataset.recent or len(lines)) :]
    rows = tuple(_to_rows(chosen, columns, roles, check, problems))
    problems.raise_if_any()
    log.info("data.read uri=%s rows=%d of=%d", uri, len(rows), len(lines))
    return RowSet(rows, newest=_utc(max(times)) if times else None)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(file for file in path.glob("*.jsonl") if file.is_file() and not file.name.startswith("."))


def _read_lines(file: Path, problems: Problems) -> Iterator[_Line]:
    *finished, last = file.read_bytes().split(b"\n")
    for number, text in enumerate(finished, start=1):
        if text.strip():
            document = _parse(text)
            if isinstance(document, dict):
                yield _Line(document, f"{file.name}:{number}")
            else:
                problems.add(f"{file.name}:{number}", document)
    if isinstance(document := _parse(last), dict):  # no beginning of an object is an object: this one is whole
        yield _Line(document, f"{file.name}:{len(finished) + 1}")
    elif last.strip():
        log.info("data.unfinished_line file=%s line=%d", file.name, len(finished) + 1)


def _parse(text: bytes) -> dict[str, Any] | str:
    """Return the object on a line, or what is wrong with it."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    return document if isinstance(document, dict) else "not a JSON object"


def _times(lines: list[_Line], column: str | None, problems: Problems) -> list[float]:
    """Return each row's time in seconds, or nothing where rows have none: then their order in the files counts.

    A column named `time` is used unasked where every row has a good one; a mapped one must be good in every row.
    """
    found = [_seconds(line.document.get(column or "time")) for line in lines]
    times = [seconds for seconds in found if seconds is not None]
    if len(times) == len(found):
        return times
    for line, seconds in zip(lines, found, strict=True):
        if column and seconds is None:
            problems.add(line.source, f'column "{column}" (time) is {line.document.get(column)!r}, not a time')
    return []


def _seconds(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _to_rows(
    lines: list[_Line], columns: Mapping[str, str], roles: Roles, check: Check, problems: Problems
) -> Iterator[Row]:
    absent = {column for column in columns.values() if not any(column in line.document for line in lines)}
    for role in roles.required:
        if columns[role] in absent:
            problems.add("every row", f'column "{columns[role]}" ({role}) is missing')
    for line in lines:
        values = {role: line.document.get(column) for role, column in columns.items()}
        for role in roles.required:
            if columns[role] not in absent and (problem := _missing(line, columns[role])):
                problems.add(line.source, f'column "{columns[role]}" ({role}) {problem}')
        present = all(values[role] is not None for role in roles.required)
        if present and (problem := check(values)):
            problems.add(line.source, problem)
        yield Row(values, line.source)


def _missing(line: _Line, column: str) -> str | None:
    if column not in line.document:
        return "is missing"
    return "is null" if line.document[column] is None else None
